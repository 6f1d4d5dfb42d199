/** Rewritten modules do what they did, and count what they do (C1–C5 of metered-body.ts, M1–M4 of instrument.ts). */
import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import { compileMetered } from "../../../src/host/meter/compile.ts";
import { instrument } from "../../../src/host/meter/instrument.ts";
import { bytesOf, instantiate, metered, type Run } from "./metered.ts";

/** Modules with an export `f`, which takes a small number and answers numbers. */
const GUESTS: Readonly<Record<string, string>> = {
  "blocks and branches": `(func (export "f") (param i32) (result i32)
    (block $c (block $b (block $a (br_table $a $b $c (local.get 0))) (return (i32.const 10))) (return (i32.const 20))) (i32.const 30))`,
  "a table of a thousand ways": `(func (export "f") (param i32) (result i32)
    (block $z (block $y (br_table ${"$z $y ".repeat(500)} $y (local.get 0))) (return (i32.const 1))) (i32.const 2))`,
  "if with values": `(func (export "f") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 5)) (else (i32.const 6))) (if (result i32) (i32.eqz) (then (i32.const 1)) (else (i32.const 2))))`,
  "several values": `(func $two (param i32) (result i32 i64) (local.get 0) (i64.const 7))
    (func (export "f") (param i32) (result i32 i64) (local.get 0)
      (block (param i32) (result i32 i64) (call $two)) (drop) (loop $l (param i32) (result i32) (i32.const 1) (i32.add) (local.tee 0)
        (br_if $l (i32.lt_u (local.get 0) (i32.const 100)))) (i64.const 3))`,
  "a loop that leaves in all ways": `(func $g (param i32) (result i32) (loop $l
      (br_if 1 (i32.const 1) (i32.eqz (local.get 0))) (drop)
      (if (i32.eq (local.get 0) (i32.const 1)) (then (return (i32.const 2))))
      (if (i32.eq (local.get 0) (i32.const 2)) (then (return_call $g (i32.const 0))))
      (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br $l)) (unreachable))
    (func (export "f") (param i32) (result i32) (call $g (local.get 0)))`,
  "globals, its own and exported": `(global $a (mut i32) (i32.const 3)) (global (export "g") i64 (i64.const 9)) (global $c i32 (i32.const 4))
    (func (export "f") (param i32) (result i32) (global.set $a (i32.add (global.get $a) (local.get 0))) (i32.mul (global.get $a) (global.get $c)))`,
  "tables and elements of every kind": `(type $t (func (result i32))) (table $t 10 funcref) (table $u 2 2 (ref $t) (ref.func $one))
    (elem (i32.const 0) $one $two) (elem $p func $two $one) (elem (table $t) (i32.const 4) func $two)
    (elem (i32.const 5) funcref (ref.func $one) (ref.null func)) (elem $q funcref (ref.func $two)) (elem declare func $one)
    (func $one (type $t) (i32.const 1)) (func $two (type $t) (i32.const 2))
    (func (export "f") (param i32) (result i32) (table.init $t $p (i32.const 7) (i32.const 0) (i32.const 2)) (elem.drop $p)
      (table.init $t $q (i32.const 9) (i32.const 0) (i32.const 1)) (table.set $t (i32.const 6) (table.get $t (i32.const 9)))
      (table.copy $t $t (i32.const 2) (i32.const 0) (i32.const 2)) (drop (table.size $t)) (drop (table.grow $t (ref.func $one) (i32.const 1)))
      (i32.add (call_indirect $t (type $t) (local.get 0)) (i32.mul (i32.const 10) (call_ref $t (table.get $u (i32.const 1))))))`,
  "memories and data": `(memory $m 1 3) (memory $n 1) (data (i32.const 8) "abc") (data $p "xyz") (data (memory $n) (i32.const 0) "\\05")
    (func (export "f") (param i32) (result i32) (memory.init $m $p (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $p)
      (memory.copy $m $m (i32.const 16) (i32.const 0) (i32.const 3)) (memory.fill $m (i32.const 20) (i32.const 9) (i32.const 4))
      (drop (memory.grow $m (i32.const 1))) (i32.store $n offset=4 (i32.const 0) (i32.const 77))
      (i32.add (i32.add (i32.load8_u $n (i32.const 0)) (i32.load $n (i32.const 4))) (i32.add (i32.load8_u $m (i32.add (local.get 0) (i32.const 16))) (memory.size $m))))`,
  exceptions: `(tag $e (param i32)) (func $throws (param i32) (if (local.get 0) (then (throw $e (i32.mul (local.get 0) (i32.const 3))))))
    (func (export "f") (param i32) (result i32) (block $c (result i32) (try_table (catch $e $c) (call $throws (local.get 0))) (i32.const 100)))`,
  "exceptions by reference": `(tag $e (param i32)) (func (export "f") (param i32) (result i32)
    (block $o (result i32 exnref) (try_table (catch_ref $e $o) (block $i (result exnref) (try_table (catch_all_ref $i) (throw $e (local.get 0))) (unreachable)) (throw_ref)) (unreachable)) (drop))`,
  "exceptions of the old form": `(tag $e (param i32)) (func (export "f") (param i32) (result i32)
    try (result i32) try (result i32) local.get 0 throw $e catch $e i32.const 1 i32.add throw $e end catch $e i32.const 2 i32.mul end
    try $d (result i32) try (result i32) local.get 0 throw $e delegate $d catch_all i32.const 1000 end i32.add
    try (result i32) try (result i32) i32.const 3 throw $e catch_all rethrow 0 end catch $e end i32.add)`,
  "garbage-collected types": `(rec (type $s (sub (struct (field i32) (field (mut i64))))) (type $r (sub $s (struct (field i32) (field (mut i64)) (field (ref null $s))))))
    (type $a (array (mut i32))) (type $b (array i8)) (data $d "hello") (global $g (ref $s) (struct.new $s (i32.const 4) (i64.const 2)))
    (func (export "f") (param i32) (result i32) (local $x (ref null $a)) (local $y (ref $s))
      (local.set $x (array.new $a (local.get 0) (i32.const 20))) (array.set $a (local.get $x) (i32.const 1) (i32.const 8))
      (array.fill $a (local.get $x) (i32.const 2) (i32.const 5) (i32.const 3)) (array.copy $a $a (local.get $x) (i32.const 10) (local.get $x) (i32.const 0) (i32.const 5))
      (local.set $y (struct.new $r (i32.const 1) (i64.const 2) (ref.null $s))) (struct.set $s 1 (local.get $y) (i64.const 8))
      (drop (block $is (result (ref null $s)) (br_on_cast $is (ref null $s) (ref null $r) (local.get $y))))
      (i32.add (array.get $a (local.get $x) (i32.const 12)) (i32.add (struct.get $s 0 (global.get $g)) (i32.add (ref.test (ref $r) (local.get $y))
        (i32.add (array.len (local.get $x)) (i32.add (array.get_u $b (array.new_data $b $d (i32.const 0) (i32.const 5)) (i32.const 1)) (i31.get_s (ref.i31 (local.get 0)))))))))`,
  vectors: `(memory 1) (func (export "f") (param i32) (result i32) (local v128)
    (local.set 1 (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.const i32x4 1 2 3 4) (i32x4.splat (local.get 0))))
    (v128.store (i32.const 0) (local.get 1)) (v128.store32_lane 1 (i32.const 20) (local.get 1)) (local.set 1 (v128.load8_lane 0 (i32.const 4) (local.get 1)))
    (i32.add (i32.load (i32.const 20)) (i32x4.extract_lane 0 (i32x4.add (local.get 1) (v128.load32_zero (i32.const 8))))))`,
  "floats, wide integers, selections": `(func (export "f") (param i32) (result i32)
    (i32.add (select (result i32) (i32.const 3) (i32.const 4) (local.get 0)) (select (i32.trunc_sat_f64_u (f64.const 1e300)) (i32.wrap_i64 (i64.const -9223372036854775808)) (i32.extend8_s (local.get 0)))))`,
  "references that may be nothing": `(type $t (func (result i32))) (elem declare func $one) (func $one (type $t) (i32.const 1))
    (func (export "f") (param i32) (result i32) (local $r (ref null $t)) (if (local.get 0) (then (local.set $r (ref.func $one))))
      (block $none (return (call_ref $t (br_on_null $none (local.get $r))))) (i32.add (i32.const 50) (ref.is_null (local.get $r))))`,
  "start code": `(global $g (mut i32) (i32.const 0)) (func $s (loop $l (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (br_if $l (i32.lt_u (global.get $g) (i32.const 10))))) (start $s) (func (export "f") (param i32) (result i32) (global.get $g))`,
  "many locals": `(func (export "f") (param i32) (result i32) ${"(local i32 i64 f32 f64)".repeat(2000)} (local.get 7000) (drop) (local.set 7002 (i64.const 3)) (i32.wrap_i64 (local.get 7002)))`,
};

describe.each(Object.entries(GUESTS))("%s", (_, body) => {
  it("answers as it did, and costs the same each time", async () => {
    const bytes = await bytesOf(`(module ${body})`);
    const plain = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports["f"] as unknown as Run;
    const guest = instantiate(bytes, { fuel: 1e9 });
    for (const n of [0, 1, 2]) {
      expect(outcome(() => guest.call("f", n))).toEqual(outcome(() => plain(n)));
      const { spent } = guest.meter;
      expect(spent).toBeGreaterThan(0);
      const again = instantiate(bytes, { fuel: 1e9, deadline: 1e6 });
      for (let before = 0; before <= n; before++) outcome(() => again.call("f", before));
      expect(again.meter.spent).toBe(spent);
    }
  });
});

function outcome(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    return (thrown as Error).message;
  }
}

describe("what is imported", () => {
  it("keeps its place", async () => {
    const wat = `(module (import "a" "f" (func $f (param i32) (result i32))) (import "a" "g" (global $g i32)) (import "a" "t" (table 1 funcref))
      (import "a" "m" (memory 1)) (func $own (param i32) (result i32) (i32.add (call $f (local.get 0)) (global.get $g)))
      (export "f" (func $own)) (export "same" (func $f)) (export "g" (global $g)))`;
    const guest = await metered(
      wat,
      { fuel: 1000 },
      {
        a: {
          f: (n: number) => n * 2,
          g: new WebAssembly.Global({ value: "i32" }, 5),
          t: new WebAssembly.Table({ element: "anyfunc", initial: 1 }),
          m: new WebAssembly.Memory({ initial: 1 }),
        },
      },
    );

    expect([guest.call("f", 4), guest.call("same", 4), (guest.exports["g"] as WebAssembly.Global).value]).toEqual([
      13, 8, 5,
    ]);
  });

  it("shares its fuel with the other cores of the instance", async () => {
    const inner = await metered(`(module (func (export "f") (loop $l (br $l))))`, { fuel: 1000 });
    const module = compileMetered(await bytesOf(`(module (import "" "f" (func $f)) (func (export "g") (call $f)))`));
    const { exports } = new WebAssembly.Instance(module, { "": inner.exports, ...inner.meter.imports });
    inner.meter.begin();

    expect(() => (exports["g"] as Run)()).toThrow(WebAssembly.RuntimeError);
    expect(inner.meter.fault("guest", "g")).toMatchObject({ code: "fuel-exhausted" });
  });

  it("keeps the names of functions for stacks", async () => {
    const guest = await metered(
      `(module $named (import "" "f" (func $imported)) (func $fails unreachable) (func (export "f") (call $fails)))`,
      {},
      { "": { f: () => {} } },
    );
    const stack = ((): string => {
      try {
        guest.call("f");
      } catch (thrown) {
        return (thrown as Error).stack ?? "";
      }
      return "";
    })();

    expect(stack).toMatch(/named\.fails/);
  });
});

describe("hostile modules", () => {
  const own = (text: string): number[] => [text.length, ...new TextEncoder().encode(text)];
  const module = (...sections: number[][]): Uint8Array<ArrayBuffer> =>
    Uint8Array.from([
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      ...sections.flatMap(([id = 0, ...body]) => [id, body.length, ...body]),
    ]);

  it("one that would be valid only once the counter is there is refused (HAZARDS 5)", () => {
    // () -> (), one function: i64.const 127, global.set 0
    const bytes = module([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, 8, 0, 0x42, 0xff, 0, 0x24, 0, 0x0b, 0x0b]);

    expect(fault(() => instrument(bytes))).toMatchObject({ code: "component-invalid" });
  });

  it("one that calls the function behind its last is refused", () => {
    const bytes = module([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, 4, 0, 0x10, 1, 0x0b]);

    expect(fault(() => instrument(bytes))).toMatchObject({ code: "component-invalid" });
  });

  it.each([
    ["imports the counter", `(import "sennit:meter" "counter" (global (mut i64)))`],
    ["imports the tick", `(import "sennit:meter" "tick" (func (result i32)))`],
    ["imports something like it", `(import "sennit:meter2" "x" (func))`],
    ["imports its name", `(import "a" "sennit:meter" (func))`],
    ["exports its name", `(func (export "sennit:meter#tick"))`],
  ])("one that %s is refused", async (_, body) => {
    const bytes = await bytesOf(`(module ${body})`);

    expect(fault(() => instrument(bytes))).toMatchObject({ code: "component-unsupported" });
  });

  it.each([
    ["a memory of 64 bits", `(memory i64 1)`],
    ["a table of 64 bits", `(table i64 1 funcref)`],
    ["a shared memory", `(memory 1 1 shared)`],
    ["relaxed vectors", `(func (result v128) (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0)))`],
    ["atomics", `(memory 1 1 shared) (func (result i32) (i32.atomic.load (i32.const 0)))`],
  ])("one with %s is refused", async (_, body) => {
    const bytes = await bytesOf(`(module ${body})`);

    expect(fault(() => instrument(bytes)).code).toMatch(/^component-(unsupported|invalid)$/);
  });

  it("one that leaves no room for the meter's locals is refused as such", async () => {
    const bytes = await bytesOf(`(module (func (local ${"i32 ".repeat(49_999)})))`);
    expect(WebAssembly.validate(bytes)).toBe(true);

    expect(fault(() => compileMetered(bytes))).toMatchObject({ code: "component-unsupported" });
  });

  it.each([
    ["cut off", [0, ...own("name"), 1, 100, 1]],
    ["endless", [0, ...own("name"), 1, 7, 255, 255, 255, 255, 15, 0, 0]],
    ["empty", [0, ...own("name")]],
    ["no name section", [0, ...own("nome"), 1, 2, 3]],
  ])("names that are %s do no harm", (_, section) => {
    const bytes = module([1, 1, 0x60, 0, 0], [3, 1, 0], [10, 1, 2, 0, 0x0b], section);
    expect(WebAssembly.validate(bytes)).toBe(true);

    expect(compileMetered(bytes)).toBeInstanceOf(WebAssembly.Module);
  });

  it("no damage to a module makes more than a refusal, or a module that is still metered", async () => {
    const bytes =
      await bytesOf(`(module (memory 1) (global $g (mut i64) (i64.const 1)) (table 2 funcref) (elem (i32.const 0) $f)
      (func $f (export "f") (param i32) (result i32) (loop $l (global.set $g (i64.add (global.get $g) (i64.const 1))) (br_if $l (local.get 0))) (i32.const 1)))`);
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const damaged = bytes.with(at, byte);
        try {
          const names = WebAssembly.Module.imports(compileMetered(damaged)).map(({ name }) => name);
          expect(names.slice(-2)).toEqual(["tick", "counter"]);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(Fault);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

function fault(act: () => unknown): Fault {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown;
    throw thrown;
  }
  throw new Error("it was taken");
}

/** Code whose cost is known without running it. */
type Piece = { readonly text: string; readonly cost: number };

const nops = fc.nat({ max: 1500 }).map((count): Piece => ({ text: "(nop)".repeat(count), cost: count }));
const pieces = fc.letrec<{ piece: Piece; pieces: Piece; way: Piece; turns: Piece }>((tie) => ({
  piece: fc.oneof({ depthSize: "small", withCrossShrink: true }, nops, tie("way"), tie("turns")),
  pieces: fc.array(tie("piece"), { maxLength: 4 }).map((list) => ({
    text: list.map(({ text }) => text).join(""),
    cost: list.reduce((sum, { cost }) => sum + cost, 0),
  })),
  /** The constant, `if`, one arm; `else` belongs to the first. */
  way: fc.tuple(fc.boolean(), tie("pieces"), tie("pieces")).map(([first, then, other]) => ({
    text: `(if (i32.const ${first ? 1 : 0}) (then ${then.text}) (else ${other.text} (nop)))`,
    cost: 2 + (first ? then.cost + 1 : other.cost + 1),
  })),
  turns: fc.tuple(fc.integer({ min: 1, max: 4 }), tie("pieces")).map(([count, body]) => ({
    text: `(call $enter (i32.const ${count})) (loop $l ${body.text} (br_if $l (call $turn)))`,
    cost: 3 + ENTER + count * (body.cost + 3 + TURN),
  })),
}));

/** A stack of counters in memory: \`enter\` pushes one, \`turn\` counts it down and says whether it is above zero. */
const COUNTERS = `(memory 1) (global $top (mut i32) (i32.const 0))
  (func $enter (param i32) (global.set $top (i32.add (global.get $top) (i32.const 4))) (i32.store (global.get $top) (local.get 0)))
  (func $turn (result i32) (i32.store (global.get $top) (i32.sub (i32.load (global.get $top)) (i32.const 1)))
    (if (result i32) (i32.load (global.get $top)) (then (nop) (nop) (nop) (i32.const 1)) (else (global.set $top (i32.sub (global.get $top) (i32.const 4))) (i32.const 0))))`;
const ENTER = 7;
/** Both arms are made to cost five. */
const TURN = 6 + 3 + 5;

it("the cost is what was done, instruction by instruction", { timeout: 30_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(pieces.pieces, async ({ text, cost }) => {
      const guest = await metered(`(module ${COUNTERS} (func (export "f") ${text}))`, { fuel: 1e12 });
      guest.call("f");
      expect(guest.meter.spent).toBe(cost);
    }),
    { numRuns: 60 },
  );
});
