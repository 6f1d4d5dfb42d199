/** The upgrade report, and moving runs: logs of one version of a program, played back by another. */
import { describe, expect, it } from "vitest";
import { resumeRun, startOf } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { migrate } from "../../../src/engine/trial/migrate.ts";
import { judge } from "../../../src/engine/trial/upgrade.ts";
import type { Verdict } from "../../../src/engine/trial/upgrade.ts";
import { decodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { begun, committed, goOn, portsOf, programOf } from "./kept-run.ts";
import type { Kept } from "./kept-run.ts";

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
    expect(await other('print "begin";\n', "")).toMatchObject({ kind: "decide" });
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
