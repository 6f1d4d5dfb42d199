/**
 * `require` (rule 24): brings names into a file.
 *
 *   Q1  Two packages that offer one name are an error where the name is used, not here.
 *   Q2  Types come along: as `p.t` with a prefix, bare without one. A name that was asked for wins over one that came along.
 */
import type { Ident, RequireDeclaration } from "../ast.ts";
import type { FoundPackage, Program } from "./context.ts";
import type { Entity, FileUnit, Members, PackageInfo } from "./entities.ts";
import { isFile, requiresOf } from "./files.ts";
import { addPackage, embeddedFunction } from "./packages.ts";
import { nearest } from "../nearest.ts";
import { sennitName } from "./wit-types.ts";
import type { World } from "../../wit/types.ts";

export class Requires {
  readonly #program: Program;
  readonly #targets: ReadonlyMap<RequireDeclaration, FileUnit>;

  readonly #byWorld = new Map<World, PackageInfo>();

  constructor(program: Program, targets: ReadonlyMap<RequireDeclaration, FileUnit>) {
    this.#program = program;
    this.#targets = targets;
  }

  /** Fills `file.required`. */
  bring(file: FileUnit): void {
    const declarations = requiresOf(file.tree);
    for (const declaration of declarations) this.#bringOne(file, declaration);
    const asked = new Set(file.required.keys());
    for (const declaration of declarations) this.#typesAlong(file, declaration, asked);
  }

  /** Q2. */
  #typesAlong(file: FileUnit, { from, names }: RequireDeclaration, asked: ReadonlySet<string>): void {
    if (from === null || names === null) return;
    const info = this.#program.packageInfos.get(`${from.text}\n${file.source.name}`);
    for (const [name, entity] of info?.members ?? []) {
      const isType = entity.kind === "type" || entity.kind === "resource" || entity.kind === "alias";
      if (isType && !asked.has(name)) offer(file, name, entity, from.text);
    }
  }

  #bringOne(file: FileUnit, declaration: RequireDeclaration): void {
    const { from, names, alias } = declaration;
    if (from === null) {
      for (const { name, alias: as } of names ?? []) this.#embedded(file, name, as ?? name);
      return;
    }
    const whole = isFile(from.text) ? this.#file(declaration) : this.#package(file, from);
    if (alias !== null) offer(file, alias.name, whole ?? { kind: "wrong" }, from.text);
    else if (names === null) for (const [name, entity] of membersOf(whole)) offer(file, name, entity, from.text);
    else this.#named(file, names, membersOf(whole), whole === null, from.text);
  }

  #file(declaration: RequireDeclaration): Entity | null {
    const file = this.#targets.get(declaration);
    return file === undefined ? null : { kind: "file", file };
  }

  #package(file: FileUnit, from: { readonly text: string; readonly span: Ident["span"] }): Entity | null {
    const key = `${from.text}\n${file.source.name}`;
    if (!this.#program.packageInfos.has(key)) this.#program.packageInfos.set(key, this.#load(file, from));
    const found = this.#program.packageInfos.get(key) ?? null;
    return found === null ? null : { kind: "package", package: found };
  }

  #load(file: FileUnit, { text, span }: { readonly text: string; readonly span: Ident["span"] }): PackageInfo | null {
    const { env, diagnostics } = this.#program;
    const found = env.package(text, file.source.name);
    if ("world" in found) return this.#known(text, found);
    const near = found.unusable === true ? undefined : nearest(text.replace(/@.*$/, ""), env.packageNames);
    diagnostics.error(
      file.source,
      span,
      found.unusable === true ? "unusable-package" : "unknown-package",
      { name: text },
      {
        label: found.problem,
        hint: found.hint ?? (near === undefined ? undefined : `Did you mean \`${near}\`?`),
      },
    );
    return null;
  }

  /** One package required twice, or by two files, is one. */
  #known(specifier: string, found: Extract<FoundPackage, { readonly world: World }>): PackageInfo {
    const known = this.#byWorld.get(found.world) ?? addPackage(this.#program, specifier, found);
    this.#byWorld.set(found.world, known);
    return known;
  }

  #named(
    file: FileUnit,
    names: NonNullable<RequireDeclaration["names"]>,
    members: Members,
    failed: boolean,
    from: string,
  ): void {
    for (const { name, alias } of names) {
      const entity = failed
        ? { kind: "wrong" as const }
        : (members.get(name.name) ?? this.#missing(file, name, members, from));
      offer(file, (alias ?? name).name, entity, from);
    }
  }

  #missing(file: FileUnit, name: Ident, members: Members, from: string): Entity {
    const near = nearest(name.name, members.keys());
    this.#program.diagnostics.error(
      file.source,
      name.span,
      "not-offered",
      { name: name.name, from },
      {
        label: "not among its exports",
        hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
      },
    );
    return { kind: "wrong" };
  }

  #embedded(file: FileUnit, name: Ident, as: Ident): void {
    const { functions } = this.#program.env;
    const keys = [...functions.keys()].filter((key) => sennitName(key) === name.name);
    const [key] = keys;
    if (key === undefined) this.#notEmbedded(file, name, as);
    else if (keys.length > 1) this.#collision(file, name, as, keys);
    else {
      const known = this.#program.embedded.get(key);
      const foreign = known ?? embeddedFunction(this.#program, name.name, key, functions.get(key) ?? null);
      this.#program.embedded.set(key, foreign);
      offer(file, as.name, { kind: "foreign", foreign }, "program");
    }
  }

  #notEmbedded(file: FileUnit, name: Ident, as: Ident): void {
    const near = nearest(name.name, [...this.#program.env.functions.keys()].map(sennitName));
    this.#program.diagnostics.error(
      file.source,
      name.span,
      "not-embedded",
      { name: name.name },
      {
        label: "the embedding program has no such function",
        hint: near === undefined ? `Name its package: \`require ${name.name} from "…";\`` : `Did you mean \`${near}\`?`,
      },
    );
    offer(file, as.name, { kind: "wrong" }, "program");
  }

  /** Rule 25: names from WIT cannot collide, those of an embedding program can. */
  #collision(file: FileUnit, name: Ident, as: Ident, keys: readonly string[]): void {
    this.#program.diagnostics.error(
      file.source,
      name.span,
      "name-collision",
      { name: name.name, names: keys },
      {
        label: "the embedding program offers both",
        hint: "Rename one of them there",
      },
    );
    offer(file, as.name, { kind: "wrong" }, "program");
  }
}

function membersOf(entity: Entity | null): Members {
  if (entity?.kind === "package") return entity.package.members;
  if (entity?.kind === "file") return entity.file.declared;
  return new Map();
}

/** Q1. */
function offer(file: FileUnit, name: string, entity: Entity, from: string): void {
  const known = file.required.get(name);
  if (known === undefined || isSame(known, entity)) {
    file.required.set(name, entity);
    file.offers.set(name, [from]);
    return;
  }
  if (known.kind === "wrong" || entity.kind === "wrong") return;
  const offers = [...(file.offers.get(name) ?? []), from];
  file.offers.set(name, offers);
  file.required.set(name, { kind: "ambiguous", offers });
}

function isSame(a: Entity, b: Entity): boolean {
  if (a === b) return true;
  return (a.kind === "type" || a.kind === "resource") && b.kind === a.kind && a.type.id === b.type.id;
}
