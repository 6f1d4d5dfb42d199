/** Instances of Lua plugins, saved and taken up again: M4 of machine.ts, and what JavaScript knows of a guest. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { PRELUDE } from "../../../src/host/lua/prelude.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { Callback, type Handle } from "../../../src/wit/value.ts";
import { lua, settings } from "../lua-package.ts";
import { answersOf, type Call, expectContinued, refusalOf, stateOf } from "./continued.ts";

const WORLD = `interface things {
  resource thing { constructor(n: u32); n: func() -> u32; }
}
world w {
  import seen: func(n: u32) -> u32;
  export things;
  export put: func(key: string, value: list<f64>) -> u32;
  export all: func() -> list<tuple<string, list<f64>>>;
  export draw: func() -> u64;
  export seed: func(n: u32);
  export next: func() -> option<u32>;
  export ask: func(n: u32) -> u32;
  export fail: func(text: string) -> result<u32, string>;
  export grow: func(count: u32) -> u32;
  export clock: func() -> s64;
  export required: func() -> u32;
}`;
const GUEST = `
  local sennit = require "sennit"
  local seen = sennit.imports.seen
  local kept, order, bulk = {}, {}, {}
  local numbers = coroutine.wrap(function() for n = 1, 1000 do coroutine.yield(n) end end)
  local things = {}
  local Thing = {}
  Thing.__index = Thing
  function things.new(n) return setmetatable({ value = n }, Thing) end
  function Thing:n() return self.value end
  local required = 0
  return {
    things = { thing = { new = things.new, n = Thing.n } },
    put = function(key, value)
      if not kept[key] then order[#order + 1] = key end
      kept[key] = value
      return #order
    end,
    all = function()
      local out = {}
      for key, value in pairs(kept) do out[#out + 1] = { key, value } end
      return out
    end,
    draw = function() return math.random(1 << 52) end,
    seed = function(n) math.randomseed(n) end,
    next = function() return numbers() end,
    ask = function(n) required = required + 1; return seen(n) end,
    fail = function(text) error(sennit.err(text)) end,
    grow = function(count)
      for i = 1, count do bulk[#bulk + 1] = { i / 3, i } end
      collectgarbage()
      return #bulk
    end,
    clock = function() return os.time() end,
    required = function() return required end,
  }`;

const seen = { colour: "sync" as const, call: ([n]: readonly unknown[]) => Number(n) + 1 };
const waits = { colour: "async" as const, call: async ([n]: readonly unknown[]) => Number(n) + 1 };
const OPTIONS = settings({ imports: { seen } });
const METERED = { limits: { fuel: 1e9 } };

const calls = fc.array(
  fc.oneof(
    fc
      .tuple(fc.string(), fc.array(fc.double({ noNaN: true }), { maxLength: 5 }))
      .map(([key, value]): Call => ["put", [key, Float64Array.from(value)]]),
    fc.constantFrom<Call>(["all", []], ["draw", []], ["next", []], ["ask", [4]], ["fail", ["no"]], ["required", []]),
    fc.constantFrom<Call>(["grow", [2000]], ["grow", [1]], ["clock", []], ["draw", []]),
    fc.nat(9).map((n): Call => ["seed", [n]]),
  ),
  { maxLength: 8 },
);

let plugin: Plugin;
beforeAll(async () => {
  plugin = await lua(WORLD, GUEST);
});
afterAll(() => plugin[Symbol.asyncDispose]());

describe("an instance", () => {
  it.each([
    ["sync", seen],
    ["async", waits],
  ])(
    "whose imports are %s goes on where it was, metered or not",
    async (_, import_) => {
      const options = settings({ imports: { seen: import_ } });
      const after: readonly Call[] = [
        ["all", []],
        ["draw", []],
        ["next", []],
        ["ask", [1]],
        ["fail", ["x"]],
      ];
      await fc.assert(
        fc.asyncProperty(calls, calls, fc.boolean(), fc.boolean(), async (before, then, one, other) => {
          const given = { ...options, ...(one ? METERED : {}) };
          await expectContinued(plugin, given, before, [...then, ...after], other ? METERED : { limits: {} });
        }),
        { numRuns: 12 },
      );
    },
    20_000,
  );

  it("answers for an import of its own, and its files do not run again", async () => {
    await using source = await lua(
      "world w { export f: func() -> u32; }",
      `print("loaded"); local n = 0
      return { f = function() n = n + 1; print(n); return n end }`,
    );
    const lines: string[] = [];
    const options = settings({ log: ({ text }) => void lines.push(text) });
    await expectContinued(source, options, [["f", []]], [["f", []]]);
    expect(lines).toEqual(["loaded", "1", "2", "2"]);
  });

  it("is not saved while the host holds a thing of its own, and gives no number twice", async () => {
    await using instance = await plugin.instantiate(OPTIONS);
    const thing = (await instance.call("acme:sample/things@1.0.0#[constructor]thing", [7])) as Handle;
    expect(await instance.save?.()).toBeNull();
    await instance.drop(thing.id);
    await using restored = await plugin.instantiate({ ...OPTIONS, state: await stateOf(instance) });
    const next = (await restored.call("acme:sample/things@1.0.0#[constructor]thing", [8])) as Handle;
    expect(next.id).toBe(thing.id + 1);
    expect(await restored.call("acme:sample/things@1.0.0#[method]thing.n", [next])).toBe(8);
  });

  it("is not saved while a call waits, nor once it is gone", async () => {
    let answer: (n: number) => void = () => {};
    const slow = { colour: "async" as const, call: () => new Promise<number>((resolve) => (answer = resolve)) };
    const instance = await plugin.instantiate(settings({ imports: { seen: slow } }));
    const call = instance.call("ask", [1]);
    const queued = instance.call("required", []);
    expect(await instance.save?.()).toBeNull();
    answer(5);
    expect(await Promise.all([call, queued])).toEqual([5, 1]);
    expect(await instance.save?.()).toBeInstanceOf(Uint8Array);
    await instance[Symbol.asyncDispose]();
    await expect(instance.save?.()).rejects.toMatchObject({ code: "plugin-lost" });
  });

  it("with a coroutine of its own that is in the middle of an import is not saved: its call is not over", async () => {
    await using instance = await plugin.instantiate(settings({ imports: { seen: waits } }));
    const call = instance.call("ask", [1]);
    expect(await instance.save?.()).toBeNull();
    await call;
  });

  it("has its own fuel, and saving costs none", async () => {
    await using original = await plugin.instantiate({ ...OPTIONS, ...METERED });
    await answersOf(original, [
      ["required", []],
      ["required", []],
    ]);
    const { spent } = original;
    const state = await stateOf(original);
    expect(original.spent).toBe(spent);
    await using restored = await plugin.instantiate({ ...OPTIONS, ...METERED, state });
    await restored.call("required", []);
    expect(restored.spent).toBe(spent);
  });
});

it("a callback that the guest keeps stands against it; one that it was lent is over", async () => {
  await using keeper = await lua(
    `world w {
      use sennit:host/callback@0.1.0.{callback};
      export lent: func(c: borrow<callback>); export given: func(c: callback); export again: func() -> string;
    }`,
    `local kept
     local function keep(c) kept = c end
     return { lent = keep, given = keep, again = function() local ok, e = pcall(kept); return tostring(e) end }`,
  );
  const callback = new Callback(async () => new Uint8Array());
  await using instance = await keeper.instantiate(settings());
  await instance.call("lent", [callback]);
  await using restored = await keeper.instantiate({ ...settings(), state: await stateOf(instance) });
  expect(await restored.call("again", [])).toBe("type-mismatch: this callback was lent to a call that has ended");
  await instance.call("given", [callback]);
  expect(await instance.save?.()).toBeNull();
});

describe("bytes", () => {
  it("saved where other imports wait, or under another limit of memory, are refused", async () => {
    await using instance = await plugin.instantiate(OPTIONS);
    const state = await stateOf(instance);
    await using smaller = await lua(WORLD, GUEST, { limits: { memory: 8 * 2 ** 20 } });
    expect(await refusalOf(plugin, { ...settings({ imports: { seen: waits } }), state })).toBe("state-invalid");
    expect(await refusalOf(smaller, { ...OPTIONS, state })).toBe("state-invalid");
  });

  it("of another plugin are refused, and so are those with something behind", async () => {
    await using instance = await plugin.instantiate(OPTIONS);
    const state = await stateOf(instance);
    await using other = await lua(WORLD, `${GUEST} -- other`);
    expect(await refusalOf(other, { ...OPTIONS, state })).toBe("state-invalid");
    expect(await refusalOf(plugin, { ...OPTIONS, state: Buffer.concat([state, new Uint8Array(1)]) })).toBe(
      "state-invalid",
    );
  });

  it("that are damaged are refused, or are a state of a guest in its sandbox", async () => {
    await using instance = await plugin.instantiate(OPTIONS);
    await instance.call("put", ["a", Float64Array.of(1)]);
    const state = await stateOf(instance);
    const place = fc.oneof(fc.nat(1500), fc.nat(state.length - 1));
    const damage = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(damage, fc.option(fc.nat(state.length - 1)), async (changes, end) => {
        const bytes = state.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        const options = { ...OPTIONS, limits: { fuel: 1e7 }, state: bytes.subarray(0, end ?? bytes.length) };
        expect(await outcomeOf(options)).not.toBe("defect");
      }),
      { numRuns: 60 },
    );
  }, 20_000);

  /** Started or refused, and asked something when it started: whatever it answers comes as a value or as a fault. */
  async function outcomeOf(options: ReturnType<typeof settings>): Promise<string> {
    const refusal = await refusalOf(plugin, options);
    if (refusal !== "started") return refusal;
    await using instance = await plugin.instantiate(options);
    await answersOf(instance, [
      ["all", []],
      ["put", ["b", Float64Array.of(2)]],
    ]);
    return "started";
  }
});

describe("what a state depends on", () => {
  it("names the interpreter that is there", () => {
    const { version } = JSON.parse(
      readFileSync(new URL("../../../node_modules/wasmoon/package.json", import.meta.url), "utf8"),
    ) as { version: string };
    expect(plugin.stateOf).toContain(`wasmoon ${version}`);
  });

  it("changes with the prelude: whoever changes this digest counts `MADE` of src/host/lua/saved.ts on", () => {
    expect(createHash("sha256").update(PRELUDE).digest("hex").slice(0, 16)).toBe("441d19bd8660cb9f");
    expect(plugin.stateOf).toContain("made 1");
  });
});
