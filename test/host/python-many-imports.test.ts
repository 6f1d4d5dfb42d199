import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import type { ImportedFunction, Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import { ANSWER, CALLS, IMPORT, RESULTS } from "../../src/host/python/worker/frame.ts";
import type { Value } from "../../src/wit/value.ts";
import { called, going, Watch } from "./python-many-guest.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const CALLING = `package test:plugin;
world calling {
  import ask: func(n: u32) -> u32;
  export via: func(n: u32) -> u32;
  export plain: func(n: u32) -> u32;
}`;

const CALLING_APP = `import wit_world
class WitWorld(wit_world.WitWorld):
    def via(self, n):
        return wit_world.ask(n) + 1
    def plain(self, n):
        return n
`;

describe("imports inside several calls", () => {
  const watch = new Watch();
  let plugin: Plugin;
  let overlapping: Plugin;
  /** For calls that do not end it; its import does what the test says. */
  let lasting: Instance;
  let answer: (n: number) => Value | Promise<Value>;
  beforeAll(async () => {
    const files = { "app.py": CALLING_APP, "world.wit": CALLING };
    plugin = await openPython(pythonPackage(files), { between: watch.between });
    overlapping = await openPython(pythonPackage(files, { overlap: true }));
    lasting = await plugin.instantiate(surroundings(asking((n) => answer(n))));
  });
  beforeEach(() => watch.clear());
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    await overlapping[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });
  const asking = (ask: (n: number) => Value | Promise<Value>): Record<string, ImportedFunction> => ({
    ask: { colour: "async", call: ([n]) => ask(Number(n)) },
  });

  it("are answered one after the other, each for its own call", async () => {
    const asked: number[] = [];
    answer = async (n: number): Promise<Value> => (asked.push(n), await Promise.resolve(), n * 10);
    expect(await lasting.callMany?.("via", [[1], [2], [3]], going())).toEqual([11, 21, 31].map((value) => ({ value })));
    expect(asked).toEqual([1, 2, 3]);
    expect(watch.there).toEqual([CALLS, ANSWER, ANSWER, ANSWER]);
    expect(watch.back).toEqual([IMPORT, IMPORT, IMPORT, RESULTS]);
  });

  it("a call's answer does not wait for the import of the next", async () => {
    const gate = Promise.withResolvers<Value>();
    answer = () => gate.promise;
    const calls = [called(lasting, "plain", 1), called(lasting, "via", 2), called(lasting, "plain", 3)];
    expect(await calls[0]).toBe(1);
    gate.resolve(5);
    expect(await Promise.all(calls)).toEqual([1, 6, 3]);
  });

  it("stop ends the calls after the one that runs", async () => {
    const stop = new AbortController();
    answer = (n: number): Value => {
      if (n === 2) stop.abort();
      return n;
    };
    expect(await lasting.callMany?.("via", [[1], [2], [3]], going({ stop: stop.signal }))).toEqual([
      { value: 2 },
      { value: 3 },
    ]);
    expect(await lasting.callMany?.("via", [[4], [5]], going())).toEqual([{ value: 5 }, { value: 6 }]);
  });

  it("that fail end the calls with their own error (I3)", async () => {
    const failing = new Fault("disk-full", "the disk is full");
    await using python = await plugin.instantiate(surroundings(asking((n) => (n === 2 ? Promise.reject(failing) : n))));
    expect(await python.callMany?.("via", [[1], [2], [3]], going())).toEqual([{ value: 2 }, { thrown: failing }]);
    expect(python.alive).toBe(false);
  });

  it("that lead back are re-entrant, by either way (H2)", async () => {
    const answers: unknown[] = [];
    answer = async (n: number): Promise<Value> => {
      answers.push(...((await lasting.callMany?.("plain", [[n]], going())) ?? []));
      return n;
    };
    expect(await lasting.callMany?.("via", [[1]], going())).toEqual([{ value: 2 }]);
    expect(answers).toMatchObject([{ thrown: { code: "re-entrant" } }]);
  });

  it("where calls may overlap, those that come together begin together, each asking for itself", async () => {
    const asked: number[] = [];
    const all = Promise.withResolvers<void>();
    const ask = async (n: number): Promise<Value> => {
      asked.push(n);
      if (asked.length === 3) all.resolve();
      await all.promise;
      return n;
    };
    await using python = await overlapping.instantiate(surroundings(asking(ask)));
    const calls = [1, 2, 3].map((n) => called(python, "via", n));
    expect(await Promise.all(calls)).toEqual([2, 3, 4]);
    expect(await python.callMany?.("via", [[7], [8]], going())).toEqual([{ value: 8 }, { value: 9 }]);
    expect(asked).toEqual([1, 2, 3, 7, 8]);
  });
});
