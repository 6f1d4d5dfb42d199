import { describe, expect, it } from "vitest";
import type { ImportedFunction } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { faultFrom, lua, settings } from "./lua-package.ts";

/** A function that answers when it is told to. */
function gate(): ImportedFunction & { open: (value?: Value) => void; calls: number } {
  const waiting: ((value: Value) => void)[] = [];
  const given = {
    colour: "async" as const,
    calls: 0,
    call: () => {
      given.calls++;
      return new Promise<Value>((resolve) => waiting.push(resolve));
    },
    open: (value: Value = null) => waiting.shift()?.(value),
  };
  return given;
}

describe("calls into one Lua instance", () => {
  const wit = "world w { import wait: func() -> u32; export f: func(n: u32) -> u32; export g: func() -> u32; }";
  const source = `local wait, n = require("sennit").imports.wait, 0
    return { f = function(x) local a = n n = n + 1 wait() return a * 100 + x end, g = function() return n end }`;

  it("wait for their turn (H2)", async () => {
    const wait = gate();
    await using plugin = await lua(wit, source);
    await using instance = await plugin.instantiate(settings({ imports: { wait } }));
    const calls = [1, 2, 3].map(async (n) => await instance.call("f", [n]));
    const seen = instance.call("g", []);
    expect(wait.calls).toBe(1);
    for (let i = 1; i <= 3; i++) {
      wait.open(0);
      await calls[i - 1];
    }
    expect(await Promise.all(calls)).toEqual([1, 102, 203]);
    expect(await seen).toBe(3);
  });

  it("overlap when the manifest says so", async () => {
    const wait = gate();
    await using plugin = await lua(wit, source, { overlap: true });
    await using instance = await plugin.instantiate(settings({ imports: { wait } }));
    const calls = [1, 2, 3].map(async (n) => await instance.call("f", [n]));
    expect(wait.calls).toBe(3);
    expect(instance.call("g", [])).toBe(3);
    for (let i = 0; i < 3; i++) wait.open(0);
    expect(await Promise.all(calls)).toEqual([1, 102, 203]);
  });

  it("may not enter an instance that is on the stack, nor wait for themselves (H2)", async () => {
    const faults: unknown[] = [];
    const again = (call: () => unknown) => faultFrom(async () => await call()).then((fault) => faults.push(fault.code));
    await using plugin = await lua(wit, source);
    for (const colour of ["sync", "async"] as const) {
      const wait: ImportedFunction = {
        colour,
        call: () => {
          const done = again(() => instance.call("g", []));
          return colour === "sync" ? 0 : done.then(() => again(() => instance.call("g", []))).then(() => 0);
        },
      };
      await using instance = await plugin.instantiate(settings({ imports: { wait } }));
      expect(await instance.call("f", [1])).toBe(1);
    }
    expect(faults).toEqual(["re-entrant", "re-entrant", "re-entrant"]);
  });

  it("end with the instance, also those that wait (H6)", async () => {
    const wait = gate();
    await using plugin = await lua(wit, source);
    const instance = await plugin.instantiate(settings({ imports: { wait } }));
    const calls = [1, 2].map((n) => faultFrom(async () => await instance.call("f", [n])));
    await instance[Symbol.asyncDispose]();
    expect((await Promise.all(calls)).map((fault) => fault.code)).toEqual(["plugin-lost", "plugin-lost"]);
    wait.open(0); // an answer that comes too late touches nothing
    expect(instance.alive).toBe(false);
    expect((await faultFrom(() => instance.call("g", []))).code).toBe("plugin-lost");
  });

  it("sleep without holding up others", async () => {
    const sleeps: number[] = [];
    const sleep = (milliseconds: number): Promise<void> => Promise.resolve(void sleeps.push(milliseconds));
    await using plugin = await lua(
      "world w { export f: func() -> u32; }",
      "local sennit = require 'sennit' return { f = function() sennit.sleep(1.5) sennit.sleep(2) return 1 end }",
    );
    await using instance = await plugin.instantiate(settings({ sleep }));
    expect(await instance.call("f", [])).toBe(1);
    expect(sleeps).toEqual([1500, 2000]);
  });
});
