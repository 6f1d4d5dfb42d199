/**
 * What a file declares and requires, before any body is looked at: declarations are hoisted (rules 20, 22, 24).
 */
import type {
  Declaration,
  FunctionDeclaration,
  Ident,
  RecordDeclaration,
  TypeExpr,
  VariantDeclaration,
} from "../ast.ts";
import type { Program } from "./context.ts";
import type { FileUnit, FunctionUnit, NominalType } from "./entities.ts";
import { effectNode } from "./effects.ts";
import { typeOf } from "./types.ts";
import { close } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import type { Type } from "../types.ts";

type TypeDeclaration = Exclude<Declaration, { readonly kind: "function" | "param" | "require" }>;

/** Fills `file.declared`; functions are added with their parameters still to be resolved. */
export function declareTypes(program: Program, file: FileUnit): void {
  new TypeDeclarations(program, file).all();
}

/** Reports a second declaration of a name, and says whether the name is free. */
function isFree(program: Program, file: FileUnit, name: Ident, places: Map<string, Ident>): boolean {
  const first = places.get(name.name);
  if (first === undefined) {
    places.set(name.name, name);
    return true;
  }
  program.diagnostics.error(
    file.source,
    name.span,
    "duplicate-name",
    { name: name.name },
    {
      label: "declared again",
      also: [{ span: first.span, text: "first declared here" }],
      hint: "Rename one of them",
    },
  );
  return false;
}

class TypeDeclarations {
  readonly #program: Program;
  readonly #file: FileUnit;
  readonly #trees = new Map<string, TypeDeclaration>();
  readonly #path: string[] = [];

  constructor(program: Program, file: FileUnit) {
    this.#program = program;
    this.#file = file;
  }

  all(): void {
    const places = new Map<string, Ident>();
    for (const item of this.#file.tree.items) {
      if (item.kind === "function") isFree(this.#program, this.#file, item.name, places);
      if (item.kind !== "record" && item.kind !== "variant" && item.kind !== "enum" && item.kind !== "flags") continue;
      if (isFree(this.#program, this.#file, item.name, places)) this.#trees.set(item.name.name, item);
    }
    for (const tree of this.#trees.values()) this.#build(tree);
  }

  /** Builds what the type needs first; a type that needs itself is an error (T3). */
  #build(tree: TypeDeclaration): void {
    const name = tree.name.name;
    if (this.#file.declared.has(name)) return;
    if (this.#path.includes(name)) {
      this.#file.declared.set(name, { kind: "wrong" });
      this.#program.diagnostics.error(
        this.#file.source,
        tree.name.span,
        "recursive-type",
        { name },
        {
          label: "contains itself",
          hint: "Keep the parts in a list, and refer to them by index",
        },
      );
      return;
    }
    this.#path.push(name);
    for (const needed of typesIn(tree).flatMap(namesIn)) {
      const other = this.#trees.get(needed);
      if (other !== undefined) this.#build(other);
    }
    this.#path.pop();
    if (!this.#file.declared.has(name)) this.#file.declared.set(name, { kind: "type", type: this.#make(tree) });
  }

  #make(tree: TypeDeclaration): NominalType {
    const is = { id: `${this.#file.index}:${tree.name.name}`, name: tree.name.name };
    switch (tree.kind) {
      case "record":
        return { kind: "record", ...is, fields: this.#fields(tree) };
      case "variant":
        return { kind: "variant", ...is, cases: this.#cases(tree) };
      case "enum":
        return { kind: "enum", ...is, cases: this.#distinct(tree.cases).map((c) => c.name) };
      case "flags":
        return { kind: "flags", ...is, labels: this.#distinct(tree.cases).map((c) => c.name) };
    }
  }

  #fields(tree: RecordDeclaration): { name: string; type: Type }[] {
    this.#distinct(tree.fields.map((f) => f.name));
    return tree.fields.map((f) => ({ name: f.name.name, type: this.#type(f.type) }));
  }

  #cases(tree: VariantDeclaration): { name: string; payload: Type | null }[] {
    this.#distinct(tree.cases.map((c) => c.name));
    return tree.cases.map((c) => ({ name: c.name.name, payload: this.#payload(c.payload) }));
  }

  #payload(types: readonly TypeExpr[]): Type | null {
    const all = types.map((t) => this.#type(t));
    const [only] = all;
    if (only === undefined) return null;
    return all.length === 1 ? only : { kind: "tuple", items: all };
  }

  #type(type: TypeExpr): Type {
    return close(typeOf(this.#program, this.#file, type));
  }

  #distinct(names: readonly Ident[]): readonly Ident[] {
    const places = new Map<string, Ident>();
    return names.filter((name) => isFree(this.#program, this.#file, name, places));
  }
}

function typesIn(tree: TypeDeclaration): readonly TypeExpr[] {
  if (tree.kind === "record") return tree.fields.map((f) => f.type);
  return tree.kind === "variant" ? tree.cases.flatMap((c) => c.payload) : [];
}

function namesIn(type: TypeExpr): readonly string[] {
  switch (type.kind) {
    case "name":
      return [...(type.path.length === 1 ? type.path.map((p) => p.name) : []), ...type.args.flatMap(namesIn)];
    case "option":
      return namesIn(type.some);
    case "tuple":
      return type.items.flatMap(namesIn);
    case "list":
      return namesIn(type.element);
    case "fn":
      return [...type.params, ...(type.result === null ? [] : [type.result])].flatMap(namesIn);
    case "error":
      return [];
  }
}

/** The top level is called `main`. */
function uniqueName(file: FileUnit, name: string): string {
  return file.prefix === "" && name === "main" ? ":main" : `${file.prefix}${name}`;
}

/** A function value that a function takes may not suspend: those who pass one are told (rule 9). */
function paramType(program: Program, file: FileUnit, tree: FunctionDeclaration, type: TypeExpr): Ty {
  const ty = typeOf(program, file, type);
  if (ty.kind !== "fn" || tree.workflow) return ty;
  const effect = effectNode("writes");
  const hint = `Declare \`${tree.name.name}\` as a workflow`;
  program.limits.push({ node: effect, most: "writes", who: `the function \`${tree.name.name}\``, hint });
  return { ...ty, effect };
}

/** Adds the file's functions and workflows, once every type is known. */
export function declareFunctions(program: Program, file: FileUnit): readonly FunctionUnit[] {
  const units: FunctionUnit[] = [];
  for (const tree of file.tree.items) {
    if (tree.kind !== "function" || file.declared.has(tree.name.name)) continue;
    const places = new Map<string, Ident>();
    for (const param of tree.params) isFree(program, file, param.name, places);
    const unit: FunctionUnit = {
      tree,
      file,
      workflow: tree.workflow,
      name: uniqueName(file, tree.name.name),
      index: program.routines.length,
      params: tree.params.map((p) => ({
        name: p.name.name,
        span: p.span,
        ty: paramType(program, file, tree, p.type),
        tree: p.fallback,
      })),
      effect: effectNode(),
      result: tree.result === null ? null : typeOf(program, file, tree.result),
      state: "new",
    };
    program.routines.length += 1;
    file.declared.set(tree.name.name, { kind: "function", unit });
    units.push(unit);
  }
  return units;
}
