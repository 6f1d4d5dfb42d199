import { describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import { ErrValue, javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import { AnyFloat } from "../../src/wit/any.ts";
import { CaseValue, ERR, Handle, OK, type Value } from "../../src/wit/value.ts";
import type { Instance } from "../../src/host/plugin.ts";
import { pluginFromText, start } from "./component-fixtures.ts";
import { faultFrom, settings } from "./lua-package.ts";

describe("functions of the embedding program, typed by WIT", () => {
  const wit = `package acme:program@1.0.0;
    interface geometry { record point { x-axis: f64 } resource counter { constructor(n: u32); inc: func(by: u32) -> u32; make: static func() -> counter; }
      shift: func(p: point) -> point; peek: func(c: borrow<counter>) -> u32; take: func(c: counter) -> u32; }
    world w { export geometry; export count-words: func(text: string) -> u32; export check: func(n: u8) -> result<u8, string>; export bare: func() -> result; }`;

  class Counter {
    n: number;
    constructor(n: number) {
      this.n = n;
    }
    inc(by: number): number {
      this.n += by;
      return this.n;
    }
    static make(): Counter {
      return new this(100);
    }
  }

  const functions = {
    countWords: (text: string) => text.split(" ").length,
    check: (n: number) => {
      if (n === 0) throw new ErrValue("zero");
      return n;
    },
    bare: () => {
      throw new ErrValue(null);
    },
    geometry: {
      Counter,
      shift: ({ xAxis }: { xAxis: number }) => ({ xAxis: xAxis + 1 }),
      peek: (counter: Counter) => counter.n,
      take: (counter: Counter) => counter.n,
    },
  };

  it("take and give plain values", async () => {
    await using plugin = await javascriptPlugin(functions, { wit });
    await using instance = await plugin.instantiate(settings());
    const call = (name: string, ...args: Value[]): unknown =>
      instance.call(`acme:program/geometry@1.0.0#${name}`, args);
    expect(instance.call("count-words", ["a b c"])).toBe(3);
    expect(call("shift", [1])).toEqual([2]);
    expect(instance.call("check", [0])).toEqual(new CaseValue(ERR, "zero"));
    expect(instance.call("check", [1])).toEqual(new CaseValue(OK, 1));
    expect(instance.call("bare", [])).toEqual(new CaseValue(ERR, null));
    const counter = call("[constructor]counter", 5) as Handle;
    expect(call("[method]counter.inc", counter, 2)).toBe(7);
    expect(call("peek", call("[static]counter.make") as Handle)).toBe(100);
    expect(call("take", counter)).toBe(7);
    expect((await faultFrom(() => call("peek", counter))).code).toBe("moved");
    expect((await faultFrom(() => call("peek", new Handle(2, 1)))).code).toBe("type-mismatch");
    expect((await faultFrom(() => instance.call("check", [256]))).code).toBe("out-of-range");
  });

  it("are all there, or the plugin is refused", async () => {
    const fault = await faultFrom(() => javascriptPlugin({ check: () => 1 }, { wit }));
    expect(fault.code).toBe("plugin-invalid");
    expect(fault.message).toContain("count-words");
    expect(fault.message).not.toContain(" check");
    const inherited = Object.create({ f: () => 1 }) as Record<string, () => number>;
    const text = "package a:b; world w { export f: func() -> u8; }";
    expect((await faultFrom(() => javascriptPlugin(inherited, { wit: text }))).code).toBe("plugin-invalid");
  });

  it("have their results checked (J3)", async () => {
    const text = "package a:b; world w { export f: func() -> u8; }";
    for (const answer of [300, "a", undefined]) {
      await using plugin = await javascriptPlugin({ f: () => answer }, { wit: text });
      await using instance = await plugin.instantiate(settings());
      expect(await faultFrom(() => instance.call("f", []))).toMatchObject({
        code: "plugin-invalid-value",
        source: "program",
        message: expect.stringMatching(/^program returned what is not of its type in f: the result: /) as string,
      });
      expect(instance.alive).toBe(true);
    }
  });
});

describe("the colour of the embedding program's functions (J4)", () => {
  it.each([
    ["sync", () => 1],
    ["async", async () => Promise.resolve(1)],
  ])("is %s", async (colour, f) => {
    await using plugin = await javascriptPlugin({ f, g: () => 2 });
    await using instance = await plugin.instantiate(settings());
    expect(instance.colour).toBe(colour);
  });

  it("a function that gives a promise without saying so is waited for", async () => {
    const wit = "package a:b; world w { export f: func(n: u8) -> u8; }";
    await using plugin = await javascriptPlugin({ f: (n: number) => Promise.resolve(n + 1) }, { wit });
    await using instance = await plugin.instantiate(settings());
    expect(instance.colour).toBe("sync");
    expect(await instance.call("f", [1])).toBe(2);
  });
});

describe("a component that imports functions of the embedding program", () => {
  const wit = "package acme:m; interface i { add: func(a: u32, b: u32) -> u32; } world w { export i; }";
  const importer = `(component
    (import "acme:m/i" (instance $i (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
    (core func $add (canon lower (func $i "add")))
    (core module $m
      (import "" "add" (func $add (param i32 i32) (result i32)))
      (func (export "twice") (param i32) (result i32) (call $add (local.get 0) (local.get 0))))
    (core instance $c (instantiate $m (with "" (instance (export "add" (func $add))))))
    (func (export "twice") (param "n" u32) (result u32) (canon lift (core func $c "twice"))))`;

  async function called(
    add: (a: number, b: number) => unknown,
    use: (importing: Instance) => unknown,
  ): Promise<unknown> {
    await using program = await javascriptPlugin({ i: { add } }, { wit });
    await using provider = await program.instantiate(settings());
    await using component = await pluginFromText(importer);
    const key = "acme:m/i#add";
    const imported = { colour: provider.colour ?? "async", call: (args: readonly Value[]) => provider.call(key, args) };
    await using importing = await start(component, { [key]: imported });
    return await use(importing);
  }

  it("is answered at once by a function that answers at once", async () => {
    const seen = await called(
      (a, b) => a + b,
      (importing) => [importing.colour, importing.call("twice", [21])],
    );
    expect(seen).toEqual(["sync", 42]);
  });

  it("waits for one that is written async", async () => {
    const add = async (a: number, b: number): Promise<number> => Promise.resolve(a + b);
    const seen = await called(add, async (importing) => [importing.colour, await importing.call("twice", [21])]);
    expect(seen).toEqual(["async", 42]);
  });

  it("fails when one waits that does not say so (J4)", async () => {
    const fault = await called(
      (a, b) => Promise.resolve(a + b),
      (importing) => faultFrom(async () => await importing.call("twice", [21])),
    );
    expect(fault).toMatchObject({ code: "import-failed" });
  });
});

describe("what functions of the embedding program give", () => {
  it("is refused when it is too large, and the program goes on", async () => {
    const wit = "package a:b; world w { export f: func(n: u32) -> list<list<u32>>; }";
    const row = [1];
    const f = (n: number): number[][] => Array.from({ length: n }, () => row);
    await using plugin = await javascriptPlugin({ f }, { wit, name: "mine" });
    await using instance = await plugin.instantiate(settings());
    const huge = faultFrom(() => instance.call("f", [16 * 2 ** 20 + 1]));
    expect(await huge).toMatchObject({ code: "value-too-large", source: "mine" });
    expect(instance.call("f", [2])).toEqual([Uint32Array.of(1), Uint32Array.of(1)]);
  });

  it("keeps its exact integers, and those it gets", async () => {
    const wit = "package a:b; world w { export f: func(n: u64, all: list<s64>) -> tuple<u64, list<s64>>; }";
    const seen: unknown[] = [];
    const f = (...args: unknown[]): unknown => (seen.push(...args), args);
    await using plugin = await javascriptPlugin({ f }, { wit });
    await using instance = await plugin.instantiate(settings());
    const all = BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n);
    expect(instance.call("f", [2n ** 64n - 1n, all])).toEqual([2n ** 64n - 1n, all]);
    expect(seen).toEqual([2n ** 64n - 1n, all]);
    expect(instance.call("f", [2 ** 53 - 1, [1, 2]])).toEqual([2 ** 53 - 1, BigInt64Array.of(1n, 2n)]);
  });
});

describe("functions of the embedding program without WIT", () => {
  it("take and give untyped data", async () => {
    await using plugin = await javascriptPlugin({ f: (...args: unknown[]) => args, half: (x: number) => x / 2 });
    await using instance = await plugin.instantiate(settings());
    expect(plugin.world.exports.functions.size).toBe(0);
    expect(instance.call("f", [1, new AnyFloat(5), "a", null] as Value[])).toEqual([1, 5, "a", null]);
    expect(instance.call("half", [1])).toEqual(new AnyFloat(0.5));
    expect((await faultFrom(() => instance.call("toString", []))).code).toBe("unknown-function");
  });

  it("may answer later, overlap, and fail", async () => {
    const cause = new TypeError("no such row");
    const own = new Fault("no-row", "there is no row");
    await using plugin = await javascriptPlugin({
      later: async (x: number) => Promise.resolve(x + 1),
      fails: () => {
        throw cause;
      },
      rejects: async () => Promise.reject(cause),
      faults: () => {
        throw own;
      },
      strange: () => ({ when: new Date(0) }),
    });
    await using instance = await plugin.instantiate(settings());
    expect(await Promise.all([instance.call("later", [1]), instance.call("later", [2])])).toEqual([2, 3]);
    for (const name of ["fails", "rejects"]) {
      const fault = await faultFrom(async () => await instance.call(name, []));
      expect(fault).toMatchObject({ code: "function-failed", source: "program", cause });
      expect(fault.message).toBe(`program failed in ${name}: no such row`);
    }
    expect(await faultFrom(() => instance.call("faults", []))).toBe(own);
    expect((await faultFrom(() => instance.call("strange", []))).code).toBe("plugin-invalid-value");
    expect(instance.alive).toBe(true);
  });

  it("end with the instance (H6)", async () => {
    await using plugin = await javascriptPlugin({ never: () => new Promise(() => {}) });
    const instance = await plugin.instantiate(settings());
    const waiting = faultFrom(async () => await instance.call("never", []));
    await instance[Symbol.asyncDispose]();
    expect((await waiting).code).toBe("plugin-lost");
    expect((await faultFrom(() => instance.call("never", []))).code).toBe("plugin-lost");
  });
});
