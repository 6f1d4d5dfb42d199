import { hash } from "node:crypto";
import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { Fault } from "../../../src/fault.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import type { Entry } from "../../../src/journal/entry/entry.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { portsOf, runWithCrashes, VirtualClock } from "./crash.ts";

const FUNCTIONS = [witFunction("pay", [STRING], S32), witFunction("count", [S32], S32), witFunction("trap", [], null)];
const sha256 = (bytes: Uint8Array): Uint8Array => hash("sha256", bytes, "buffer");
const options = { grants: { allowsCommand: () => false } };

/** A shop outside: what it was asked for is known afterwards. */
class Shop {
  readonly paid: string[] = [];
  program(text: string, effect: "once" | "keyed" | "read"): LoadedProgram {
    const pay = (_: string, args: readonly Value[]): Value => this.paid.push(String(args[0]));
    return stubProgram(text, FUNCTIONS, () => directInstance(pay), {
      manifest: { language: "javascript", effects: { pay: effect } },
    });
  }
}

async function begun(program: LoadedProgram): Promise<MemoryStore> {
  const store = new MemoryStore({ hash: sha256, now: () => 0 });
  const seed = new Uint8Array(32);
  await beginRun(store, program, {
    id: "run",
    name: "",
    source: "",
    function: 0,
    args: [],
    seed,
    grants: [],
    created: 0,
  });
  return store;
}

async function entriesOf(store: MemoryStore): Promise<readonly Entry[]> {
  return (await store.read("run", 1)).map(({ bytes }) => decodeEntry(bytes));
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "fine";
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

describe("a durable run", () => {
  it("that has ended gives its result again, and does nothing again", async () => {
    const shop = new Shop();
    const program = shop.program('require pay; x = pay("a"); print "paid"; x + 1;', "once");
    const store = await begun(program);
    const first = await resumeRun(store, program, "run", portsOf(), options);
    const before = await entriesOf(store);
    const again = await resumeRun(store, program, "run", portsOf(), options);
    expect([first, again]).toEqual([
      { state: "done", value: 2 },
      { state: "done", value: 2 },
    ]);
    expect(shop.paid).toEqual(["a"]);
    expect(await entriesOf(store)).toEqual(before);
  });

  it("is told when an effect that may happen once is left uncertain, and never does it twice", async () => {
    const text = `require pay;
      for item in ["a", "b"] { try { pay(item); print "paid"; } catch (e) { print e.code; } }`;
    let uncertain = 0;
    for (let at = 2; at < 16; at++) {
      const shop = new Shop();
      const { lines } = await runWithCrashes(() => shop.program(text, "once"), {
        lives: [at >> 1],
        survives: at % 2 === 0 ? 100 : 0,
      });
      expect(shop.paid.length).toBe(new Set(shop.paid).size);
      expect(lines.filter((line) => line === "paid").length).toBeLessThanOrEqual(shop.paid.length);
      for (const line of lines) expect(["paid", "uncertain"]).toContain(line);
      uncertain += lines.filter((line) => line === "uncertain").length;
    }
    expect(uncertain).toBeGreaterThan(0);
  });

  it("is taken up as often as it is cut off", async () => {
    const text = `require count; t = 0; for i in [1, 2, 3, 4, 5, 6, 7, 8] { t = count(i); print $"{i}: {t}"; sleep (1ms); } t;`;
    let total = 0;
    const program = (): LoadedProgram => {
      total = 0;
      return stubProgram(text, FUNCTIONS, () => directInstance((_, args) => (total = total * 2 + Number(args[0]))), {
        manifest: { language: "component" },
      });
    };
    const whole = await runWithCrashes(program, { lives: [], survives: 0 });
    const cut = await runWithCrashes(program, { lives: [2, 3, 1, 4, 2, 5], survives: 100 });
    expect(cut.lines).toEqual(whole.lines);
    expect(cut.result).toEqual(whole.result);
  });

  it("goes on with the state of an instance that failed, without the call that ended it", async () => {
    const text = `require count, trap;
      print count(1); print count(2);
      try { trap(); } catch (e) { print e.code; }
      print count(3);`;
    const program = (): LoadedProgram => stubProgram(text, FUNCTIONS, failing, { manifest: { language: "component" } });
    const whole = await runWithCrashes(program, { lives: [], survives: 0 });
    expect(whole.lines).toEqual(["1", "3", "plugin-trapped", "6"]);
    for (let at = 1; at < whole.commits; at++) {
      const cut = await runWithCrashes(program, { lives: [at], survives: 0 });
      expect(cut.lines).toEqual(whole.lines);
    }
  });

  it("says so when a plugin's state cannot be built again, and the program may catch it", async () => {
    const text = `require count; print count(1); sleep (1ms); try { print count(1); } catch (e) { print e.code; }`;
    let lives = 0;
    const forgetful = (): LoadedProgram => {
      const first = (lives += 1) * 10;
      return stubProgram(text, FUNCTIONS, () => directInstance(() => first), { manifest: { language: "component" } });
    };
    const whole = await runWithCrashes(forgetful, { lives: [], survives: 0 });
    const seen = new Set<string>();
    for (let at = 1; at < whole.commits; at++) {
      for (const line of (await runWithCrashes(forgetful, { lives: [at], survives: 0 })).lines) seen.add(line);
    }
    expect(seen).toContain("state-diverged");
  });

  it("refuses to go on with another program", async () => {
    const shop = new Shop();
    const store = await begun(shop.program("require pay; 1;", "once"));
    const other = shop.program("require pay; 2;", "once");
    expect(await codeOf(resumeRun(store, other, "run", portsOf(), options))).toBe("diverged");
  });

  it("diverges clearly when a log says what the program does not do", async () => {
    const shop = new Shop();
    const program = shop.program('require pay; print "a"; pay("x"); print "b";', "once");
    const store = await begun(program);
    await resumeRun(store, program, "run", portsOf(), options);
    const [start, ...rest] = await entriesOf(store);
    const tampered = new MemoryStore({ hash: sha256 });
    const { encodeEntry } = await import("../../../src/journal/entry/entry-codec.ts");
    const changed = rest.map((entry): Entry => (entry.kind === "OUT" ? { ...entry, channel: "log" } : entry));
    const header = { id: "run", name: "", created: 0, ir: "", queue: "", priority: 0 };
    await tampered.create({ ...header, entries: [start!, ...changed].map(encodeEntry) });
    expect(await codeOf(resumeRun(tampered, program, "run", portsOf(), options))).toBe("diverged");
  });

  it("that is cancelled runs its clean-up, and is cancelled again when it is played back", async () => {
    const shop = new Shop();
    const text = `require pay; try { sleep (30d); } finally { pay("undo"); print "cleaned"; }`;
    const program = shop.program(text, "keyed");
    const store = await begun(program);
    const controller = new AbortController();
    const still = portsOf(new VirtualClock());
    const running = resumeRun(store, program, "run", still, { ...options, signal: controller.signal });
    await new Promise((resolve) => void setImmediate(resolve));
    controller.abort();
    const cancelled: RunResult = { state: "cancelled" };
    expect(await running).toEqual(cancelled);
    expect(await resumeRun(store, program, "run", portsOf(), options)).toEqual(cancelled);
    expect(shop.paid).toEqual(["undo"]);
    const kinds = (await entriesOf(store)).map(({ kind }) => kind);
    expect(kinds).toEqual(["START", "NOTE", "ARM", "CANCEL", "REQ", "DONE", "DONE", "DLV", "OUT", "END"]);
  });
});

/** Counts; `trap` ends it. */
function failing(): ReturnType<typeof directInstance> {
  let total = 0;
  let alive = true;
  const instance = directInstance((fn, args) => {
    if (!alive) throw new Fault("plugin-lost", "It is gone");
    if (fn === "count") return (total += Number(args[0]));
    alive = false;
    throw new Fault("plugin-trapped", "It failed");
  });
  return Object.defineProperty({ ...instance }, "alive", { get: () => alive });
}
