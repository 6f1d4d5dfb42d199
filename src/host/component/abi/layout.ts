/**
 * Where values lie in memory: size and alignment of every type, offsets of fields and payloads (32-bit memories).
 *
 *   Y1  A size is a multiple of its alignment, so elements of a list lie side by side.
 */
import { Fault } from "../../../fault.ts";
import type { Field, WitType } from "../../../wit/types.ts";

export interface Layout {
  readonly size: number;
  readonly align: number;
}

export function alignTo(offset: number, align: number): number {
  return Math.ceil(offset / align) * align;
}

const leaf = (size: number): Layout => ({ size, align: size });
const POINTER_AND_LENGTH: Layout = { size: 8, align: 4 };

const known = new WeakMap<WitType, Layout>();

/** @throws {Fault} `component-unsupported` for types that only asynchronous functions have */
export function layoutOf(type: WitType): Layout {
  const found = known.get(type);
  if (found !== undefined) return found;
  const layout = computed(type);
  known.set(type, layout);
  return layout;
}

function computed(type: WitType): Layout {
  switch (type.kind) {
    case "bool":
    case "s8":
    case "u8":
      return leaf(1);
    case "s16":
    case "u16":
      return leaf(2);
    case "s32":
    case "u32":
    case "f32":
    case "char":
    case "own":
    case "borrow":
      return leaf(4);
    case "s64":
    case "u64":
    case "f64":
      return leaf(8);
    case "string":
    case "map":
      return POINTER_AND_LENGTH;
    case "list":
      return type.length === undefined ? POINTER_AND_LENGTH : times(layoutOf(type.element), type.length);
    case "tuple":
      return fieldsLayout(type.items);
    case "record":
      return fieldsLayout(typesOf(type.fields));
    case "flags":
      return leaf(flagsSize(type.labels.length));
    case "enum":
      return leaf(discriminantSize(type.cases.length));
    case "option":
    case "result":
    case "variant":
      return casesLayout(payloadsOf(type));
    case "stream":
    case "future":
    case "error-context":
      throw new Fault("component-unsupported", `Values of type ${type.kind} cannot cross to a plugin yet`);
  }
}

function times({ size, align }: Layout, count: number): Layout {
  return { size: size * count, align };
}

export function typesOf(fields: readonly Field[]): readonly WitType[] {
  return fields.map((field) => field.type);
}

/** The elements of a list of fixed length, as fields. */
export function repeated(element: WitType, length: number): readonly WitType[] {
  return Array.from({ length }, () => element);
}

/** Of a record, a tuple, or all parameters of a function. */
export function fieldsLayout(types: readonly WitType[]): Layout {
  const align = Math.max(1, ...types.map((type) => layoutOf(type).align));
  const last = types.at(-1);
  const end = last === undefined ? 0 : (offsetsOf(types).at(-1) ?? 0) + layoutOf(last).size;
  return { size: alignTo(end, align), align };
}

/** Where each field starts. */
export function offsetsOf(types: readonly WitType[]): readonly number[] {
  let end = 0;
  return types.map((type) => {
    const { size, align } = layoutOf(type);
    const start = alignTo(end, align);
    end = start + size;
    return start;
  });
}

type CasesType = Extract<WitType, { kind: "option" | "result" | "variant" }>;

/** The payload of each case, in order of the discriminant. */
export function payloadsOf(type: CasesType): readonly (WitType | null)[] {
  switch (type.kind) {
    case "option":
      return [null, type.some];
    case "result":
      return [type.ok, type.err];
    case "variant":
      return type.cases.map((each) => each.type);
  }
}

/** 1, 2 or 4 bytes. */
export function discriminantSize(cases: number): 1 | 2 | 4 {
  return cases <= 0x100 ? 1 : cases <= 0x1_0000 ? 2 : 4;
}

/** 1, 2 or 4 bytes: there are at most 32 labels. */
export function flagsSize(labels: number): 1 | 2 | 4 {
  return labels <= 8 ? 1 : labels <= 16 ? 2 : 4;
}

function casesLayout(payloads: readonly (WitType | null)[]): Layout {
  const layouts = payloads.flatMap((type) => (type === null ? [] : [layoutOf(type)]));
  const align = Math.max(discriminantSize(payloads.length), ...layouts.map((each) => each.align));
  const largest = Math.max(0, ...layouts.map((each) => each.size));
  return { size: alignTo(payloadOffset(payloads) + largest, align), align };
}

/** Payloads of all cases start at one place. */
export function payloadOffset(payloads: readonly (WitType | null)[]): number {
  const aligns = payloads.map((type) => (type === null ? 1 : layoutOf(type).align));
  return alignTo(discriminantSize(payloads.length), Math.max(1, ...aligns));
}
