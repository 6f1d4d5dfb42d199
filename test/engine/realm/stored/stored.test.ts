/** Stored runs in run workers: recorded as in this thread, and taken up again from their logs when a worker is gone. */
import { describe, expect, it } from "vitest";
import { beginRun, resumeRun } from "../../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../../src/engine/durable/effects/send.ts";
import { ValueBytes } from "../../../../src/engine/durable/value-bytes.ts";
import type { RunPorts } from "../../../../src/engine/platform/ports.ts";
import type { RunResult } from "../../../../src/engine/loop/run-options.ts";
import { decodeEntry } from "../../../../src/journal/entry/entry-codec.ts";
import { Blob } from "../../../../src/journal/entry/entry.ts";
import type { Entry } from "../../../../src/journal/entry/entry.ts";
import { MemoryStore } from "../../../../src/journal/memory-store.ts";
import { sha256 } from "../../../journal/stores.ts";
import { blame, killInnocent, stage, type Stage, type StageOptions } from "../stage.ts";

const options = { grants: { allowsCommand: () => true } };

/** Outside is counted: whatever is done twice gives another answer. */
function world(): { readonly options: StageOptions; readonly done: string[] } {
  const done: string[] = [];
  const shell: RunPorts["shell"] = {
    run: async (commands) => {
      done.push(`shell ${commands.flat().join(" ")}`);
      return { stdout: `${done.length}`, stderr: "", status: 0 };
    },
  };
  const fork: RunPorts["fork"] = async (_, fn) => {
    done.push(`fork ${fn}`);
    return 7;
  };
  return { done, options: { shell, fork } };
}

async function begun(on: Stage, source: string): Promise<MemoryStore> {
  const store = new MemoryStore({ hash: sha256 });
  const seed = new Uint8Array(32);
  const run = { id: "r", name: "r", source, function: 0, args: [], seed, grants: [], created: 0 };
  await beginRun(store, on.program, run);
  return store;
}

async function entriesOf(store: MemoryStore, id = "r"): Promise<readonly Entry[]> {
  return (await store.read(id, 1)).map(({ bytes }) => decodeEntry(bytes));
}

async function printed(store: MemoryStore, { program }: Stage, id = "r"): Promise<readonly unknown[]> {
  const values = new ValueBytes(program.ir);
  return (await entriesOf(store, id)).flatMap((entry) =>
    entry.kind === "OUT" && entry.channel === "print" ? [values.decode(entry.value as Uint8Array)] : [],
  );
}

interface Lived {
  readonly result: RunResult;
  readonly lines: readonly unknown[];
  readonly done: readonly string[];
  readonly workers: number;
  readonly commits: number;
}

/** Kills the worker when so many commits were made. */
async function livedThrough(source: string, count: number): Promise<Lived> {
  const { options: given, done } = world();
  const on = await stage(source, given);
  const store = await begun(on, source);
  let commits = 0;
  using watching = store.watch(() => {
    commits += 1;
    if (commits === count) void killInnocent(on.threads.at(-1));
  });
  void watching;
  const result = await resumeRun(store, on.program, "r", on.ports, options);
  const lived = { result, lines: await printed(store, on), done, workers: on.threads.length, commits };
  await on[Symbol.asyncDispose]();
  return lived;
}

const PROGRAM = `
  print "begun"; print lua.increment(); r = shell {"ls"}; print r.stdout; print (random(), uuid());
  xs = para { seq { sleep(3ms); print lua.increment(); lua.increment() }; seq { shell {"pwd"}.stdout } };
  print xs; print =lua.increment=();
  workflow child(n: Int) -> Int { print lua.increment(); n + lua.increment() }
  t = spawn child(10); print await t;
  try { timeout (5ms) { sleep(1h); } } catch (e) { print e.code; }
  for i in range(3) { print lua.increment(); } lua.increment();`;

describe("a stored run in a worker", { timeout: 600_000 }, () => {
  it("puts what is large beside its log, and finds it there elsewhere", async () => {
    const source = `s = "x"; for i in range(16) { s = s + s; } print s; shell {"ls"}; print lua.increment(); s;`;
    for (const count of [Infinity, 3]) {
      await using on = await stage(source, world().options);
      const store = await begun(on, source);
      let commits = 0;
      using watching = store.watch(() => void (++commits === count && killInnocent(on.threads.at(-1))));
      void watching;
      const result = await resumeRun(store, on.program, "r", on.ports, options);
      expect(result).toEqual({ state: "done", value: "x".repeat(2 ** 16) });
      const values = (await entriesOf(store)).flatMap((entry) => ("value" in entry ? [entry.value] : []));
      expect(values.filter((value) => value instanceof Blob)).toHaveLength(2);
      expect(await store.verify()).toEqual([]);
    }
  });

  it("is recorded as in this thread, and goes on elsewhere wherever its worker was lost", async () => {
    const whole = await livedThrough(PROGRAM, Infinity);
    expect(whole.result.state).toBe("done");
    expect(whole.done.toSorted()).toEqual(["fork increment", "shell ls", "shell pwd"]);
    expect(whole.workers).toBe(1);
    const all = Array.from({ length: whole.commits }, (_, at) => at + 2).slice(0, -4);
    const counts = process.env["SENNIT_LONG"] === undefined ? [9] : all;
    for (const count of counts) {
      const { result, lines, done, workers } = await livedThrough(PROGRAM, count);
      expect([count, result]).toEqual([count, whole.result]);
      expect(lines).toEqual(whole.lines);
      expect(done.filter((each) => each.startsWith("shell")).toSorted()).toEqual(["shell ls", "shell pwd"]);
      // Near its end the run may be over before the worker is gone.
      expect(workers).toBeGreaterThan(count < whole.commits / 2 ? 1 : 0);
    }
  });

  it("catches what ended its worker, and its state is rebuilt", async () => {
    const source = `print lua.increment(); print lua.increment(); print "now";
      try { spin.forever(); } catch (e) { print e.code; } lua.increment();`;
    const { options: given } = world();
    await using on = await stage(source, { ...given, spins: true });
    const store = await begun(on, source);
    using watching = store.watch(() => {
      void entriesOf(store).then((entries) => {
        const isIn = entries.some((entry) => entry.kind === "CALL" && entry.function === "forever");
        if (!isIn || on.threads.length > 1) return;
        blame(on.threads[0], 2);
        void on.threads[0]?.kill();
      });
    });
    void watching;
    const result = await resumeRun(store, on.program, "r", on.ports, options);
    expect(result).toEqual({ state: "done", value: 3 });
    expect(await printed(store, on)).toEqual(["1", "2", "now", "plugin-trapped"]);
    expect(on.threads).toHaveLength(2);
    const faults = (await entriesOf(store)).filter((entry) => entry.kind === "DONE" && entry.outcome === "fault");
    expect(faults).toHaveLength(1);
  });

  it("hears what is sent to it", async () => {
    const source =
      'print lua.increment(); x = wait signal("go"); print x; y = wait signal("go"); print y; lua.increment();';
    await using on = await stage(source, world().options);
    const store = await begun(on, source);
    const running = resumeRun(store, on.program, "r", on.ports, options);
    for (const [n, sender] of ["a", "b"].entries()) {
      await expect.poll(async () => (await printed(store, on)).length, { timeout: 20_000 }).toBe(n + 1);
      await sendSignal(store, "r", { name: "go", sender, value: sender });
    }
    expect(await running).toEqual({ state: "done", value: 2 });
    expect(await printed(store, on)).toEqual(["1", "a", "b"]);
  });

  it("is stopped where it is, and taken up again", async () => {
    const source = 'print lua.increment(); x = wait signal("go"); print x; lua.increment();';
    await using on = await stage(source, world().options);
    const store = await begun(on, source);
    const stop = new AbortController();
    using watching = store.watch(() => {
      void printed(store, on).then((lines) => lines.length === 1 && stop.abort());
    });
    void watching;
    const stopped = resumeRun(store, on.program, "r", on.ports, { ...options, stop: stop.signal });
    await expect(stopped).rejects.toMatchObject({ code: "stopped" });
    await sendSignal(store, "r", { name: "go", sender: "a", value: "on" });
    expect(await resumeRun(store, on.program, "r", on.ports, options)).toEqual({ state: "done", value: 2 });
    expect(await printed(store, on)).toEqual(["1", "on"]);
  });

  it("falls asleep with a snapshot, and wakes from that in another worker", async () => {
    const source = 'print lua.increment(); x = wait signal("go"); print x; lua.increment();';
    const first = await stage(source, world().options);
    const store = await begun(first, source);
    const asleep = await resumeRun(store, first.program, "r", first.ports, { ...options, sleepAfter: 1 });
    expect(asleep).toEqual({ state: "asleep", wake: null });
    await first[Symbol.asyncDispose]();
    const header = await store.header("r");
    expect(header).toMatchObject({ state: "waiting" });
    expect(header?.snap).toBeGreaterThan(0);
    await sendSignal(store, "r", { name: "go", sender: "a", value: "on" });
    await using second = await stage(source, world().options);
    const result = await resumeRun(store, second.program, "r", second.ports, options);
    expect(result).toEqual({ state: "done", value: 2 });
    expect(await printed(store, second)).toEqual(["1", "on"]);
  });
});
