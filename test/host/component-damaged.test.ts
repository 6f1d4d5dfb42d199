/**
 * What untrusted bytes do to the host once they are linked.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import { pluginFromBytes, start } from "./component-fixtures.ts";

describe("a component with a byte changed", () => {
  /** Everything that a plan has: a shim, a table, lowered functions, a resource with a destructor, every option. */
  const WHOLE = `(component
    (import "acme:x/t@1.0.0" (instance $t (export "r" (type $r (sub resource))) (export "f" (func (param "a" string) (result u32)))))
    (alias export $t "f" (func $f)) (alias export $t "r" (type $r))
    (core module $shim (table (export "t") 2 funcref) (memory (export "m") 1) (global (export "g") i32 (i32.const 1))
      (data (i32.const 8) "\\20\\00\\00\\00\\02\\00\\00\\00") (data (i32.const 32) "ok")
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $s (instantiate $shim))
    (alias core export $s "m" (core memory $m))
    (core func $low (canon lower (func $f) (memory $m) string-encoding=latin1+utf16 (realloc (core func $s "realloc"))))
    (core func $drop (canon resource.drop $r))
    (core module $main (import "a" "low" (func $low (param i32 i32) (result i32))) (import "a" "drop" (func (param i32)))
      (import "s" "g" (global i32)) (import "s" "m" (memory 1)) (import "s" "t" (table 1 funcref))
      (func (export "f") (param i32 i32) (result i32) (drop (call $low (local.get 0) (local.get 1))) (i32.const 8))
      (func (export "post") (param i32)))
    (core instance $i (instantiate $main (with "s" (instance $s))
      (with "a" (instance (export "low" (func $low)) (export "drop" (func $drop))))))
    (func (export "f") (param "s" string) (result string)
      (canon lift (core func $i "f") (memory $m) (realloc (core func $s "realloc")) (post-return (core func $i "post")))))`;

  /** What happens, whatever it is; everything that is thrown has to be a fault. */
  async function outcome(bytes: Uint8Array): Promise<string> {
    try {
      await using plugin = await pluginFromBytes(bytes);
      await using instance = await start(plugin, { "acme:x/t@1.0.0#f": ([text]) => String(text).length });
      return `answers ${String(await instance.call("f", ["ab"]))}`;
    } catch (thrown) {
      if (thrown instanceof Fault) return thrown.code;
      throw thrown;
    }
  }

  it("is refused, or fails, or works: nothing but faults comes out", { timeout: 60_000 }, async () => {
    const whole = await parse(WHOLE);
    const outcomes = new Set<string>();
    for (let at = 8; at < whole.length; at += 1) {
      const flip = at % 3 === 0 ? 0x01 : at % 3 === 1 ? 0x04 : 0x80;
      outcomes.add(await outcome(whole.with(at, (whole[at] ?? 0) ^ flip)));
    }

    expect(await outcome(whole)).toBe("answers ok");
    expect([...outcomes]).toEqual(expect.arrayContaining(["component-invalid", "answers ok", "link-failed"]));
  });
});
