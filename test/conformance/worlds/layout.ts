/**
 * The canonical ABI's view of types, written from its text for this suite alone: it shares nothing with src/host/component/abi,
 * so that a mistake in one shows against the other.
 */
import type { WitType } from "../../../src/wit/types.ts";
import type { CoreType } from "./wasm.ts";

export interface Layout {
  readonly size: number;
  readonly align: number;
}

export const MOST_FLAT_PARAMS = 16;

export function layoutOf(type: WitType): Layout {
  switch (type.kind) {
    case "bool":
    case "s8":
    case "u8":
      return even(1);
    case "s16":
    case "u16":
      return even(2);
    case "s64":
    case "u64":
    case "f64":
      return even(8);
    case "string":
    case "map":
      return { size: 8, align: 4 };
    case "list": {
      if (type.length === undefined) return { size: 8, align: 4 };
      const element = layoutOf(type.element);
      return { size: element.size * type.length, align: element.align };
    }
    case "tuple":
      return sequenceLayout(type.items).layout;
    case "record":
      return sequenceLayout(type.fields.map((field) => field.type)).layout;
    case "enum":
      return even(tagSize(type.cases.length));
    case "flags":
      return even(flagsSize(type.labels.length));
    case "option":
    case "result":
    case "variant":
      return casesLayout(casesOf(type)).layout;
    default:
      return even(4); // 32-bit numbers, f32, char, handles
  }
}

function even(size: number): Layout {
  return { size, align: size };
}

export function flagsSize(count: number): 1 | 2 | 4 {
  return count <= 8 ? 1 : count <= 16 ? 2 : 4;
}

export function tagSize(count: number): 1 | 2 | 4 {
  return count <= 2 ** 8 ? 1 : count <= 2 ** 16 ? 2 : 4;
}

/** The payload types of what has cases; null where there is none. */
export function casesOf(type: WitType): readonly (WitType | null)[] {
  switch (type.kind) {
    case "option":
      return [null, type.some];
    case "result":
      return [type.ok, type.err];
    case "variant":
      return type.cases.map((each) => each.type);
    default:
      throw new Error(`a ${type.kind} has no cases`);
  }
}

/** Values one after another, each at its own alignment. */
export function sequenceLayout(types: readonly WitType[]): { readonly layout: Layout; readonly offsets: number[] } {
  let end = 0;
  let align = 1;
  const offsets = types.map((type) => {
    const each = layoutOf(type);
    const at = aligned(end, each.align);
    end = at + each.size;
    align = Math.max(align, each.align);
    return at;
  });
  return { layout: { size: aligned(end, align), align }, offsets };
}

export function casesLayout(cases: readonly (WitType | null)[]): { readonly layout: Layout; readonly payload: number } {
  const tag = tagSize(cases.length);
  const layouts = cases.filter((each) => each !== null).map(layoutOf);
  const payloadAlign = Math.max(1, ...layouts.map((each) => each.align));
  const payload = aligned(tag, payloadAlign);
  const align = Math.max(tag, payloadAlign);
  return {
    layout: { size: aligned(payload + Math.max(0, ...layouts.map((each) => each.size)), align), align },
    payload,
  };
}

export function aligned(at: number, align: number): number {
  return Math.ceil(at / align) * align;
}

/** The core types that a value is made of when it is passed outside memory. */
export function flat(type: WitType): CoreType[] {
  switch (type.kind) {
    case "s64":
    case "u64":
      return ["i64"];
    case "f32":
      return ["f32"];
    case "f64":
      return ["f64"];
    case "string":
    case "map":
      return ["i32", "i32"];
    case "list": {
      if (type.length === undefined) return ["i32", "i32"];
      const element = flat(type.element);
      return Array.from({ length: type.length }, () => element).flat();
    }
    case "tuple":
      return type.items.flatMap(flat);
    case "record":
      return type.fields.flatMap((field) => flat(field.type));
    case "option":
    case "result":
    case "variant":
      return ["i32", ...joined(casesOf(type))];
    default:
      return ["i32"];
  }
}

/** The words that all cases share, each wide enough for every case. */
export function joined(cases: readonly (WitType | null)[]): CoreType[] {
  const words: CoreType[] = [];
  for (const each of cases) {
    const own = each === null ? [] : flat(each);
    own.forEach((word, at) => {
      const other = words[at];
      words[at] = other === undefined || other === word ? word : narrowest(other, word);
    });
  }
  return words;
}

function narrowest(a: CoreType, b: CoreType): CoreType {
  return (a === "i32" || a === "f32") && (b === "i32" || b === "f32") ? "i32" : "i64";
}
