/** The upgrade report, and moving runs: logs of one version of a program, played back by another. */
import { hash } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { beginRun, resumeRun, startOf } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/send.ts";
import { loadProgram } from "../../../src/engine/load.node.ts";
import type { LoadedProgram } from "../../../src/engine/loaded.ts";
import type { RunPorts } from "../../../src/engine/ports.ts";
import type { RunResult } from "../../../src/engine/run-options.ts";
import { Activity } from "../../../src/engine/trial/activity.ts";
import { VirtualClock } from "../../../src/engine/trial/clock.ts";
import { live, turn } from "../../../src/engine/trial/lives.ts";
import { migrate } from "../../../src/engine/trial/migrate.ts";
import { judge } from "../../../src/engine/trial/upgrade.ts";
import type { Verdict } from "../../../src/engine/trial/upgrade.ts";
import { decodeEntry } from "../../../src/journal/entry-codec.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { Fault } from "../../../src/fault.ts";

const opened: LoadedProgram[] = [];
afterEach(async () => {
  for (const program of opened.splice(0)) await program[Symbol.asyncDispose]();
});

async function programOf(text: string): Promise<LoadedProgram> {
  const loaded = await loadProgram({
    file: "flow.sennit",
    text,
    functions: {},
    wit: undefined,
    grants: [],
    warn: () => {},
  });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ title }) => title).join("\n"));
  opened.push(loaded.program);
  return loaded.program;
}

interface Kept {
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}

/** Commits whatever waits for it, until the work is done. */
async function committed<T>(store: MemoryStore, work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = (): void => void (isOver = true);
  work.then(over, over);
  while (!isOver) {
    store.release();
    await turn();
  }
  return await work;
}

/** Runs until nothing is left but what nobody sends, and leaves it there. */
async function begun(text: string): Promise<Kept> {
  const program = await programOf(text);
  const store = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  const run = { id: "r", name: "flow.sennit", source: text, function: 0, args: [], grants: [], created: 0 };
  await committed(store, beginRun(store, program, { ...run, seed: new Uint8Array(32) }));
  const kept = { store, clock: new VirtualClock() };
  await goOn(kept, text).catch((failure: unknown) => {
    if (!(failure instanceof Fault) || failure.code !== "test-stuck") throw failure;
  });
  return kept;
}

function portsOf(clock: VirtualClock): RunPorts {
  return { clock, shell: null, fork: null, follow: () => {}, breathe: turn };
}

async function goOn({ store, clock }: Kept, text: string): Promise<RunResult> {
  const program = await programOf(text);
  const ports = portsOf(clock);
  const grants = { allowsCommand: () => false };
  const lived = await live(
    {
      clock,
      activity: new Activity(),
      live: (owned, { cancel, stop }) => resumeRun(owned, program, "r", ports, { grants, signal: cancel, stop }),
      coming: [],
      cancelAt: null,
      died: async () => {},
      patience: 10_000,
    },
    store,
    { after: [], survives: 0 },
  );
  return lived.result;
}

async function verdict({ store }: Kept, text: string): Promise<Verdict> {
  const run = await store.header("r");
  if (run === undefined) throw new Error("no run");
  return (await judge(store, await programOf(text), run)).verdict;
}

const FLOW = `print "begin";
t = now();
sleep (1d);
a = random();
x = wait signal("go");
print x;
`;

describe("judge()", () => {
  it("says that a run continues where only what comes later is new, and comments and pure code", async () => {
    const kept = await begun(FLOW);
    const changed = `// A comment moves every line.
function double(n: Int) -> Int { 2 * n }
${FLOW.replace("a = random();", "a = random() * 2.0;\nn = double(21);")}
sleep (2d);
print n;
`;

    expect(await verdict(kept, FLOW)).toMatchObject({
      kind: "continues",
      waiting: [{ what: 'wait signal("go")', line: 5 }],
    });
    expect(await verdict(kept, changed)).toMatchObject({ kind: "continues", waiting: [{ line: 8 }] });
  });

  it("names the place where another way would be gone, and what was recorded there", async () => {
    const kept = await begun(FLOW);
    const other = async (from: string, to: string): Promise<Verdict> => await verdict(kept, FLOW.replace(from, to));

    expect(await other("t = now();", "t = now();\nu = uuid();")).toMatchObject({
      kind: "decide",
      place: { file: "flow.sennit", line: 3 },
      now: "uuid",
    });
    expect(await other("sleep (1d);\n", "")).toMatchObject({ kind: "decide", recorded: "a timer" });
    expect(await other("a = random();\nx", "x")).toMatchObject({ kind: "decide" });
    expect(await other("t = now();", 'print "more";')).toMatchObject({ kind: "decide" });
    expect(await other(FLOW, "param n: Int;\nprint n;")).toMatchObject({ kind: "decide", place: null });
  });

  it("never says that a run continues when its log was cut (G2)", async () => {
    const kept = await begun(FLOW);
    await committed(kept.store, kept.store.forget("r", 4));

    expect(await verdict(kept, FLOW)).toEqual({ kind: "unknown", why: "what it did first was forgotten" });
  });

  it("writes nothing (G1)", async () => {
    const kept = await begun(FLOW);
    const before = await kept.store.read("r", 1);
    await verdict(kept, FLOW);
    await verdict(kept, `${FLOW}print "x";`);
    kept.store.release();

    expect(await kept.store.read("r", 1)).toEqual(before);
  });
});

describe("migrate()", () => {
  async function moved(kept: Kept, text: string): Promise<readonly string[]> {
    const moving = await committed(kept.store, migrate(kept.store, await programOf(text), text, "r"));
    return moving.map(({ run, verdict: { kind } }) => `${run.id} ${kind}`);
  }

  it("lets a run go on with the new version, also after a crash", async () => {
    const kept = await begun(FLOW);
    const text = FLOW.replace("print x;", 'print $"{x} moved";\nsleep (1d);\nprint "end";');

    expect(await moved(kept, text)).toEqual(["r continues"]);
    expect(new TextDecoder().decode((await startOf(kept.store, "r")).program as Uint8Array)).toBe(text);
    await expect(goOn(kept, FLOW)).rejects.toMatchObject({ code: "diverged" });

    await committed(kept.store, sendSignal(kept.store, "r", { name: "go", value: "yes", sender: "s" }));
    const after = { store: kept.store.crash(), clock: kept.clock };
    expect(await moved(after, text)).toEqual(["r continues"]); // it was parked by the old version
    expect(await goOn(after, text)).toMatchObject({ state: "done" });
  });

  it("stays moved behind a snapshot (V2)", async () => {
    const kept = await begun(FLOW);
    const text = `${FLOW}print "new";\n`;
    await moved(kept, text);
    const [program, ports] = [await programOf(text), portsOf(kept.clock)];
    const options = { grants: { allowsCommand: () => false }, sleepAfter: 1 };
    const taken = committed(kept.store, resumeRun(kept.store, program, "r", ports, options));
    const passing = setInterval(() => kept.clock.pass(), 1);
    expect(await taken).toMatchObject({ state: "asleep" });
    clearInterval(passing);

    expect((await kept.store.header("r"))?.snap).toBeGreaterThan(0);
    expect(new TextDecoder().decode((await startOf(kept.store, "r")).program as Uint8Array)).toBe(text);
    await committed(kept.store, sendSignal(kept.store, "r", { name: "go", value: "yes", sender: "s" }));
    expect(await goOn({ store: kept.store.crash(), clock: kept.clock }, text)).toMatchObject({ state: "done" });
  });

  it("takes along what the run spawned", async () => {
    const spawning = (later: string): string => `function unused() -> Int { 1 }
workflow child(n: Int) -> Int { x = wait signal("never"); print x; n${later} }
t = spawn child(1);
x = wait signal("go");
print await t;
`;
    const kept = await begun(spawning(""));
    const text = spawning(" + 1").replace("function unused() -> Int { 1 }\n", "");

    const all = await moved(kept, text);

    expect(all).toHaveLength(2);
    expect(all.every((each) => each.endsWith(" continues"))).toBe(true);
    const [child] = (await kept.store.list({ prefix: "r." })).map(({ id }) => id);
    const last = (await kept.store.read(child ?? "", 1)).map(({ bytes }) => decodeEntry(bytes).kind).at(-1);
    expect(last).toBe("MIGRATE");
  });

  it("moves nothing when one would go another way, and nothing that has ended", async () => {
    const kept = await begun(FLOW);
    expect(await moved(kept, FLOW.replace("t = now();\n", ""))).toEqual(["r decide"]);
    const kinds = (await kept.store.read("r", 1)).map(({ bytes }) => decodeEntry(bytes).kind);
    expect(kinds).not.toContain("MIGRATE");

    const ended = await begun('print "done";');
    await expect(moved(ended, 'print "done";')).rejects.toMatchObject({ code: "run-ended" });
  });
});
