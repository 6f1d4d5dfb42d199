/** Types as written, resolved. A type that is not there is reported and becomes the erroneous one. */
import type { Ident, TypeExpr } from "../ast.ts";
import { effectNode } from "./effects.ts";
import type { Program } from "./context.ts";
import type { Entity, FileUnit, Members } from "./entities.ts";
import {
  ANY,
  BOOL,
  BYTES,
  CHAR,
  DURATION,
  ERROR,
  FLOAT,
  INSTANT,
  INT,
  listOf,
  NIL,
  optionOf,
  resolve,
  show,
  STRING,
  WRONG,
} from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import { shellResult } from "../typed.ts";

export const builtinTypes: ReadonlyMap<string, Ty> = new Map<string, Ty>([
  ["Int", INT],
  ["Float", FLOAT],
  ["Bool", BOOL],
  ["String", STRING],
  ["Char", CHAR],
  ["Bytes", BYTES],
  ["Nil", NIL],
  ["Duration", DURATION],
  ["Instant", INSTANT],
  ["Any", ANY],
  ["Error", ERROR],
  ["ShellResult", shellResult],
]);

type Generic = (args: readonly Ty[]) => Ty;
const generics: ReadonlyMap<string, { readonly arity: number; readonly make: Generic }> = new Map([
  ["Map", { arity: 2, make: ([key = WRONG, value = WRONG]: readonly Ty[]): Ty => ({ kind: "map", key, value }) }],
  ["Result", { arity: 2, make: ([ok = WRONG, err = WRONG]: readonly Ty[]): Ty => ({ kind: "result", ok, err }) }],
  ["Task", { arity: 1, make: ([result = WRONG]: readonly Ty[]): Ty => ({ kind: "task", result }) }],
  ["Stream", { arity: 1, make: ([element = WRONG]: readonly Ty[]): Ty => ({ kind: "stream", element }) }],
  ["Future", { arity: 1, make: ([element = WRONG]: readonly Ty[]): Ty => ({ kind: "future", element }) }],
]);

/** What other languages call ours. */
const foreignTypes: Readonly<Record<string, string>> = {
  int: "Int",
  integer: "Int",
  i64: "Int",
  u64: "Int",
  float: "Float",
  double: "Float",
  number: "Float",
  f64: "Float",
  string: "String",
  str: "String",
  Str: "String",
  Text: "String",
  bool: "Bool",
  boolean: "Bool",
  Boolean: "Bool",
  void: "Nil",
  Unit: "Nil",
  any: "Any",
  Array: "[T]",
  List: "[T]",
  Option: "T?",
};

/** The type that an expression of the type syntax names. */
export function typeOf(program: Program, file: FileUnit, type: TypeExpr): Ty {
  const of = (inner: TypeExpr): Ty => typeOf(program, file, inner);
  switch (type.kind) {
    case "name":
      return new TypeNames(program, file).named(type, type.args.map(of));
    case "option":
      return optionOf(of(type.some));
    case "tuple":
      return { kind: "tuple", items: type.items.map(of) };
    case "list":
      return listOf(of(type.element));
    case "fn":
      return {
        kind: "fn",
        params: type.params.map(of),
        result: type.result === null ? NIL : of(type.result),
        effect: effectNode(),
      };
    case "error":
      return WRONG;
  }
}

class TypeNames {
  readonly #program: Program;
  readonly #file: FileUnit;

  constructor(program: Program, file: FileUnit) {
    this.#program = program;
    this.#file = file;
  }

  named(type: Extract<TypeExpr, { readonly kind: "name" }>, args: readonly Ty[]): Ty {
    const [head, ...rest] = type.path;
    if (head === undefined) return WRONG;
    const found = rest.length === 0 ? this.#single(head, args, type) : this.#path(type.path);
    if (found === null) return WRONG;
    if (args.length > 0 && !generics.has(head.name)) {
      this.#program.diagnostics.error(
        this.#file.source,
        type.span,
        "wrong-type-arguments",
        {
          name: head.name,
          want: 0,
        },
        { label: "with other types in its brackets" },
      );
    }
    return found;
  }

  #single(name: Ident, args: readonly Ty[], type: TypeExpr): Ty | null {
    const own = this.#find(name.name);
    if (own !== undefined) return this.#fromEntity(own, name);
    const builtin = builtinTypes.get(name.name);
    if (builtin !== undefined) return builtin;
    const generic = generics.get(name.name);
    if (generic === undefined)
      return this.#unknown(name, [...builtinTypes.keys(), ...generics.keys(), ...this.#typeNames()]);
    if (args.length === generic.arity) return this.#checkedKey(generic.make(args), type);
    const want = generic.arity;
    this.#program.diagnostics.error(
      this.#file.source,
      type.span,
      "wrong-type-arguments",
      { name: name.name, want },
      { label: "with other types in its brackets" },
    );
    return null;
  }

  #find(name: string): Entity | undefined {
    const own = this.#file.declared.get(name);
    if (own !== undefined) return own;
    this.#file.used.add(name);
    return this.#file.required.get(name);
  }

  #checkedKey(ty: Ty, type: TypeExpr): Ty | null {
    if (ty.kind !== "map" || isKey(ty.key)) return ty;
    this.#program.diagnostics.error(
      this.#file.source,
      type.span,
      "wrong-key",
      { found: show(ty.key) },
      {
        label: "keys are Int, String, Bool or Char",
      },
    );
    return null;
  }

  #typeNames(): readonly string[] {
    const isType = ([, e]: [string, Entity]): boolean =>
      e.kind === "type" || e.kind === "resource" || e.kind === "alias";
    return [...this.#file.declared, ...this.#file.required].filter(isType).map(([name]) => name);
  }

  #path(path: readonly Ident[]): Ty | null {
    let members: Members | null = null;
    for (const [i, part] of path.entries()) {
      const entity: Entity | undefined = members === null ? this.#find(part.name) : members.get(part.name);
      if (entity === undefined)
        return this.#unknown(part, members === null ? [...this.#file.required.keys()] : [...members.keys()]);
      if (i === path.length - 1) return this.#fromEntity(entity, part);
      members = membersOf(entity);
      if (members === null) return this.#unknown(part, []);
    }
    return null;
  }

  #fromEntity(entity: Entity, name: Ident): Ty | null {
    switch (entity.kind) {
      case "type":
      case "resource":
      case "alias":
        return entity.type;
      case "ambiguous":
        this.#program.diagnostics.error(this.#file.source, name.span, "ambiguous-name", {
          name: name.name,
          offers: entity.offers,
        });
        return null;
      case "wrong":
        return null;
      default:
        this.#program.diagnostics.error(this.#file.source, name.span, "not-a-type", { name: name.name });
        return null;
    }
  }

  #unknown(name: Ident, candidates: readonly string[]): null {
    const near = foreignTypes[name.name] ?? nearest(name.name, candidates);
    this.#program.diagnostics.error(
      this.#file.source,
      name.span,
      "unknown-type",
      { name: name.name },
      {
        label: "no type has this name here",
        hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
      },
    );
    return null;
  }
}

/** What stands after the dot, for a package, an interface or another file. */
export function membersOf(entity: Entity): Members | null {
  if (entity.kind === "package") return entity.package.members;
  if (entity.kind === "interface") return entity.interface;
  if (entity.kind === "file") return entity.file.declared;
  return null;
}

/** Whether values of the type may be keys of a Map; open types may become one. */
export function isKey(ty: Ty): boolean {
  return ["Int", "String", "Bool", "Char", "open", "error"].includes(resolve(ty).kind);
}
