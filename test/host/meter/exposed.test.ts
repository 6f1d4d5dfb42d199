/** Modules whose state can be reached (X1–X3), and why not all of it can (HAZARDS 35). */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { exposed, GLOBALS, MEMORIES, withoutStart } from "../../../src/host/meter/exposed.ts";
import { instrument } from "../../../src/host/meter/instrument.ts";
import { whyUnsavable } from "../../../src/host/meter/unsavable.ts";

const TEXT = `(module
  (import "a" "g" (global $imported (mut i32)))
  (import "a" "f" (func $f))
  (memory 1)
  (table 2 funcref)
  (global $one (mut i32) (i32.const 1))
  (global i32 (i32.const 2))
  (global (mut f64) (f64.const 3))
  (global (mut v128) (v128.const i64x2 0 0))
  (func (export "run") (global.set $one (i32.add (global.get $one) (global.get $imported))))
  (start $f)
  (elem (i32.const 0) $f)
  (data (i32.const 0) "x"))`;

const bytesOf = async (text: string): Promise<Uint8Array<ArrayBuffer>> => Uint8Array.from(await parse(text));
const exportsOf = (bytes: Uint8Array<ArrayBuffer>): string[] =>
  WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ kind, name }) => `${kind} ${name}`);

describe("a module", () => {
  it("gives its memories and its variables of numbers besides, metered or not (X1, X3)", async () => {
    const bytes = await bytesOf(TEXT);
    const own = [`memory ${MEMORIES}0`, `global ${GLOBALS}0`, `global ${GLOBALS}2`];
    expect(exportsOf(exposed(bytes))).toEqual(["function run", ...own]);
    expect(exportsOf(exposed(instrument(bytes)))).toEqual(["function run", ...own]);
  });

  it("without exports gets them, and one that has nothing of its own stays as it is", async () => {
    expect(exportsOf(exposed(await bytesOf("(module (memory 1) (func) (start 0))")))).toEqual([`memory ${MEMORIES}0`]);
    const nothing = await bytesOf('(module (import "a" "m" (memory 1)) (func (export "f")))');
    expect(exposed(nothing)).toBe(nothing);
  });

  it("that has such a name stays as it is (X2)", async () => {
    const taken = await bytesOf(`(module (memory (export "${MEMORIES}7") 1))`);
    expect(exposed(taken)).toBe(taken);
    expect(whyUnsavable(taken)).toContain("names");
  });

  it("loses its start function, and nothing else", async () => {
    const bytes = await bytesOf(TEXT);
    const stripped = withoutStart(bytes);
    let started = 0;
    const imports = { a: { g: new WebAssembly.Global({ value: "i32", mutable: true }, 5), f: () => (started += 1) } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(exposed(stripped)), imports);
    (exports.run as () => void)();
    expect([started, (exports[`${GLOBALS}0`] as WebAssembly.Global).value]).toEqual([0, 6]);
    expect(withoutStart(stripped)).toBe(stripped);
  });

  it("with any damage is exposed as it was valid, or stays what it is, and is told about", async () => {
    const bytes = await bytesOf(TEXT);
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, fc.option(fc.nat(bytes.length)), (changes, end) => {
        const broken = bytes.slice(0, end ?? bytes.length);
        for (const [at, byte] of changes) if (at < broken.length) broken[at] = byte;
        const why = whyUnsavable(broken);
        expect(why === null || typeof why === "string").toBe(true);
        if (WebAssembly.validate(broken)) expect(WebAssembly.validate(exposed(broken))).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });
});
