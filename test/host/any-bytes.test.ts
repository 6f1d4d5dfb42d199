/** Bytes that a guest gives for an Any are looked at where they come in (any-type.ts, H5), whoever gives them. */
import { describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import { isAnyType, problemOfAny } from "../../src/host/any-type.ts";
import { javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { openPython } from "./python-opened.ts";
import { codecOf } from "../../src/host/remote/frames/codec.ts";
import { Broken, Reader } from "../../src/host/remote/frames/reader.ts";
import { Writer } from "../../src/host/remote/frames/writer.ts";
import { LiftBudget } from "../../src/wit/budget.ts";
import { decodeAny, encodeAny } from "../../src/wit/cbor.ts";
import type { WitType } from "../../src/wit/types.ts";
import { PATHS, pluginFromWit } from "./component-fixtures.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";
import { pythonPackage } from "./python-package.ts";

const ANY: WitType = {
  kind: "list",
  element: { kind: "u8" },
  alias: { interface: "sennit:host/values@0.1.0", name: "value" },
};

/** Valid Anys, such with a byte changed, and any bytes. */
const bytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.jsonValue().chain((value) => {
    const whole = encodeAny(asAny(value));
    return fc
      .tuple(fc.nat(Math.max(0, whole.length - 1)), fc.nat(255), fc.boolean())
      .map(([at, byte, change]) => (change ? whole.with(at, byte) : whole));
  }),
);

function asAny(value: unknown): Parameters<typeof encodeAny>[0] {
  if (typeof value === "number") return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : null;
  if (typeof value === "string") return value.isWellFormed() ? value : "";
  if (Array.isArray(value)) return value.map(asAny);
  if (typeof value !== "object" || value === null) return value as boolean | null;
  return new Map(Object.entries(value).map(([key, each]) => [key.isWellFormed() ? key : "", asAny(each)]));
}

function isReadable(given: Uint8Array): boolean {
  try {
    decodeAny(given);
    return true;
  } catch {
    return false;
  }
}

const WIT = `package sennit:host@0.1.0 { interface values { type value = list<u8>; } }
  world w {
    use sennit:host/values@0.1.0.{value};
    import take: func(v: value);
    export give: func(bytes: list<u8>) -> value;
    export pass: func(bytes: list<u8>);
  }`;

const GIVE = "world w { use sennit:host/values@0.1.0.{value}; export give: func(bytes: list<u8>) -> value; }";

const CORE = `(module
  (import "$root" "take" (func $take (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "give") (param i32 i32) (result i32)
    (i32.store (i32.const 0) (local.get 0)) (i32.store (i32.const 4) (local.get 1)) (i32.const 0))
  (func (export "pass") (param i32 i32) (call $take (local.get 0) (local.get 1))))`;

describe.each(PATHS)("a component linked %s", (path) => {
  it("that gives or passes what is no Any ends with `plugin-invalid-value`; an Any goes through", async () => {
    await using plugin = await pluginFromWit(WIT, CORE, {}, { path });
    expect(isAnyType(plugin.world.exports.functions.get("give")?.result as WitType)).toBe(true);
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom("give", "pass"), async (given, fn) => {
        const taken: unknown[] = [];
        const take = { colour: "sync", call: (args: readonly unknown[]) => taken.push(...args) && null } as const;
        await using instance = await plugin.instantiate(settings({ imports: { take } }));
        outcomes.add(`${fn} ${isReadable(given)}`);
        if (isReadable(given)) {
          const answer = await instance.call(fn, [given]);
          expect(fn === "give" ? answer : taken[0]).toEqual(given);
          expect(instance.alive).toBe(true);
        } else {
          const fault = await faultFrom(() => instance.call(fn, [given]));
          expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "test:plugin" });
          expect(taken).toEqual([]);
          expect(instance.alive).toBe(false);
          expect((await faultFrom(() => instance.call(fn, [given]))).code).toBe("plugin-lost");
        }
      }),
      { numRuns: 60 },
    );
    expect(outcomes.size).toBe(4);
  });
});

describe("a Python plugin", () => {
  const app = `import wit_world
class WitWorld(wit_world.WitWorld):
    def give(self, bytes):
        return bytes
`;

  it("that gives what is no Any ends with `plugin-invalid-value`", { timeout: 60_000 }, async () => {
    const files = { "app.py": app, "world.wit": `package test:plugin;\n${GIVE}` };
    await using plugin: Plugin = await openPython(pythonPackage(files));
    await using instance = await plugin.instantiate(settings());

    expect(await instance.call("give", [encodeAny([1, "a"])])).toEqual(encodeAny([1, "a"]));
    const fault = await faultFrom(() => instance.call("give", [Uint8Array.of(0xff)]));

    expect(fault).toMatchObject({ code: "plugin-invalid-value", source: "test:plugin" });
    expect(fault.message).toContain("untyped value cannot be read");
    expect(instance.alive).toBe(false);
  });
});

describe("a realm", () => {
  const none = {
    give: (): number => 0,
    take: (): never => {
      throw new Error("there are no handles");
    },
  };

  it("that sends what is no Any has broken the protocol", () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const writer = new Writer(none).start(0, 0);
        codecOf(ANY).write(writer, given);
        const reader = new Reader(none, new LiftBudget());
        reader.open(writer.finish());
        reader.u8();
        reader.u32();
        if (isReadable(given)) expect(codecOf(ANY).read(reader)).toEqual(given);
        else expect(() => codecOf(ANY).read(reader)).toThrow(Broken);
      }),
    );
  });
});

describe("a caller", () => {
  it("that gives a function of the program what is no Any is told so, and nothing is called", async () => {
    let called = 0;
    const wit = `package test:p; ${GIVE.replace("give: func(bytes: list<u8>) -> value", "f: func(v: value)")}`;
    await using plugin = await javascriptPlugin({ f: () => void called++ }, { wit, name: "test:p" });
    await using instance = await plugin.instantiate(settings());
    await fc.assert(
      fc.asyncProperty(bytes, async (given) => {
        const before = called;
        if (isReadable(given)) {
          expect(instance.call("f", [given])).toBe(null);
          expect(called).toBe(before + 1);
          return;
        }
        const fault = await faultFrom(() => instance.call("f", [given]));
        expect(fault).toBeInstanceOf(Fault);
        expect(fault.code).toBe("type-mismatch");
        expect(called).toBe(before);
      }),
    );
  });

  it("that gives Lua what is no Any, or too deep a one, is told so, and the instance lives on", async () => {
    await using plugin = await lua(
      "world w { use sennit:host/values@0.1.0.{value}; export f: func(v: value) -> value; }",
      "return { f = function(v) return v end }",
    );
    await using instance = await plugin.instantiate(settings());
    let deep: Parameters<typeof encodeAny>[0] = null;
    for (let level = 0; level < 150; level++) deep = [deep];

    for (const given of [Uint8Array.of(0xff), Uint8Array.of(), encodeAny(deep)]) {
      expect((await faultFrom(() => instance.call("f", [given]))).code).toBe("type-mismatch");
      expect(instance.alive).toBe(true);
    }
    expect(instance.call("f", [encodeAny(5)])).toEqual(encodeAny(5));
  });
});

describe("problemOfAny()", () => {
  it("is null exactly for what can be decoded", () => {
    fc.assert(
      fc.property(bytes, (given) => {
        expect(problemOfAny(given) === null).toBe(isReadable(given));
      }),
    );
    expect(problemOfAny([1, 2])).not.toBe(null);
  });
});
