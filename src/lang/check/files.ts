/**
 * The files of a program: the main one and those it requires, each parsed once; and the packages all of them name.
 */
import type { RequireDeclaration, Statement } from "../ast.ts";
import { declaredNames } from "./scan.ts";
import type { CheckEnvironment, Program } from "./context.ts";
import type { FileUnit } from "./entities.ts";
import { Diagnostics } from "../diagnostics.ts";
import { parseFile } from "../syntax/parser.ts";
import { Source } from "../source.ts";

type Required = RequireDeclaration & { readonly from: NonNullable<RequireDeclaration["from"]> };

/** Whether a `require` means another file of the program. */
export function isFile(specifier: string): boolean {
  return specifier.endsWith(".sennit") || specifier.endsWith(".ox");
}

export function requiresOf(tree: FileUnit["tree"]): readonly RequireDeclaration[] {
  return tree.items.filter((item) => item.kind === "require");
}

/** The specifiers of every package that a program names, its required files' included. */
export function requiredPackages(
  source: Source,
  env: Pick<CheckEnvironment, "file">,
): readonly { readonly specifier: string; readonly from: string }[] {
  const found: { specifier: string; from: string }[] = [];
  const seen = new Set<string>();
  const visit = (file: Source): void => {
    if (seen.has(file.name)) return;
    seen.add(file.name);
    for (const { from } of requiresOf(parseFile(file, new Diagnostics()))) {
      if (from === null) continue;
      if (!isFile(from.text)) found.push({ specifier: from.text, from: file.name });
      else {
        const other = env.file(file.name, from.text);
        if (other !== null) visit(new Source(other.name, other.text));
      }
    }
  };
  visit(source);
  return found;
}

/** Parses the main file and, depth first, what it requires. Cycles and missing files are reported. */
export class FileLoader {
  readonly #program: Program;
  readonly #byName = new Map<string, FileUnit>();
  readonly #path: string[] = [];
  readonly targets: Map<RequireDeclaration, FileUnit> = new Map();
  /** Every file after those it requires. */
  readonly order: FileUnit[] = [];

  constructor(program: Program) {
    this.#program = program;
  }

  load(source: Source): FileUnit {
    const known = this.#byName.get(source.name);
    if (known !== undefined) return known;
    const file = this.#parse(source);
    this.#byName.set(source.name, file);
    this.#path.push(source.name);
    for (const declaration of requiresOf(file.tree)) {
      if (declaration.from !== null && isFile(declaration.from.text)) {
        this.#require(file, { ...declaration, from: declaration.from }, declaration);
      }
    }
    this.#path.pop();
    this.order.push(file);
    return file;
  }

  #parse(source: Source): FileUnit {
    const { files, diagnostics } = this.#program;
    const tree = parseFile(source, diagnostics);
    const statements = tree.items.filter((item): item is Statement => !isDeclaration(item));
    const file: FileUnit = {
      index: files.length,
      source,
      tree,
      prefix: files.length === 0 ? "" : this.#prefix(source.name),
      declared: new Map(),
      required: new Map(),
      offers: new Map(),
      used: new Set(),
      assigned: declaredNames(statements),
    };
    files.push(file);
    return file;
  }

  /** `util:`, or `util2:` for the second file of that name. */
  #prefix(name: string): string {
    const base = baseName(name);
    const taken = this.#program.files.filter((f) => f.prefix.replace(/\d*:$/, "") === base).length;
    return `${base}${taken === 0 ? "" : taken + 1}:`;
  }

  #require(file: FileUnit, { from }: Required, declaration: RequireDeclaration): void {
    const { env, diagnostics } = this.#program;
    const found = env.file(file.source.name, from.text);
    if (found === null) {
      diagnostics.error(
        file.source,
        from.span,
        "unknown-file",
        { path: from.text },
        { label: "there is no such file" },
      );
      return;
    }
    const at = this.#path.indexOf(found.name);
    if (at >= 0) {
      const path = [...this.#path.slice(at), found.name].join(" → ");
      diagnostics.error(
        file.source,
        from.span,
        "file-cycle",
        { path },
        {
          label: "leads back here",
          hint: "Move what both need to a third file",
        },
      );
      return;
    }
    this.targets.set(declaration, this.load(new Source(found.name, found.text)));
  }
}

export function isDeclaration(item: FileUnit["tree"]["items"][number]): boolean {
  return ["function", "record", "variant", "enum", "flags", "param", "require"].includes(item.kind);
}

/** `util` of `lib/util.sennit`. */
function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1).replace(/\.[^.]*$/, "");
}
