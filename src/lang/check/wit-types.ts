/**
 * WIT types and names as the language has them.
 *
 *   N1  `-` becomes `_`, nothing else changes (rule 25): `get-URL` is `get_URL`. Names in WIT have no `_`, so none collide.
 *   N2  Only the types named `duration` and `datetime` of `wasi:clocks` are Duration and Instant (rule 27), and only
 *       `value` of `sennit:host/values` is Any; every other u64, record or list<u8> is what it looks like.
 */
import type { Ty } from "./infer-types.ts";
import { ANY, BYTES, DURATION, INSTANT, NIL, resolve } from "./infer-types.ts";
import type { NominalType, ResourceType } from "./entities.ts";
import type { Type } from "../types.ts";
import { Defect } from "../../fault.ts";
import type { Resource, TypeName, WitFunction, WitType } from "../../wit/types.ts";

/** A WIT name as a program writes it (N1). */
export function sennitName(wit: string): string {
  return wit.replaceAll("-", "_");
}

/** `geometry` of `acme:shapes/geometry@1.0.0`. */
export function shortInterface(id: string): string {
  return sennitName(id.slice(id.lastIndexOf("/") + 1).replace(/@.*$/, ""));
}

/** The WIT type of an Any: CBOR on the wire. */
export const anyWit: WitType = {
  kind: "list",
  element: { kind: "u8" },
  alias: { interface: "sennit:host/values", name: "value" },
};

/** What a call of an untyped function with so many arguments is taken for: Any in, Any out. */
export function untypedFunction(name: string, arity: number): WitFunction {
  const params = Array.from({ length: arity }, (_, i) => ({ name: `a${i}`, type: anyWit }));
  return { name, shape: "function", resource: null, params, result: anyWit, async: false };
}

/** A parameter that takes a function value: `own` or `borrow` of `sennit:host/callback`'s resource. */
export function isCallback(type: WitType): boolean {
  return (type.kind === "own" || type.kind === "borrow") && isCallbackResource(type.resource);
}

function isCallbackResource(resource: Resource): boolean {
  return resource.name.name === "callback" && isIn(resource.name, "sennit:host/callback");
}

function isIn(name: TypeName, interfaceId: string): boolean {
  return name.interface?.replace(/@.*$/, "") === interfaceId;
}

/** A list of pairs, which a Map may be given for. */
export function isPairs(type: WitType): boolean {
  return type.kind === "list" && type.element.kind === "tuple" && type.element.items.length === 2;
}

/** The types of one package; `owner` stands in the ids of types that its world declares itself. */
export class WitTypes {
  readonly #owner: string;
  readonly #known = new Map<WitType, Type>();

  constructor(owner: string) {
    this.#owner = owner;
  }

  /** The type of a value; of a `null` type, Nil. */
  of(type: WitType | null): Type {
    if (type === null) return closed(NIL);
    const known = this.#known.get(type);
    if (known !== undefined) return known;
    const made = this.#make(type);
    this.#known.set(type, made);
    return made;
  }

  resource(resource: Resource): ResourceType {
    return { kind: "resource", id: this.#id(resource.name), name: sennitName(resource.name.name), resource };
  }

  #id(name: TypeName): string {
    return `${name.interface ?? this.#owner}#${name.name}`;
  }

  #make(type: WitType): Type {
    switch (type.kind) {
      case "bool":
        return { kind: "Bool" };
      case "f32":
      case "f64":
        return { kind: "Float" };
      case "char":
        return { kind: "Char" };
      case "string":
      case "error-context":
        return { kind: "String" };
      case "s8":
      case "u8":
      case "s16":
      case "u16":
      case "s32":
      case "u32":
      case "s64":
        return { kind: "Int" };
      case "u64":
        return isClock(type.alias, "duration", "monotonic-clock") ? closed(DURATION) : { kind: "Int" };
      case "list":
        return this.#list(type);
      case "map":
        return { kind: "map", key: this.of(type.key), value: this.of(type.value) };
      case "tuple":
        return { kind: "tuple", items: type.items.map((item) => this.of(item)) };
      case "option":
        return { kind: "option", some: this.of(type.some) };
      case "result":
        return { kind: "result", ok: this.of(type.ok), err: this.of(type.err) };
      case "own":
      case "borrow":
        return this.resource(type.resource);
      case "stream":
      case "future":
        return { kind: type.kind, element: this.of(type.element) };
      case "record":
      case "variant":
      case "enum":
      case "flags":
        return this.#nominal(type);
    }
  }

  #list(type: Extract<WitType, { readonly kind: "list" }>): Type {
    if (type.element.kind !== "u8") return { kind: "list", element: this.of(type.element) };
    const isAny = type.alias?.name === "value" && isIn(type.alias, "sennit:host/values");
    return isAny ? closed(ANY) : closed(BYTES);
  }

  #nominal(type: Extract<WitType, { readonly kind: "record" | "variant" | "enum" | "flags" }>): Type {
    if (type.name === null) throw new Defect(`A ${type.kind} without a name`);
    if (type.kind === "record" && isClock(type.name, "datetime", "wall-clock")) return closed(INSTANT);
    return this.#declared(type, { id: this.#id(type.name), name: sennitName(type.name.name) });
  }

  #declared(
    type: Extract<WitType, { readonly kind: "record" | "variant" | "enum" | "flags" }>,
    is: { id: string; name: string },
  ): NominalType {
    switch (type.kind) {
      case "record":
        return { kind: "record", ...is, fields: type.fields.map((f) => this.#field(f.name, f.type)) };
      case "variant":
        return { kind: "variant", ...is, cases: type.cases.map((c) => this.#case(c.name, c.type)) };
      case "enum":
        return { kind: "enum", ...is, cases: type.cases.map(sennitName) };
      case "flags":
        return { kind: "flags", ...is, labels: type.labels.map(sennitName) };
    }
  }

  #field(name: string, type: WitType): { name: string; type: Type } {
    return { name: sennitName(name), type: this.of(type) };
  }

  #case(name: string, type: WitType | null): { name: string; payload: Type | null } {
    return { name: sennitName(name), payload: type === null ? null : this.of(type) };
  }
}

function isClock(name: TypeName | undefined, type: string, clock: string): boolean {
  return name !== undefined && name.name === type && isIn(name, `wasi:clocks/${clock}`);
}

/** The constants of check/infer-types.ts are plain types. */
function closed(ty: Ty): Type {
  const at = resolve(ty);
  if (
    at.kind === "Any" ||
    at.kind === "Nil" ||
    at.kind === "Bytes" ||
    at.kind === "Duration" ||
    at.kind === "Instant"
  ) {
    return { kind: at.kind };
  }
  throw new Defect(`${at.kind} is no plain type`);
}
