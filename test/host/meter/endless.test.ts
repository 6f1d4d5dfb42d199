/** No execution avoids the counter: whatever goes on for ever, or for long, is stopped (C2, C3 of metered-body.ts). */
import { describe, expect, it } from "vitest";

import { type CallLimits, Meter } from "../../../src/host/meter/meter.ts";
import { compileMetered } from "../../../src/host/meter/compile.ts";
import { bytesOf, endOf, instantiate, metered } from "./metered.ts";

const ENDLESS: Readonly<Record<string, string>> = {
  "a loop": `(func (export "f") (loop $l (br $l)))`,
  "a loop of a loop": `(func (export "f") (loop $l (loop $m (br $l))))`,
  "a loop with a value": `(func (export "f") (i32.const 1) (loop $l (param i32) (br $l)))`,
  "a loop with two values": `(func (export "f") (i32.const 1) (i32.const 2) (loop $l (param i32 i32) (br $l)))`,
  "a loop by a table": `(func (export "f") (loop $l (br_table $l $l (i32.const 0))))`,
  "a loop in a function of several results": `(func (export "f") (result i32 i32) (loop $l (br $l)) (i32.const 1) (i32.const 2))`,
  "a loop by catching": `(tag $e) (func (export "f") (loop $l (try_table (catch $e $l) (throw $e))))`,
  "a loop in a catch-all": `(func $spin (loop $l (br $l)))
     (func (export "f") (loop $again (block $caught (try_table (catch_all $caught) (call $spin))) (br $again)))`,
  "a loop in an old catch-all": `(func $spin (loop $l (br $l)))
     (func (export "f") loop $again try call $spin catch_all end br $again end)`,
  "a loop by a reference": `(func (export "f") (loop $l (br_on_null $l (ref.null func)) (drop)))`,
  "a loop by a cast": `(func (export "f") (ref.null any) (loop $l (param anyref) (drop (br_on_cast_fail $l anyref (ref i31)))))`,
  "tail calls": `(func $f (export "f") (return_call $f))`,
  "tail calls of each other": `(func $f (export "f") (return_call $g)) (func $g (return_call $f))`,
  "indirect tail calls": `(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f)
     (func $f (export "f") (return_call_indirect (type $t) (i32.const 0)))`,
  "tail calls by reference": `(type $t (func)) (elem declare func $f)
     (func $f (export "f") (type $t) (return_call_ref $t (ref.func $f)))`,
  "a tree of calls": `(func $f (export "f") (param $n i32) (if (i32.eqz (local.get $n)) (then (return)))
     (call $f (i32.sub (local.get $n) (i32.const 1))) (call $f (i32.sub (local.get $n) (i32.const 1))))
     (func (export "g") (call $f (i32.const 60)))`,
  "filling memory": `(memory 100) (func (export "f")
     (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553600)) (br $l)))`,
  "copying memory": `(memory 100) (func (export "f")
     (loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 6553599)) (br $l)))`,
  "asking for memory": `(memory 1 1) (func (export "f") (loop $l (drop (memory.grow (i32.const 1))) (br $l)))`,
  "filling a table": `(table $t 10000 funcref) (func (export "f")
     (loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 10000)) (br $l)))`,
  "a long way back from a deep recursion": `(func $f (export "f") (param $n i32)
     (if (local.get $n) (then (call $f (i32.sub (local.get $n) (i32.const 1)))))
     ${"(block (drop (i32.const 0)))".repeat(20_000)})
     (func (export "g") (loop $l (call $f (i32.const 5000)) (br $l)))`,
};

const entry = (wat: string): string => (wat.includes(`(export "g")`) ? "g" : "f");

describe.each(Object.entries(ENDLESS))("%s", (_, body) => {
  it.each<[string, CallLimits]>([
    ["fuel-exhausted", { fuel: 3_000_000 }],
    ["deadline-exceeded", { deadline: 20 }],
    ["cancelled", { stop: Int32Array.of(1) }],
  ])("ends with %s", async (code, limits) => {
    const guest = await metered(`(module ${body})`, limits);

    expect(endOf(guest, () => guest.call(entry(body)))).toBe(code);
    expect(endOf(guest, () => guest.call(entry(body)))).toBe(code); // and is not let in again
  });

  it("is stopped after the same work each time", async () => {
    const bytes = await bytesOf(`(module ${body})`);
    const spent = [0, 1].map(() => {
      const guest = instantiate(bytes, { fuel: 100_000 });
      endOf(guest, () => guest.call(entry(body)));
      return guest.meter.spent;
    });

    expect(spent[0]).toBe(spent[1]);
  });
});

it("stops start code", async () => {
  const module = compileMetered(await bytesOf(`(module (func $f (loop $l (br $l))) (start $f))`));
  const meter = new Meter({ fuel: 1000 });
  meter.begin();

  expect(() => new WebAssembly.Instance(module, meter.imports)).toThrow(WebAssembly.RuntimeError);
  expect(meter.fault("guest", "its start")).toMatchObject({ code: "fuel-exhausted" });
});

it("a guest that catches what goes wrong in asking, where the stack is nearly full, is stopped further up", async () => {
  const bytes = await bytesOf(`(module (func $f (export "f") (param $n i32) (param $spin i32)
    (if (local.get $n) (then
      (loop $again
        (block $c (try_table (catch_all $c) (call $f (i32.sub (local.get $n) (i32.const 1)) (local.get $spin))))
        (br_if $again (local.get $spin)))
      (return)))
    (loop $l (br_if $l (local.get $spin)))))`);
  const end = (depth: number, spins: number): string => {
    const guest = instantiate(bytes, { fuel: 3_000_000 });
    try {
      return endOf(guest, () => guest.call("f", depth, spins));
    } catch (thrown) {
      return (thrown as Error).message;
    }
  };
  let [fits, overflows] = [1, 1_000_000];
  while (overflows - fits > 1) {
    const middle = Math.floor((fits + overflows) / 2);
    if (end(middle, 0) === "it answered") fits = middle;
    else overflows = middle;
  }
  const ends = new Set(Array.from({ length: 40 }, (_, less) => end(fits - less * 3, 1)));

  expect([...ends].filter((each) => each !== "fuel-exhausted" && !each.includes("call stack"))).toEqual([]);
  expect(ends).toContain("fuel-exhausted");
});

describe("a bulk operation that costs more than is left", () => {
  it.each([
    ["memory.fill", `(memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))`],
    ["memory.copy", `(memory.copy (i32.const 0) (i32.const 65536) (i32.const 65536))`],
    ["memory.init", `(memory.init $d (i32.const 0) (i32.const 0) (i32.const 4000))`],
    ["memory.grow", `(drop (memory.grow (i32.const 10)))`],
    ["table.fill", `(table.fill $t (i32.const 0) (ref.func $f) (i32.const 1000))`],
    ["table.grow", `(drop (table.grow $t (ref.func $f) (i32.const 1000)))`],
    ["table.copy", `(table.copy $t $t (i32.const 0) (i32.const 1000) (i32.const 1000))`],
    ["table.init", `(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1000))`],
    ["array.new_default", `(drop (array.new_default $a (i32.const 4000)))`],
    ["array.new_data", `(drop (array.new_data $a $d (i32.const 0) (i32.const 4000)))`],
    ["array.new_elem", `(drop (array.new_elem $r $e (i32.const 0) (i32.const 1000)))`],
    ["array.init_data", `(array.init_data $a $d (array.new_fixed $a 0) (i32.const 0) (i32.const 0) (i32.const 4000))`],
    ["array.init_elem", `(array.init_elem $r $e (array.new_fixed $r 0) (i32.const 0) (i32.const 0) (i32.const 1000))`],
    [
      "array.copy",
      `(array.copy $a $a (array.new_fixed $a 0) (i32.const 0) (array.new_fixed $a 0) (i32.const 0) (i32.const 4000))`,
    ],
    ["array.new", `(drop (array.new $a (i32.const 7) (i32.const 4000)))`],
    ["array.fill", `(array.fill $a (array.new_fixed $a 0) (i32.const 0) (i32.const 7) (i32.const 4000))`],
  ])("%s: does not run", async (_, code) => {
    const guest = await metered(
      `(module (type $a (array (mut i8))) (type $r (array (mut funcref)))
         (elem $e funcref ${"(ref.null func)".repeat(1000)}) (memory (export "m") 2) (table $t (export "t") 2000 funcref) (data $d "${"x".repeat(4000)}")
         (func $f (export "f") ${code}) (data (i32.const 65536) "\\07"))`,
      { fuel: 100 },
    );

    expect(endOf(guest, () => guest.call("f"))).toBe("fuel-exhausted");
    const memory = new Uint8Array((guest.exports["m"] as WebAssembly.Memory).buffer);
    const table = guest.exports["t"] as WebAssembly.Table;
    expect([memory.length, memory[0], table.length, table.get(0)]).toEqual([131_072, 0, 2000, null]);
  });
});

it.each([
  ["array.new", `(drop (array.new $a (i32.const 7) (local.get 0)))`],
  ["array.new_default", `(drop (array.new_default $a (local.get 0)))`],
])("%s: one array has a bounded length, whatever fuel there is", async (_, code) => {
  const guest = await metered(`(module (type $a (array (mut i8))) (func (export "f") (param i32) ${code}))`, {
    fuel: 1e15,
  });

  expect(endOf(guest, () => guest.call("f", 2 ** 19))).toBe("it answered");
  expect(endOf(guest, () => guest.call("f", 2 ** 19 + 1))).toBe("unreachable");
  expect(endOf(guest, () => guest.call("f", -1))).toBe("unreachable");
});
