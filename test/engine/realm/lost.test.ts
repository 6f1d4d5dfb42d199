/** What becomes of runs whose worker is gone: the one to blame fails, the others begin again, or say that they are lost. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadProgram } from "../../../src/engine/load.node.ts";
import { nodePorts } from "../../../src/engine/ports.node.ts";
import type { RunEvent } from "../../../src/engine/ports.ts";
import { RunsElsewhere } from "../../../src/engine/realm/elsewhere.node.ts";
import { parcelIfPossible } from "../../../src/engine/realm/parcels.node.ts";
import { realmProgram } from "../../../src/engine/realm/program.ts";
import { RunRealm } from "../../../src/engine/realm/realm.node.ts";
import { startRunThread } from "../../../src/engine/realm/thread.node.ts";
import type { RunResult } from "../../../src/engine/run-options.ts";
import type { KeptThread } from "../../../src/host/keeper/keeper.node.ts";
import { FLIGHT } from "../../../src/host/keeper/flight.ts";
import type { Value } from "../../../src/wit/value.ts";
import * as frames from "../../../src/engine/realm/frames.ts";
import { Fake, frame } from "./fake.ts";

const samples = fileURLToPath(new URL("../../../plugins/samples/", import.meta.url));

interface Stage extends AsyncDisposable {
  readonly realms: readonly RunRealm[];
  readonly threads: readonly KeptThread[];
  readonly events: readonly RunEvent[];
  readonly run: (args?: readonly Value[], signal?: AbortSignal) => Promise<RunResult>;
  /** When so many events were seen. */
  readonly shown: (count: number) => Promise<void>;
}

/** A program with its Lua counter in a worker that the test can kill. */
async function stage(source: string, start: () => KeptThread = () => startRunThread(Infinity)): Promise<Stage> {
  const loaded = await loadProgram({
    file: join(samples, "program.sennit"),
    text: `require "./counter-lua" as lua; ${source}`,
    functions: {},
    wit: undefined,
    grants: [],
    warn: () => {},
  });
  if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ title }) => title).join());
  const parcels = await Promise.all(loaded.opened.map(async ({ files }) => files && (await parcelIfPossible(files))));
  const threads: KeptThread[] = [];
  const realms: RunRealm[] = [];
  const lease = async (): Promise<{ realm: RunRealm; release: () => Promise<void> }> => {
    const thread = start();
    threads.push(thread);
    const realm = new RunRealm(thread);
    realms.push(realm);
    return { realm, release: () => realm[Symbol.asyncDispose]() };
  };
  const elsewhere = new RunsElsewhere(realmProgram(loaded.program, parcels), lease, lease);
  const events: RunEvent[] = [];
  const ports = nodePorts(samples, null, (event) => events.push(event));
  let runs = 0;
  return {
    realms,
    threads,
    events,
    run: (args = [], signal) =>
      elsewhere.run(0, args, ports, {
        id: `run ${runs++}`,
        seed: new Uint8Array(32),
        grants: { allowsCommand: () => false },
        signal,
      }),
    shown: (count) => expect.poll(() => events.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count),
    [Symbol.asyncDispose]: async () => {
      await elsewhere[Symbol.asyncDispose]();
      await loaded.program[Symbol.asyncDispose]();
    },
  };
}

/** Whose turn the thread says it was. */
function blame(thread: KeptThread | undefined, run: number): void {
  if (thread !== undefined) Atomics.store(thread.flight, FLIGHT.run, run);
}

const SPIN = 'param spins: Bool; param shows: Bool; if (shows) { print "begun"; } while (spins) { } lua.increment();';

describe("runs whose worker is gone", { timeout: 60_000 }, () => {
  it("fail with the reason when they were executing, and the next one gets another worker", async () => {
    await using on = await stage(SPIN);
    const spinning = on.run([true, true]);
    await on.shown(1);
    await on.threads[0]?.kill();
    await expect(spinning).rejects.toMatchObject({ code: "plugin-trapped", message: /^The run was ended: / });
    expect(await on.run([false, false])).toEqual({ state: "done", value: 1 });
    expect(on.threads).toHaveLength(2);
  });

  it("begin again when nothing of them was seen, and else say that they are lost", async () => {
    const source = `param naps: Bool; param shows: Bool; if (shows) { print "begun"; }
      if (naps) { sleep(1s); } else { n = 0; while (true) { n = n + 1; } } lua.increment();`;
    await using on = await stage(source);
    const again = on.run([true, false]);
    const lost = on.run([true, true]);
    const blamed = on.run([false, true]);
    await on.shown(2);
    blame(on.threads[0], 4); // the program has the number 1
    await on.threads[0]?.kill();
    await expect(blamed).rejects.toMatchObject({ code: "plugin-trapped" });
    await expect(lost).rejects.toMatchObject({ code: "run-lost", hint: /durable/ });
    expect(await again).toEqual({ state: "done", value: 1 });
    expect(on.threads).toHaveLength(2);
  });

  it("are tried once more, each alone, when nobody knows who was to blame", async () => {
    const fake = new Fake();
    let threads = 0;
    const start = (): KeptThread => (threads++ === 0 ? fake : startRunThread(Infinity));
    await using on = await stage("param n: Int; lua.increment() + n;", start);
    const both = [on.run([10]), on.run([20])];
    await expect.poll(() => fake.sent.length).toBe(1);
    fake.say(frame(frames.OPENED, fake.last("open").program, (to) => to.u8(0)));
    await expect.poll(() => on.realms[0]?.runs).toBe(2);
    fake.end({ code: "memory-limit", why: "its thread needs more" });
    expect(await Promise.all(both)).toEqual([
      { state: "done", value: 11 },
      { state: "done", value: 21 },
    ]);
    expect(on.threads).toHaveLength(3);
  });

  it("hear that they are cancelled also while they compute", async () => {
    await using on = await stage(SPIN);
    const controller = new AbortController();
    const spinning = on.run([true, true], controller.signal);
    await on.shown(1);
    controller.abort();
    expect(await spinning).toEqual({ state: "cancelled" });
    expect(on.threads).toHaveLength(1);
  });

  it("end with a worker that does not hear that they are cancelled", async () => {
    const fake = new Fake();
    await using on = await stage(SPIN, () => fake);
    const run = on.run([false, false], AbortSignal.abort());
    await expect.poll(() => fake.sent.length).toBe(1);
    fake.say(frame(frames.OPENED, fake.last("open").program, (to) => to.u8(0)));
    await expect(run).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(fake.sent.map(({ kind }) => kind)).toEqual(["open", "run", "cancel", "ping"]);
    expect(fake.killed).toBeGreaterThan(0);
  });
});
