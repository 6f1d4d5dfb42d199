/** Components for tests: from WAT or WIT text through jco's tools, which also validate them in part. */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { expect } from "vitest";
import { WitError } from "../../src/wit/error.ts";

/** The binary of a component in the text format. */
export function fromWat(wat: string): Promise<Uint8Array> {
  return parse(wat);
}

/** A component without code that has a world of this WIT text. */
export async function fromWit(witSource: string, world?: string): Promise<Uint8Array> {
  const core = await componentEmbed({
    dummy: true,
    witSource,
    features: { tag: "all" },
    ...(world === undefined ? {} : { world }),
  });
  return componentNew(core);
}

/** The error that this must throw. */
export function witError(act: () => unknown): WitError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(WitError);
    return error as WitError;
  }
  throw new Error("nothing was thrown");
}

/** A component of these sections, each a code and its content; for what no tool would write. */
export function sections(...parts: readonly (readonly [code: number, content: readonly number[]])[]): Uint8Array {
  const bytes = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
  for (const [code, content] of parts) bytes.push(code, ...leb(content.length), ...content);
  return Uint8Array.from(bytes);
}

/** Unsigned LEB128. */
export function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)];
}

/** Signed LEB128 of a number that is not negative, as type indices are written. */
export function index(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...index(value >>> 7)];
}

/** A length-prefixed name. */
export function name(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...leb(bytes.length), ...bytes];
}

/** One interface and world with every type there is. */
export const EVERYTHING = `
package acme:shapes@1.0.0;
interface geometry {
  type value = list<u8>;
  type duration = u64;
  type wait = duration;
  record point { x: f64, y: f32 }
  variant shape { circle(point), square(tuple<point, f64>), none }
  enum color { red, green }
  flags perms { read, write }
  resource counter {
    constructor(start: u64);
    inc: func(by: u32) -> result<u64, string>;
    make: static func() -> counter;
  }
  scalars: func(a: bool, b: s8, c: u8, d: s16, e: u16, f: s32, g: u32, h: s64, i: u64, j: char, k: string);
  area: func(s: shape, d: wait, v: list<value>) -> option<option<f32>>;
  paint: func(c: color, p: perms) -> result;
  go: async func(s: stream<u8>, f: future<string>) -> future;
  fixed: func(a: list<u8, 4>, m: map<string, point>);
  fail: func(e: error-context, %record: s8) -> result<_, string>;
  use-counter: func(c: borrow<counter>) -> counter;
}
interface user {
  use geometry.{point, counter as tally, value};
  f: func(p: point, c: borrow<tally>) -> tally;
  g: func(v: value) -> value;
}
world w {
  import geometry;
  import log: func(s: string);
  import plain: interface { x: func() -> char; }
  use geometry.{shape};
  type mine = u32;
  export geometry;
  export user;
  export run: func(s: shape, m: mine) -> result<u8>;
}`;
