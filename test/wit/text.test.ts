import { describe, expect, it } from "vitest";
import { decodeWorld } from "../../src/wit/decoder.ts";
import { bareName, formatFunction, formatType, formatWorld } from "../../src/wit/text.ts";
import type { WitFunction, WitType } from "../../src/wit/types.ts";
import { EVERYTHING, fromWit } from "./components.ts";

const PLAIN: WitFunction = { name: "f", shape: "function", resource: null, params: [], result: null, async: false };

describe("formatType()", () => {
  it.each<[WitType, string]>([
    [{ kind: "error-context" }, "error-context"],
    [{ kind: "list", element: { kind: "u8" } }, "list<u8>"],
    [{ kind: "list", element: { kind: "u8" }, length: 3 }, "list<u8, 3>"],
    [{ kind: "list", element: { kind: "u8" }, alias: { interface: "a:b/c", name: "value" } }, "value"],
    [{ kind: "map", key: { kind: "char" }, value: { kind: "s64" } }, "map<char, s64>"],
    [{ kind: "tuple", items: [{ kind: "f32" }, { kind: "f64" }] }, "tuple<f32, f64>"],
    [{ kind: "option", some: { kind: "string" } }, "option<string>"],
    [{ kind: "result", ok: null, err: null }, "result"],
    [{ kind: "result", ok: { kind: "u8" }, err: null }, "result<u8>"],
    [{ kind: "result", ok: null, err: { kind: "u8" } }, "result<_, u8>"],
    [{ kind: "result", ok: { kind: "u8" }, err: { kind: "u16" } }, "result<u8, u16>"],
    [{ kind: "record", name: null, fields: [{ name: "type", type: { kind: "u8" } }] }, "record { %type: u8 }"],
    [
      {
        kind: "variant",
        name: null,
        cases: [
          { name: "a", type: { kind: "u8" } },
          { name: "b", type: null },
        ],
      },
      "variant { a(u8), b }",
    ],
    [{ kind: "enum", name: { interface: null, name: "color" }, cases: ["red"] }, "color"],
    [{ kind: "enum", name: null, cases: ["red", "own"] }, "enum { red, %own }"],
    [{ kind: "flags", name: null, labels: ["r", "w"] }, "flags { r, w }"],
    [{ kind: "stream", element: null }, "stream"],
    [{ kind: "future", element: { kind: "bool" } }, "future<bool>"],
  ])("of %o is %s", (type, text) => {
    expect(formatType(type)).toBe(text);
  });
});

describe("formatFunction() and bareName()", () => {
  it("write a function as WIT does", () => {
    const params = [{ name: "from", type: { kind: "u8" } as const }];

    expect(formatFunction(PLAIN)).toBe("f: func()");
    expect(formatFunction({ ...PLAIN, params, result: { kind: "u8" }, async: true })).toBe(
      "f: async func(%from: u8) -> u8",
    );
    expect(bareName({ ...PLAIN, name: "[method]counter.inc" })).toBe("inc");
    expect(bareName({ ...PLAIN, name: "[constructor]counter" })).toBe("counter");
    expect(bareName(PLAIN)).toBe("f");
  });
});

describe("formatWorld()", () => {
  it("declares each type where it stands", async () => {
    const world = decodeWorld(await fromWit(EVERYTHING, "w"));

    expect(formatWorld(world)).toMatchInlineSnapshot(`
      "world {
        use acme:shapes/geometry@1.0.0.{shape};
        type mine = u32;
        import log: func(s: string);
        import acme:shapes/geometry@1.0.0 {
          record point { x: f64, y: f32 }
          variant shape { circle(point), square(tuple<point, f64>), none }
          resource counter {
            constructor(start: u64);
            inc: func(by: u32) -> result<u64, string>;
            make: static func() -> counter;
          }
          type duration = u64;
          type wait = duration;
          type value = list<u8>;
          enum color { red, green }
          flags perms { read, write }
          scalars: func(a: bool, b: s8, c: u8, d: s16, e: u16, f: s32, g: u32, h: s64, i: u64, j: char, k: string);
          area: func(s: shape, d: duration, v: list<value>) -> option<option<f32>>;
          paint: func(c: color, p: perms) -> result;
          go: async func(s: stream<u8>, f: future<string>) -> future;
          fixed: func(a: list<u8, 4>, m: map<string, point>);
          fail: func(e: error-context, %record: s8) -> result<_, string>;
          use-counter: func(c: borrow<counter>) -> counter;
        }
        import plain {
          x: func() -> char;
        }
        export run: func(s: shape, m: mine) -> result<u8>;
        export acme:shapes/geometry@1.0.0 {
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
          area: func(s: shape, d: duration, v: list<value>) -> option<option<f32>>;
          paint: func(c: color, p: perms) -> result;
          go: async func(s: stream<u8>, f: future<string>) -> future;
          fixed: func(a: list<u8, 4>, m: map<string, point>);
          fail: func(e: error-context, %record: s8) -> result<_, string>;
          use-counter: func(c: borrow<counter>) -> counter;
        }
        export acme:shapes/user@1.0.0 {
          use acme:shapes/geometry@1.0.0.{point};
          use acme:shapes/geometry@1.0.0.{counter as tally};
          use acme:shapes/geometry@1.0.0.{value};
          f: func(p: point, c: borrow<counter>) -> counter;
          g: func(v: value) -> value;
        }
      }
      "
    `);
  });
});
