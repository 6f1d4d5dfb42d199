/** WIT types in few words, and the same types as component text. */
import type { Resource, WitType } from "../../../src/wit/types.ts";

export const bool: WitType = { kind: "bool" };
export const s8: WitType = { kind: "s8" };
export const u8: WitType = { kind: "u8" };
export const s16: WitType = { kind: "s16" };
export const u16: WitType = { kind: "u16" };
export const s32: WitType = { kind: "s32" };
export const u32: WitType = { kind: "u32" };
export const s64: WitType = { kind: "s64" };
export const u64: WitType = { kind: "u64" };
export const f32: WitType = { kind: "f32" };
export const f64: WitType = { kind: "f64" };
export const char: WitType = { kind: "char" };
export const string: WitType = { kind: "string" };

export function list(element: WitType, length?: number): WitType {
  return length === undefined ? { kind: "list", element } : { kind: "list", element, length };
}

export function tuple(...items: readonly WitType[]): WitType {
  return { kind: "tuple", items };
}

export function option(some: WitType): WitType {
  return { kind: "option", some };
}

export function result(ok: WitType | null, err: WitType | null): WitType {
  return { kind: "result", ok, err };
}

export function map(key: WitType, value: WitType): WitType {
  return { kind: "map", key, value };
}

export function record(fields: Readonly<Record<string, WitType>>): WitType {
  return { kind: "record", name: null, fields: Object.entries(fields).map(([name, type]) => ({ name, type })) };
}

export function variant(cases: Readonly<Record<string, WitType | null>>): WitType {
  return { kind: "variant", name: null, cases: Object.entries(cases).map(([name, type]) => ({ name, type })) };
}

export function enumeration(...cases: readonly string[]): WitType {
  return { kind: "enum", name: null, cases };
}

export function flags(...labels: readonly string[]): WitType {
  return { kind: "flags", name: null, labels };
}

/** `count` names: `n0`, `n1` … */
export function labels(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `n${at}`);
}

/** The labels of a name, and definitions that must stand before the type, in the text of an instance type. */
export class TypeText {
  readonly definitions: string[] = [];
  readonly names: string[] = [];

  /** A reference to this type. Records, variants, enums and flags get a name, as the validator wants it. */
  of(type: WitType): string {
    switch (type.kind) {
      case "list":
        return `(list ${this.of(type.element)}${type.length === undefined ? "" : ` ${type.length}`})`;
      case "map":
        return `(map ${this.of(type.key)} ${this.of(type.value)})`;
      case "tuple":
        return `(tuple ${type.items.map((each) => this.of(each)).join(" ")})`;
      case "option":
        return `(option ${this.of(type.some)})`;
      case "result":
        return `(result${this.#optional(type.ok)}${type.err === null ? "" : ` (error ${this.of(type.err)})`})`;
      case "record":
        return this.#named(
          "record",
          type.fields.map((each) => `(field "${each.name}" ${this.of(each.type)})`),
        );
      case "variant":
        return this.#named(
          "variant",
          type.cases.map((each) => `(case "${each.name}"${this.#optional(each.type)})`),
        );
      case "enum":
        return this.#named(
          "enum",
          type.cases.map((each) => `"${each}"`),
        );
      case "flags":
        return this.#named(
          "flags",
          type.labels.map((each) => `"${each}"`),
        );
      case "own":
      case "borrow":
        return `(${type.kind} $${nameOf(type.resource)})`;
      default:
        return type.kind;
    }
  }

  #optional(type: WitType | null): string {
    return type === null ? "" : ` ${this.of(type)}`;
  }

  #named(keyword: string, members: readonly string[]): string {
    const name = `t${this.names.length}`;
    this.names.push(name);
    this.definitions.push(`(type $raw-${name} (${keyword} ${members.join(" ")}))
      (export "${name}" (type $${name} (eq $raw-${name})))`);
    return `$${name}`;
  }
}

function nameOf(resource: Resource): string {
  return resource.name.name;
}
