import { describe, expect, it } from "vitest";
import type { ImportedFunction } from "../../src/host/plugin.ts";
import { AnyFloat } from "../../src/wit/any.ts";
import { decodeAny, encodeAny } from "../../src/wit/cbor.ts";
import { Callback, Handle, type Value } from "../../src/wit/value.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";

const sync = (call: ImportedFunction["call"]): ImportedFunction => ({ colour: "sync", call });

describe("resources and callbacks in Lua", () => {
  const counter = `resource counter { constructor(start: u32); inc: func(by: u32) -> u32; make: static func() -> counter; }
    peek: func(c: borrow<counter>) -> u32; merge: func(a: counter, b: counter) -> counter; all: func() -> list<counter>;`;

  it("exported: objects live until their handle is dropped or given back", async () => {
    await using plugin = await lua(
      `interface shapes { ${counter} } world w { export shapes; }`,
      `local Counter = {} Counter.__index = Counter
       function Counter.new(n) return setmetatable({ n = n }, Counter) end
       function Counter:inc(by) self.n = self.n + by return self.n end
       function Counter.make() return Counter.new(100) end
       return { shapes = { counter = Counter, peek = function(c) return c.n end,
         merge = function(a, b) return Counter.new(a.n + b.n) end, all = function() return { Counter.new(1), Counter.new(2) } end } }`,
    );
    await using instance = await plugin.instantiate(settings({ id: 9 }));
    const call = (name: string, ...args: Value[]): Value =>
      instance.call(`acme:sample/shapes@1.0.0#${name}`, args) as Value;
    const first = call("[constructor]counter", 5);
    expect(first).toBeInstanceOf(Handle);
    expect((first as Handle).instance).toBe(9);
    expect(call("[method]counter.inc", first, 2)).toBe(7);
    const second = call("[static]counter.make");
    const merged = call("merge", first, second);
    expect(call("peek", merged)).toBe(107);
    const gone = await faultFrom(() => call("peek", first));
    expect(gone).toMatchObject({ code: "moved" });
    expect((await faultFrom(() => call("merge", merged, merged))).code).toBe("moved");
    expect(call("peek", merged)).toBe(107); // L3: nothing left with the refused call
    expect((await faultFrom(() => call("peek", new Handle(8, 1)))).code).toBe("type-mismatch");
    expect((call("all") as Value[]).map((each) => call("peek", each))).toEqual([1, 2]);
    void instance.drop((merged as Handle).id);
    void instance.drop((merged as Handle).id);
    expect((await faultFrom(() => call("peek", merged))).code).toBe("moved");
    expect(instance.alive).toBe(true);
  });

  it("imported: handles with methods, which cannot be forged or used after they were given away", async () => {
    const id = "acme:sample/shapes@1.0.0";
    const dropped: Value[] = [];
    const state = new Map<number, number>();
    const make = (n: number): Handle => {
      state.set(state.size + 1, n);
      return new Handle(77, state.size);
    };
    const of = (value: Value | undefined): number => (value as Handle).id;
    const imports = {
      [`${id}#[constructor]counter`]: sync(([n]) => make(n as number)),
      [`${id}#[method]counter.inc`]: sync(([self, by]) => {
        state.set(of(self), (state.get(of(self)) ?? 0) + (by as number));
        return state.get(of(self)) ?? 0;
      }),
      [`${id}#[static]counter.make`]: sync(() => make(0)),
      [`${id}#peek`]: sync(([c]) => state.get(of(c)) ?? 0),
      [`${id}#merge`]: sync(([a, b]) => make((state.get(of(a)) ?? 0) + (state.get(of(b)) ?? 0))),
      [`${id}#all`]: sync(() => [make(1), make(2)]),
      [`${id}#[resource-drop]counter`]: sync(([c]) => {
        dropped.push(c as Value);
        return null;
      }),
    };
    await using plugin = await lua(
      `interface shapes { ${counter} } world w { import shapes; export f: func() -> list<string>; }`,
      `local sennit, shapes = require "sennit", require "acme:sample/shapes"
       local function why(f, ...) local ok, e = pcall(f, ...) return tostring(ok) .. (ok and "" or (e.message or e)) end
       return { f = function()
         local a, b = shapes.counter.new(5), shapes.counter.make()
         b:inc(3)
         local sum = shapes.merge(a, b)
         local out = { tostring(shapes.peek(sum)), why(shapes.peek, a), why(shapes.peek, {}), why(shapes.peek, sennit.null), tostring(getmetatable(sum)) }
         sennit.drop(sum)
         out[6] = why(shapes.peek, sum)
         out[7] = tostring(shapes.all()[2]:inc(1))
         return out
       end }`,
    );
    await using instance = await plugin.instantiate(settings({ imports }));
    expect(instance.call("f", [])).toEqual([
      "8",
      "falseargument c: this counter was given away, or lent to a call that has ended",
      "falseargument c: this is not a handle",
      "falseargument c: this is not a handle",
      "sennit.handle",
      "falseargument c: this counter was given away, or lent to a call that has ended",
      "3",
    ]);
    expect(dropped).toEqual([new Handle(77, 3)]);
  });

  it("a callback is a function of untyped values, good until the call returns", async () => {
    await using plugin = await lua(
      "world w { import sennit:host/callback@0.1.0; use sennit:host/callback@0.1.0.{callback}; export f: func(c: borrow<callback>) -> string; export again: func() -> string; }",
      `local sennit, kept = require "sennit", nil
       return {
         f = function(c)
           kept = c
           local r = c(1, 1.0, "x", nil, { 1, sennit.null }, { b = true }, sennit.bytes("\\xff"))
           return math.type(r.n) .. math.type(r.f) .. tostring(r.null == sennit.null) .. r.list[2] .. #r.bytes.bytes
         end,
         again = function() local ok, e = pcall(kept) return tostring(e) end,
       }`,
    );
    await using instance = await plugin.instantiate(settings());
    const got: unknown[] = [];
    const callback = new Callback((args) => {
      got.push(...args.map((arg) => decodeAny(arg)));
      const answer = new Map<string, never>(
        Object.entries({
          n: 2,
          f: new AnyFloat(2),
          null: null,
          list: ["a", "b"],
          bytes: Uint8Array.of(0, 255),
        }) as never,
      );
      return Promise.resolve(encodeAny(answer));
    });
    expect(await instance.call("f", [callback])).toBe("integerfloattrueb2");
    expect(got).toEqual([1, new AnyFloat(1), "x", null, [1, null], new Map([["b", true]]), Uint8Array.of(255)]);
    expect(instance.call("again", [])).toBe("type-mismatch: this callback was lent to a call that has ended");
  });

  it("a call that refuses one value takes none of them (L3)", async () => {
    const wit = `interface things { resource r { constructor(); } }
      interface takes { use things.{r}; swallow: func(r: r, n: u8); }
      world w { import things; import takes; export f: func() -> string; }`;
    const id = (name: string): string => `acme:sample/${name}@1.0.0`;
    let taken = 0;
    const imports = {
      [`${id("things")}#[constructor]r`]: sync(() => new Handle(5, 1)),
      [`${id("takes")}#swallow`]: sync(() => ((taken += 1), null)),
    };
    await using plugin = await lua(
      wit,
      `local things, takes = require "acme:sample/things", require "acme:sample/takes"
       return { f = function()
         local r = things.r.new()
         local first = pcall(takes.swallow, r, -1)
         local second = pcall(takes.swallow, r, 1)
         local third, e = pcall(takes.swallow, r, 1)
         return tostring(first) .. tostring(second) .. tostring(third) .. e.code
       end }`,
    );
    await using instance = await plugin.instantiate(settings({ imports }));
    expect(instance.call("f", [])).toBe("falsetruefalsemoved");
    expect(taken).toBe(1);
  });

  it("a handle that was lent ends with its call", async () => {
    const wit = `interface things { resource r { get: func() -> u8; } }
      world w { import things; use things.{r}; export look: func(r: borrow<r>) -> u8; export again: func() -> string; }`;
    const get = sync(() => 7);
    await using plugin = await lua(
      wit,
      `local kept return { look = function(r) kept = r return r:get() end,
        again = function() local ok, e = pcall(function() return kept:get() end) return e.code end }`,
    );
    await using instance = await plugin.instantiate(
      settings({ imports: { "acme:sample/things@1.0.0#[method]r.get": get } }),
    );
    for (let i = 0; i < 3; i++) {
      expect(instance.call("look", [new Handle(3, 1)])).toBe(7);
      expect(instance.call("again", [])).toBe("moved");
    }
  });

  it("untyped values come back as they went", async () => {
    await using plugin = await lua(
      "world w { import sennit:host/values@0.1.0; use sennit:host/values@0.1.0.{value}; export f: func(v: value) -> value; }",
      "return { f = function(v) return v end }",
    );
    await using instance = await plugin.instantiate(settings());
    for (const value of [
      null,
      true,
      5,
      2n ** 62n,
      new AnyFloat(5),
      "text",
      Uint8Array.of(1, 255),
      [],
      [1, null, [2]],
      new Map(),
      new Map([["a", [null]]]),
    ]) {
      expect(decodeAny(instance.call("f", [encodeAny(value)]) as Uint8Array)).toEqual(value);
    }
    const cyclic = await lua(
      "world w { use sennit:host/values@0.1.0.{value}; export f: func() -> value; }",
      "local t = {} t[1] = t return { f = function() return t end }",
    );
    await using loop = await cyclic.instantiate(settings());
    const fault = await faultFrom(() => loop.call("f", []));
    expect(fault.code).toBe("plugin-invalid-value");
    expect(fault.message).toContain("contain themselves");
    expect(loop.alive).toBe(false);
  });
});
