import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../../src/engine/durable/durable-run.ts";
import { effectClassOf, keyOfEffect } from "../../../../src/engine/durable/calls/outside.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { MemoryStore } from "../../../../src/journal/memory-store.ts";
import type { WitType } from "../../../../src/wit/types.ts";
import { CaseValue, Handle } from "../../../../src/wit/value.ts";
import { S32, witFunction } from "../../../lang/vm/run-foreign.ts";
import { directInstance, stubProgram } from "../../stub-program.ts";
import { portsOf, runWithCrashes } from "../crash.ts";
import { entriesOf } from "../history.ts";

const THING: WitType = {
  kind: "own",
  resource: { kind: "resource", name: { interface: "acme:things/api", name: "thing" } },
};

describe("what leaves a durable run", () => {
  it("gives nothing that lives outside, and says so", async () => {
    const text = "require make; try { make(1); } catch (e) { print e.code; }";
    const program = (): LoadedProgram =>
      stubProgram(text, [witFunction("make", [S32], THING)], () => directInstance(() => new Handle(1, 1)));
    expect((await runWithCrashes(program, { lives: [], survives: 0 })).lines).toEqual(["needs-memory-run"]);
  });

  it("has a key of its run and its place, which no attempt changes", () => {
    const eff = "0".repeat(32);
    expect(keyOfEffect("a", eff)).toBe(keyOfEffect("a", eff));
    expect(new Set([keyOfEffect("a", eff), keyOfEffect("b", eff), keyOfEffect("a", "1".repeat(32))]).size).toBe(3);
  });

  it("has the class of its method where it is a request, and of its manifest otherwise", () => {
    const plugin = (name: string, effects = {}) => ({
      manifest: {
        ...stubProgram("", [], () => directInstance(() => null)).packages[0]!.plugin.manifest,
        name,
        effects,
      },
    });
    const key = [["Idempotency-Key", new CaseValue(0, "")]];
    const send = "sennit:host/http@0.2.0#send";
    expect(effectClassOf(plugin("std:http"), "post", ["u", key, null])).toBe("keyed");
    expect(effectClassOf(plugin("std:http"), "post", ["u", [], null])).toBe("once");
    expect(effectClassOf(plugin("std:http"), "request", ["put", "u", [], null])).toBe("idempotent");
    expect(effectClassOf(plugin("sennit:host"), send, [["HEAD", "u", []]])).toBe("read");
    expect(effectClassOf(plugin("sennit:host"), send, [["POST", "u", key]])).toBe("keyed");
    expect(effectClassOf(plugin("sennit:host"), send, [7])).toBe("once");
    expect(effectClassOf(plugin("acme:shop", { buy: "keyed" }), "buy", [])).toBe("keyed");
    expect(effectClassOf(plugin("acme:shop"), "post", ["u", key, null])).toBe("once");
  });

  it("is granted or not when it is done, after it was durably asked for", async () => {
    const store = new MemoryStore({ hash: () => new Uint8Array(32), now: () => 0, held: true });
    const text = 'try { print shell {"date"}.stdout; } catch (e) { print e.code; }';
    const program = stubProgram(text, [], () => directInstance(() => null));
    const run = { id: "r", name: "", source: text, function: 0, args: [], grants: [], created: 0 };
    const shell = { run: () => Promise.reject(new Error("it was not granted")) };
    const durable: number[] = [];
    const allowsCommand = (): boolean => durable.push(store.durable("r")) === 0;
    const running = beginRun(store, program, { ...run, seed: new Uint8Array(32) }).then(() =>
      resumeRun(store, program, "r", { ...portsOf(), shell }, { grants: { allowsCommand } }),
    );
    let isOver = false;
    void running.finally(() => (isOver = true));
    while (!isOver) {
      store.release();
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect(await running).toMatchObject({ state: "done" });
    const asked = (await entriesOf(store, "r")).findIndex(({ kind }) => kind === "REQ") + 1;
    expect(asked).toBeGreaterThan(0);
    expect(durable).toEqual([expect.any(Number)]);
    expect(durable[0]).toBeGreaterThanOrEqual(asked);
  });
});

describe("a call of a package without state", () => {
  it("that took long is recorded, and not made again; a quick one is", async () => {
    let calls = 0;
    const slow = (): number => {
      const end = performance.now() + 3;
      while (performance.now() < end);
      return (calls += 1);
    };
    const program = (text: string, body: () => number): LoadedProgram =>
      stubProgram(text, [witFunction("work", [S32], S32)], () => directInstance(body), {
        manifest: { language: "component", stateless: true },
      });
    const text = "require work; work(1); sleep (1ms); print work(2);";
    const whole = await runWithCrashes(() => program(text, slow), { lives: [], survives: 0 });
    expect(calls).toBe(2);
    const { store } = whole;
    await resumeRun(store, program(text, slow), "run", portsOf(), { grants: { allowsCommand: () => false } });
    expect(calls).toBe(2);

    let quick = 0;
    const count = (): number => (quick += 1) && 7;
    const other = await runWithCrashes(() => program(text, count), { lives: [], survives: 0 });
    await resumeRun(other.store, program(text, count), "run", portsOf(), { grants: { allowsCommand: () => false } });
    expect(quick).toBe(4);
    expect((await entriesOf(other.store)).some(({ kind }) => kind === "CALL")).toBe(false);
  });
});
