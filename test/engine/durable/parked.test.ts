import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { ResumeOptions } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { DEFAULT_RUN_LIMITS } from "../../../src/host/package/limits.ts";
import type { RunLimits } from "../../../src/host/package/limits.ts";
import { encodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { sha256 } from "../../journal/stores.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { PassingClock, portsOf, VirtualClock } from "./crash.ts";
import { entriesOf } from "./history.ts";

const grants = { allowsCommand: () => false };
const plain = (text: string, limits: Partial<RunLimits> = {}): LoadedProgram => ({
  ...stubProgram(text, [], () => directInstance(() => null)),
  limits: { ...DEFAULT_RUN_LIMITS, ...limits },
});

async function begun(program: LoadedProgram, held = false): Promise<MemoryStore> {
  const store = new MemoryStore({ hash: sha256, now: () => 0, held });
  const seed = new Uint8Array(32);
  const run = { id: "run", name: "", source: "", function: 0, args: [], seed, grants: [], created: 0 };
  const making = beginRun(store, program, run);
  while (held && !store.release()) await turn();
  await making;
  return store;
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** The code of what a life ends with. */
async function codeOf(
  store: MemoryStore,
  program: LoadedProgram,
  options: Partial<ResumeOptions> = {},
): Promise<string> {
  const clock = new VirtualClock();
  try {
    const taken = await resumeRun(store, program, "run", portsOf(clock), { grants, ...options });
    return taken.state;
  } catch (thrown) {
    return (thrown as { readonly code?: string }).code ?? String(thrown);
  }
}

/** A life that ends with its process, once so many commits are through. */
async function cutOff(store: MemoryStore, program: LoadedProgram, commits: number): Promise<MemoryStore> {
  const ended = codeOf(store, program);
  for (let done = 0; done < commits;) {
    if (store.release()) done += 1;
    await turn();
  }
  const next = store.crash();
  await ended;
  return next;
}

const notes = async (store: MemoryStore): Promise<readonly string[]> =>
  (await entriesOf(store)).flatMap((entry) => (entry.kind === "NOTE" ? [entry.what] : []));

describe("a run that cannot go on", () => {
  it("is taken up with the run that spawned it, when that is by force", async () => {
    const program = plain(`workflow child() -> Int { sleep (1ms); 7 } await spawn child();`);
    const store = await begun(program);
    const spawned = async (): Promise<string> =>
      (await store.list({})).find(({ parent }) => parent === "run")?.id ?? "";
    const stop = new AbortController();
    const first = codeOf(store, program, { stop: stop.signal });
    while ((await spawned()) === "") await turn();
    stop.abort();
    expect(await first).toBe("stopped");
    const child = await spawned();
    await store.open(child);
    const note = encodeEntry({ kind: "NOTE", what: "parked", at: 0, text: "why" });
    await store.flushed(child, store.append(child, [note], { state: "parked", reason: "why" }));
    await store.close(child);

    expect(await codeOf(store, program)).toBe("parked");
    const clock = new PassingClock();
    expect(await resumeRun(store, program, "run", portsOf(clock), { grants, force: true })).toEqual({
      state: "done",
      value: 7,
    });
  });

  it("is parked with the reason when it diverged, with nothing lost, and is taken up by force", async () => {
    const program = plain(`print "a"; print "b"; print wait signal("go");`);
    const store = await begun(program);
    await store.open("run");
    const lie = encodeEntry({ kind: "OUT", eff: "0".repeat(32), channel: "emit", value: new Uint8Array(1) });
    await store.flushed("run", store.append("run", [lie]));
    await store.close("run");
    const before = await entriesOf(store);
    expect(await codeOf(store, program)).toBe("diverged");
    const header = await store.header("run");
    expect(header).toMatchObject({ state: "parked", wake: null });
    expect(header?.reason).toMatch(/^diverged: The run goes another way/u);
    expect((await entriesOf(store)).slice(0, before.length)).toEqual(before);
    expect(await notes(store)).toEqual(["taken-up", "parked"]);
    expect(await codeOf(store, program)).toBe("parked");
    expect(await notes(store)).toEqual(["taken-up", "parked"]);
    expect(await codeOf(store, program, { force: true })).toBe("diverged");
    expect(await notes(store)).toEqual(["taken-up", "parked", "by-force", "parked"]);
  });

  it("is parked for another program, and goes on by force with its own", async () => {
    const own = plain(`print wait signal("go"); 1;`);
    const store = await begun(own);
    expect(await codeOf(store, plain(`print wait signal("come"); 1;`))).toBe("diverged");
    expect(await store.header("run")).toMatchObject({ state: "parked" });
    await sendSignal(store, "run", { name: "go", value: 1, sender: "me" });
    expect(await codeOf(store, own)).toBe("parked");
    expect(await codeOf(store, own, { force: true })).toBe("done");
    expect(await store.header("run")).toMatchObject({ state: "done", reason: "" });
  });

  it("is quarantined after three lives that came no further, and only by force goes on", async () => {
    const program = plain(`print wait signal("go"); "through";`);
    let store = await begun(program, true);
    for (let lives = 1; lives <= 3; lives++) store = await cutOff(store, program, 1);
    expect(await notes(store)).toEqual(["taken-up", "taken-up", "taken-up"]);
    const free = new MemoryStore({ hash: sha256, now: () => 0 }, store);
    expect(await codeOf(free, program)).toBe("quarantined");
    expect(await free.header("run")).toMatchObject({ state: "parked" });
    expect(await codeOf(free, program)).toBe("parked");
    await sendSignal(free, "run", { name: "go", value: "x", sender: "me" });
    expect(await codeOf(free, program, { force: true })).toBe("done");
  });

  it("is not quarantined when its lives came further, were told to stop, or went well for a while", async () => {
    const text = `for i in range(9) { wait signal("go"); } "through";`;
    const further = plain(text);
    let store = await begun(further, true);
    for (let lives = 0; lives < 6; lives++) {
      const sending = sendSignal(store, "run", { name: "go", value: lives, sender: String(lives) });
      while (!store.release()) await turn();
      await sending;
      store = await cutOff(store, further, 2);
    }
    expect((await store.header("run"))?.state).toBe("running");

    const stopped = await begun(further);
    for (let lives = 0; lives < 6; lives++) {
      const stop = new AbortController();
      const ended = codeOf(stopped, further, { stop: stop.signal });
      for (let turns = 0; turns < 9; turns++) await turn();
      stop.abort();
      expect(await ended).toBe("stopped");
    }
    expect(new Set(await notes(stopped))).toEqual(new Set(["taken-up", "stopped"]));
  });

  it("notes that it goes well once it has waited a while, and begins to count anew", async () => {
    const program = plain(`wait signal("go");`);
    let store = await begun(program, true);
    for (let lives = 0; lives < 2; lives++) store = await cutOff(store, program, 1);
    const clock = new VirtualClock();
    const running = resumeRun(store, program, "run", portsOf(clock), { grants });
    running.catch(() => {}); // its process ends
    for (let turns = 0; turns < 60; turns++) {
      if (!store.release() && turns > 30) clock.pass();
      await turn();
    }
    expect(clock.time).toBe(10_000);
    store = store.crash();
    expect(await notes(store)).toEqual(["taken-up", "taken-up", "taken-up", "well"]);
    for (let lives = 0; lives < 2; lives++) store = await cutOff(store, program, 1);
    const free = new MemoryStore({ hash: sha256, now: () => 0 }, store);
    await sendSignal(free, "run", { name: "go", value: "x", sender: "me" });
    expect(await codeOf(free, program)).toBe("done");
  });
});

describe("a run that takes more than it may", () => {
  it("of its log is parked, and goes on with more", async () => {
    const text = `for i in range(400) { now(); } "through";`;
    const store = await begun(plain(text, { entries: 300 }));
    expect(await codeOf(store, plain(text, { entries: 300 }))).toBe("run-too-large");
    expect((await store.header("run"))?.reason).toMatch(/^run-too-large: More than 300 entries/u);
    expect((await entriesOf(store)).length).toBeLessThan(310);
    expect(await codeOf(store, plain(text, { bytes: 2000 }), { force: true })).toBe("run-too-large");
    expect(await codeOf(store, plain(text), { force: true })).toBe("done");
  });

  it("of effects at once is told, and may catch it", async () => {
    const text = `print para for i in range(9) { try { sleep (1ms); "slept" } catch (e) { e.code } };`;
    const store = await begun(plain(text, { pending: 5 }));
    const running = resumeRun(store, plain(text, { pending: 5 }), "run", portsOf(), { grants });
    expect(await running).toMatchObject({ state: "done" });
    const errors = (await entriesOf(store)).filter((entry) => entry.kind === "DONE" && entry.outcome === "error");
    expect(errors).toHaveLength(4);
  });

  it("of signals is parked, with all of them there", async () => {
    const text = `wait signal("go"); for i in range(20) { wait signal("flood"); } "through";`;
    const store = await begun(plain(text, { signals: 10 }));
    const stop = new AbortController();
    const ended = codeOf(store, plain(text, { signals: 10 }), { stop: stop.signal });
    for (let n = 0; n < 20; n++) await sendSignal(store, "run", { name: "flood", value: n, sender: `flood ${n}` });
    expect(await ended).toBe("run-too-large");
    expect(await store.header("run")).toMatchObject({ state: "parked" });
    await sendSignal(store, "run", { name: "go", value: 1, sender: "go" });
    expect(await codeOf(store, plain(text), { force: true })).toBe("done");
  });
});

describe("a run without an end", () => {
  it("keeps no more of its log than it needs, when that is wanted", async () => {
    const text = `n = 0; while (n < 3000) { now(); n = n + 1; if (n % 1000 == 0) { wait signal("go"); } } n;`;
    const store = await begun(plain(text));
    for (let n = 1; n <= 3; n++) await sendSignal(store, "run", { name: "go", value: n, sender: String(n) });
    const keep = { keep: "snapshot", snapshotAfter: 4000 } as const;
    expect(await codeOf(store, plain(text, { entries: 400 }), keep)).toBe("done");
    const entries = await entriesOf(store);
    expect(entries.length).toBeLessThan(400);
    expect((await store.header("run"))?.durable).toBeGreaterThan(6000);
    expect(await codeOf(store, plain(text))).toBe("done");
    expect(await codeOf(store, plain(text), { fromStart: true })).toBe("journal-invalid");
  });
});
