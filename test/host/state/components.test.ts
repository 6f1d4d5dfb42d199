/** Instances of components, saved and taken up again: D4, S1, S2, and what makes that nothing can be saved (HAZARDS 35). */
import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import type { Instance, InstanceOptions } from "../../../src/host/plugin.ts";
import { savedAs } from "../../../src/host/state/saved-as.ts";
import type { Handle } from "../../../src/wit/value.ts";
import { openSample } from "../../samples/packages.ts";
import { ADD, COUNTER, GROW, pluginFromText, pluginFromWit, start, waiting } from "../component-fixtures.ts";
import { answersOf, type Call, expectContinued, refusalOf, stateOf } from "./continued.ts";

const OPTIONS: InstanceOptions = {
  id: 1,
  imports: new Map(),
  seed: new Uint8Array(32).fill(7),
  now: () => 1_700_000_000_000,
  log: () => {},
  sleep: () => Promise.resolve(),
};
const METERED: Partial<InstanceOptions> = { limits: { fuel: 1e9 } };

/** Of the sample counters. */
const counterCalls = fc.array(
  fc.oneof(
    fc.constant<Call>(["increment", []]),
    fc.tuple(fc.nat(), fc.nat()).map((args): Call => ["add", args]),
    fc.string().map((text): Call => ["count-words", [text]]),
    fc.string().map((text): Call => ["fail", [text]]),
  ),
  { maxLength: 6 },
);

describe("a sample", () => {
  it.each(["counter-c", "counter-rust", "counter-go", "counter-assemblyscript"])(
    "%s goes on where it was, metered or not",
    async (folder) => {
      await using plugin = await openSample(folder);
      expect(savedAs(plugin)).toEqual({ how: "memory", reason: null });
      await fc.assert(
        fc.asyncProperty(counterCalls, counterCalls, fc.boolean(), fc.boolean(), async (before, after, one, other) => {
          const options = { ...OPTIONS, ...(one ? METERED : {}) };
          await expectContinued(
            plugin,
            options,
            before,
            [...after, ["increment", []]],
            other ? METERED : { limits: {} },
          );
        }),
        { numRuns: folder === "counter-go" ? 3 : 12 },
      );
    },
    20_000,
  );

  it("through jco's binding is not saved, and says so", async () => {
    await using plugin = await openSample("counter-js");
    expect([plugin.stateOf, savedAs(plugin)]).toEqual([
      undefined,
      { how: "calls", reason: "it is composed of several components" },
    ]);
    await using instance = await plugin.instantiate(OPTIONS);
    expect(instance.save).toBeUndefined();
    expect(await refusalOf(plugin, { ...OPTIONS, state: new Uint8Array(100) })).toBe("state-invalid");
  });
});

/** Variables of each type, memory that grows, a segment, and start code that calls an import. */
const EVERYTHING = `(component
  (import "begun" (func $begun))
  (core func $started (canon lower (func $begun)))
  (core module $m
    (import "host" "begun" (func $begun))
    (memory 1)
    (data (i32.const 8) "\\07")
    (global $a (mut i32) (i32.const 1))
    (global $fixed i32 (i32.const 9))
    (global $b (mut i64) (i64.const 1))
    (global $c (mut f32) (f32.const 1))
    (global $d (mut f64) (f64.const 1))
    (start $start)
    (func $start (call $begun) (global.set $a (i32.const 100)))
    (func (export "step") (param i32) (result f64)
      (global.set $a (i32.add (global.get $a) (local.get 0)))
      (global.set $b (i64.mul (global.get $b) (i64.const -3)))
      (global.set $c (f32.mul (global.get $c) (f32.const 1.1)))
      (global.set $d (f64.div (global.get $d) (f64.const 3)))
      (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (local.get 0)))
      (drop (memory.grow (i32.const 1)))
      (i32.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4)) (local.get 0))
      (f64.add (f64.convert_i32_s (i32.add (global.get $a) (i32.add (i32.load (i32.const 8)) (memory.size))))
        (f64.add (f64.add (f64.convert_i64_s (global.get $b)) (f64.promote_f32 (global.get $c))) (global.get $d))))
    (func (export "spoil") (global.set $d (f64.const nan))))
  (core instance $i (instantiate $m (with "host" (instance (export "begun" (func $started))))))
  (func (export "step") (param "by" u32) (result f64) (canon lift (core func $i "step")))
  (func (export "spoil") (canon lift (core func $i "spoil"))))`;

describe("an instance", () => {
  it("goes on with its variables and its memory, and its start code does not run again", async () => {
    await using plugin = await pluginFromText(EVERYTHING);
    let begun = 0;
    const imports = new Map([["begun", { colour: "sync" as const, call: () => ((begun += 1), null) }]]);
    const options = { ...OPTIONS, imports };
    const step: Call = ["step", [5]];
    for (const metered of [{}, METERED]) {
      begun = 0;
      await expectContinued(plugin, { ...options, ...metered }, [step, step], [step, step]);
      expect(begun).toBe(1);
    }
  });

  it("with a variable that is no number is not saved, and goes on", async () => {
    await using plugin = await pluginFromText(EVERYTHING);
    await using instance = await start(plugin, { begun: () => null });
    await instance.call("spoil", []);
    expect(await instance.save?.()).toBeNull();
    expect(await instance.call("step", [1])).toBeNaN();
  });

  it("is not saved while a call waits, nor once it is gone", async () => {
    await using plugin = await pluginFromText(
      EVERYTHING.replaceAll('"begun"', '"begun"')
        .replace("(start $start)", "")
        .replace('(func (export "spoil")', '(func (export "spoil") (call $begun)'),
    );
    let answer = (): void => {};
    const begun = {
      colour: "async" as const,
      call: () => new Promise<null>((resolve) => (answer = () => resolve(null))),
    };
    const instance = await start(plugin, { begun });
    const call = instance.call("spoil", []);
    expect(await instance.save?.()).toBeNull();
    answer();
    await call;
    await instance[Symbol.asyncDispose]();
    await expect(instance.save?.()).rejects.toMatchObject({ code: "plugin-lost" });
  });

  it("has its own fuel, and saving costs none", async () => {
    await using plugin = await pluginFromText(COUNTER);
    await using original = await plugin.instantiate({ ...OPTIONS, ...METERED });
    await original.call(ADD, [2]);
    const { spent } = original;
    const state = await stateOf(original);
    expect(original.spent).toBe(spent);
    await using restored = await plugin.instantiate({ ...OPTIONS, ...METERED, state });
    await restored.call(ADD, [2]);
    expect(restored.spent).toBe(spent);
  });

  it("saved beyond the memory that another may have is refused", async () => {
    const limits = { memory: 10 * 65_536 };
    await using large = await pluginFromText(COUNTER);
    await using small = await pluginFromText(COUNTER, { limits });
    await using instance = await start(large);
    await instance.call(GROW, [20]);
    expect(await refusalOf(small, { ...OPTIONS, state: await stateOf(instance) })).toBe("state-invalid");
  });

  it("that may wait goes on, too", async () => {
    await using plugin = await pluginFromText(EVERYTHING.replace("(start $start)", ""));
    const imports = new Map([["begun", waiting(() => null)]]);
    await expectContinued(plugin, { ...OPTIONS, imports }, [["step", [1]]], [["step", [2]]]);
  });
});

/** A resource of the guest's own: it keeps one for itself, and gives others out. */
const THINGS = `interface things {
  resource thing {}
  give: func(n: u32) -> thing;
  keep: func(n: u32) -> u32;
  look: func(at: u32) -> u32;
  forget: func(at: u32);
}
world w { export things; }`;
const KEEPER = `(module
  (import "[export]test:t/things" "[resource-new]thing" (func $new (param i32) (result i32)))
  (import "[export]test:t/things" "[resource-rep]thing" (func $rep (param i32) (result i32)))
  (import "[export]test:t/things" "[resource-drop]thing" (func $drop (param i32)))
  (func (export "test:t/things#give") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "test:t/things#keep") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "test:t/things#look") (param i32) (result i32) (call $rep (local.get 0)))
  (func (export "test:t/things#forget") (param i32) (call $drop (local.get 0))))`;
const GIVE = "test:t/things#give";
const KEEP = "test:t/things#keep";
const LOOK = "test:t/things#look";
const FORGET = "test:t/things#forget";

describe("handles", () => {
  it("that the guest holds stay what they were, freed ones in their order (S2)", async () => {
    await using plugin = await pluginFromWit(THINGS, KEEPER);
    const calls = fc.array(
      fc.oneof(
        fc.nat(99).map((n): Call => [KEEP, [n]]),
        fc.constantFrom<Call>([FORGET, [1]], [FORGET, [2]], [FORGET, [3]]),
      ),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(calls, async (made) => {
        await using original = await plugin.instantiate(OPTIONS);
        await answersOf(original, made);
        if (!original.alive) return;
        await expectContinued(plugin, OPTIONS, made, [
          [KEEP, [5]],
          [KEEP, [6]],
          [LOOK, [1]],
          [LOOK, [2]],
        ]);
      }),
      { numRuns: 30 },
    );
  });

  it("that the host holds stand against it until they are dropped (S1)", async () => {
    await using plugin = await pluginFromWit(THINGS, KEEPER);
    await using instance = await plugin.instantiate(OPTIONS);
    const handle = (await instance.call(GIVE, [4])) as Handle;
    expect(await instance.save?.()).toBeNull();
    await instance.drop(handle.id);
    const state = await stateOf(instance);
    await using restored = await plugin.instantiate({ ...OPTIONS, state });
    expect(((await restored.call(GIVE, [4])) as Handle).id).toBe(handle.id + 1);
  });
});

/** Keeps the stream of its output, draws, and looks at the clock. */
const WASI = `(component
  (import "wasi:io/error@0.2.6" (instance $error (export "error" (type (sub resource)))))
  (alias export $error "error" (type $error))
  (import "wasi:io/streams@0.2.6" (instance $streams
    (export "output-stream" (type $out (sub resource)))
    (alias outer 1 $error (type $e))
    (type $failure (variant (case "last-operation-failed" (own $e)) (case "closed")))
    (export "stream-error" (type $shown (eq $failure)))
    (export "[method]output-stream.blocking-write-and-flush"
      (func (param "self" (borrow $out)) (param "contents" (list u8)) (result (result (error $shown)))))))
  (alias export $streams "output-stream" (type $out))
  (import "wasi:cli/stdout@0.2.6" (instance $stdout
    (alias outer 1 $out (type $o)) (export "output-stream" (type $s (eq $o)))
    (export "get-stdout" (func (result (own $s))))))
  (import "wasi:random/random@0.2.6" (instance $random (export "get-random-u64" (func (result u64)))))
  (import "wasi:clocks/monotonic-clock@0.2.6" (instance $clock (export "now" (func (result u64)))))
  (core module $libc (memory (export "memory") 1) (data (i32.const 0) "hi\\0a"))
  (core instance $libc (instantiate $libc))
  (core func $get (canon lower (func $stdout "get-stdout")))
  (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory (core memory $libc "memory"))))
  (core func $draw (canon lower (func $random "get-random-u64")))
  (core func $now (canon lower (func $clock "now")))
  (core module $m
    (import "h" "get" (func $get (result i32)))
    (import "h" "write" (func $write (param i32 i32 i32 i32)))
    (import "h" "draw" (func $draw (result i64)))
    (import "h" "now" (func $now (result i64)))
    (global $out (mut i32) (i32.const 0))
    (func (export "say") (result i32)
      (if (i32.eqz (global.get $out)) (then (global.set $out (call $get))))
      (call $write (global.get $out) (i32.const 0) (i32.const 3) (i32.const 16))
      (global.get $out))
    (func (export "draw") (result i64) (call $draw))
    (func (export "now") (result i64) (call $now)))
  (core instance $i (instantiate $m (with "h" (instance
    (export "get" (func $get)) (export "write" (func $write)) (export "draw" (func $draw)) (export "now" (func $now))))))
  (func (export "say") (result u32) (canon lift (core func $i "say")))
  (func (export "draw") (result u64) (canon lift (core func $i "draw")))
  (func (export "now") (result u64) (canon lift (core func $i "now"))))`;

it("WASI goes on: the streams of the output, the numbers of each call, a clock that began when the first instance did", async () => {
  await using plugin = await pluginFromText(WASI);
  const lines: string[] = [];
  let now = 1000;
  const options = { ...OPTIONS, now: () => now, log: ({ text }: { text: string }) => void lines.push(text) };
  const calls: readonly Call[] = [
    ["say", []],
    ["draw", []],
    ["now", []],
    ["draw", []],
  ];
  await using original: Instance = await plugin.instantiate(options);
  now = 5000;
  await answersOf(original, calls);
  const state = await stateOf(original);
  now = 9000;
  await using restored = await plugin.instantiate({ ...options, state });
  const answers = await answersOf(restored, calls);
  expect(answers).toEqual(await answersOf(original, calls));
  expect([answers[2], lines]).toEqual([8_000_000_000, ["hi", "hi", "hi"]]);
});

/** A core with one function of this body. */
const core = (body: string, more = ""): string => `(component (core module $m
  (memory 1) (table $t 2 funcref) ${more} (func $f ${body}) (func (export "f"))) (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f"))))`;

describe("what cannot be read stands against it (HAZARDS 35)", () => {
  it.each([
    ["data.drop", core("(data.drop 0)", '(data "x")')],
    ["elem.drop", core("(elem.drop 0)", "(elem func $f)")],
    ["table.set", core("(table.set $t (i32.const 0) (ref.null func))")],
    ["table.grow", core("(drop (table.grow $t (ref.null func) (i32.const 1)))")],
    ["table.fill", core("(table.fill $t (i32.const 0) (ref.null func) (i32.const 1))")],
    ["table.copy", core("(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))")],
    ["table.init", core("(table.init $t 0 (i32.const 0) (i32.const 0) (i32.const 0))", "(elem func $f)")],
    ["variables", core("", "(global (mut funcref) (ref.null func))")],
    ["variables", core("", "(global (mut v128) (v128.const i64x2 0 0))")],
    ["collected", core("", "(type (struct (field (mut i32))))")],
    ["names", core("", '(global (export "sennit:state/memory-0") i32 (i32.const 0))')],
  ])("%s", async (reason, text) => {
    await using plugin = await pluginFromText(text);
    expect(savedAs(plugin).reason).toContain(reason);
    expect(plugin.stateOf).toBeUndefined();
    await using instance = await start(plugin);
    expect(instance.save).toBeUndefined();
    expect(await instance.call("f", [])).toBeNull();
  });

  it("but tables that never change, passive segments and reads of tables do not", async () => {
    const body =
      "(drop (table.get $t (i32.const 0))) (drop (table.size $t)) (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 0))";
    await using plugin = await pluginFromText(core(body, '(data "x") (global (mut i64) (i64.const 0))'));
    expect(savedAs(plugin)).toEqual({ how: "memory", reason: null });
  });
});

describe("hostile bytes", () => {
  it("are refused, or are a state of a guest in its sandbox", async () => {
    await using plugin = await openSample("counter-c");
    await using instance = await plugin.instantiate(OPTIONS);
    await instance.call("increment", []);
    const state = await stateOf(instance);
    const damage = fc.array(fc.tuple(fc.nat(state.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.option(fc.nat(state.length - 1)), async (changes, end) => {
        const bytes = state.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const options = { ...OPTIONS, limits: { fuel: 1e7 }, state: bytes.subarray(0, end ?? bytes.length) };
        expect(["state-invalid", "started"]).toContain(await refusalOf(plugin, options));
      }),
      { numRuns: 150 },
    );
    for (let end = 0; end < 200; end++) {
      expect(await refusalOf(plugin, { ...OPTIONS, state: state.subarray(0, end) })).toBe("state-invalid");
    }
  });

  it("of another plugin are refused, and so are those with something behind", async () => {
    await using plugin = await openSample("counter-c");
    await using other = await openSample("counter-rust");
    await using instance = await other.instantiate(OPTIONS);
    await using own = await plugin.instantiate(OPTIONS);
    const longer = Buffer.concat([await stateOf(own), new Uint8Array(1)]);
    expect(await refusalOf(plugin, { ...OPTIONS, state: await stateOf(instance) })).toBe("state-invalid");
    expect(await refusalOf(plugin, { ...OPTIONS, state: longer })).toBe("state-invalid");
  });
});
