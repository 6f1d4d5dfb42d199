/** Code that stores the words of a value where the layout of its type wants them. */
import type { WitType } from "../../../src/wit/types.ts";
import { casesLayout, casesOf, flagsSize, flat, joined, layoutOf, sequenceLayout, tagSize } from "./layout.ts";
import { type Code, type CoreType, END, get, i32, IF, narrowed, seq, store } from "./wasm.ts";

/** Code that pushes one word. */
export interface Operand {
  readonly code: Code;
  readonly type: CoreType;
}

/** Stores values one after another from where the local `base` points. */
export function storeAll(types: readonly WitType[], words: readonly Operand[], base: number, from: number = 0): Code {
  const { offsets } = sequenceLayout(types);
  let taken = 0;
  return types.flatMap((type, at) => {
    const count = flat(type).length;
    const own = words.slice(taken, taken + count);
    taken += count;
    return storeValue(type, own, base, from + (offsets[at] ?? 0));
  });
}

function storeValue(type: WitType, words: readonly Operand[], base: number, offset: number): Code {
  const [first] = words;
  if (first === undefined) throw new Error(`a ${type.kind} has no words`);
  const word = (kind: keyof typeof store, operand: Operand = first, at: number = 0): Code =>
    seq(get(base), operand.code, store[kind](offset + at));
  switch (type.kind) {
    case "bool":
    case "s8":
    case "u8":
      return word("i8");
    case "s16":
    case "u16":
      return word("i16");
    case "s64":
    case "u64":
      return word("i64");
    case "f32":
      return word("f32");
    case "f64":
      return word("f64");
    case "enum":
      return word(sized(tagSize(type.cases.length)));
    case "flags":
      return word(sized(flagsSize(type.labels.length)));
    case "string":
    case "map":
      return seq(word("i32"), word("i32", words[1], 4));
    case "list":
      return type.length === undefined
        ? seq(word("i32"), word("i32", words[1], 4))
        : storeElements(type.element, type.length, words, base, offset);
    case "tuple":
      return storeAll(type.items, words, base, offset);
    case "record":
      return storeAll(
        type.fields.map((field) => field.type),
        words,
        base,
        offset,
      );
    case "option":
    case "result":
    case "variant":
      return storeCases(casesOf(type), words, base, offset);
    default:
      return word("i32");
  }
}

function sized(bytes: 1 | 2 | 4): "i8" | "i16" | "i32" {
  return bytes === 1 ? "i8" : bytes === 2 ? "i16" : "i32";
}

function storeElements(type: WitType, length: number, words: readonly Operand[], base: number, offset: number): Code {
  const count = flat(type).length;
  const { size } = layoutOf(type);
  return Array.from({ length }, (_, at) =>
    storeValue(type, words.slice(at * count, (at + 1) * count), base, offset + at * size),
  ).flat();
}

/** The tag, then what the one case that is there needs. */
function storeCases(cases: readonly (WitType | null)[], words: readonly Operand[], base: number, offset: number): Code {
  const [tag, ...payload] = words;
  if (tag === undefined) throw new Error("cases without a tag");
  const shared = joined(cases);
  const at = offset + casesLayout(cases).payload;
  const stores = cases.flatMap((type, index) => {
    if (type === null) return [];
    const own = flat(type).map((want, word): Operand => {
      const from = payload[word] ?? { code: [], type: want };
      return { code: seq(from.code, narrowed(shared[word] ?? want, want)), type: want };
    });
    return seq(tag.code, i32.const(index), i32.eq, IF, storeValue(type, own, base, at), END);
  });
  return seq(get(base), tag.code, store[sized(tagSize(cases.length))](offset), stores);
}
