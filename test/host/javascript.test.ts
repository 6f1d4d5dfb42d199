import { describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import { ErrValue, javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import { AnyFloat } from "../../src/wit/any.ts";
import { CaseValue, ERR, Handle, OK, type Value } from "../../src/wit/value.ts";
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
