/** What the canonical ABI makes of a type: core types, size and alignment. Written from the specification, for 32-bit memories. */
import type { WitType } from "../../../src/wit/types.ts";

export type CoreType = "i32" | "i64" | "f32" | "f64";

/** More parameters than these go through memory. */
export const MOST_FLAT_PARAMS = 16;

export function flatten(type: WitType): readonly CoreType[] {
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
    case "list":
      return type.length === undefined
        ? ["i32", "i32"]
        : Array.from({ length: type.length }, () => flatten(type.element)).flat();
    case "tuple":
      return type.items.flatMap(flatten);
    case "record":
      return type.fields.flatMap((each) => flatten(each.type));
    case "option":
    case "result":
    case "variant":
      return ["i32", ...casesOf(type).reduce<readonly CoreType[]>((joined, each) => join(joined, flatMaybe(each)), [])];
    default:
      return ["i32"];
  }
}

function flatMaybe(type: WitType | null): readonly CoreType[] {
  return type === null ? [] : flatten(type);
}

function join(a: readonly CoreType[], b: readonly CoreType[]): readonly CoreType[] {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, at) => joined(a[at], b[at]));
}

function joined(a: CoreType | undefined, b: CoreType | undefined): CoreType {
  if (a === undefined || a === b) return b ?? "i32";
  if (b === undefined) return a;
  return (a === "i32" && b === "f32") || (a === "f32" && b === "i32") ? "i32" : "i64";
}

export interface Layout {
  readonly size: number;
  readonly align: number;
}

export function layoutOf(type: WitType): Layout {
  switch (type.kind) {
    case "bool":
    case "s8":
    case "u8":
      return { size: 1, align: 1 };
    case "s16":
    case "u16":
      return { size: 2, align: 2 };
    case "s64":
    case "u64":
    case "f64":
      return { size: 8, align: 8 };
    case "string":
    case "map":
      return { size: 8, align: 4 };
    case "list":
      return type.length === undefined ? { size: 8, align: 4 } : sequence(Array(type.length).fill(type.element));
    case "tuple":
      return sequence(type.items);
    case "record":
      return sequence(type.fields.map((each) => each.type));
    case "option":
    case "result":
    case "variant":
    case "enum":
      return choice(casesOf(type));
    case "flags":
      return word(type.labels.length <= 8 ? 1 : type.labels.length <= 16 ? 2 : 4);
    default:
      return word(4);
  }
}

function word(size: number): Layout {
  return { size, align: size };
}

function sequence(types: readonly WitType[]): Layout {
  let size = 0;
  let align = 1;
  for (const each of types.map(layoutOf)) {
    size = up(size, each.align) + each.size;
    align = Math.max(align, each.align);
  }
  return { size: up(size, align), align };
}

function choice(cases: readonly (WitType | null)[]): Layout {
  const payloads = cases.filter((each) => each !== null).map(layoutOf);
  const tag = cases.length <= 0x100 ? 1 : cases.length <= 0x1_0000 ? 2 : 4;
  const inner = Math.max(1, ...payloads.map((each) => each.align));
  const align = Math.max(tag, inner);
  return { size: up(up(tag, inner) + Math.max(0, ...payloads.map((each) => each.size)), align), align };
}

function casesOf(type: WitType): readonly (WitType | null)[] {
  if (type.kind === "option") return [null, type.some];
  if (type.kind === "result") return [type.ok, type.err];
  if (type.kind === "enum") return type.cases.map(() => null);
  return type.kind === "variant" ? type.cases.map((each) => each.type) : [];
}

function up(at: number, align: number): number {
  return Math.ceil(at / align) * align;
}
