/** Runs in memory that lost their worker through another run's fault: they go on elsewhere, and nothing is done or seen twice. */
import { describe, expect, it } from "vitest";
import type { RunEvent, RunPorts } from "../../../../src/engine/platform/ports.ts";
import type { RunResult } from "../../../../src/engine/loop/run-options.ts";
import { killInnocent, stage, type Stage, type StageOptions } from "../stage.ts";

interface World {
  readonly options: StageOptions;
  /** What was done outside. */
  readonly done: string[];
}

/** Outside is counted: whatever is done twice gives another answer. */
function world(): World {
  const done: string[] = [];
  const shell: RunPorts["shell"] = {
    run: async (commands) => {
      done.push(`shell ${commands.flat().join(" ")}`);
      return { stdout: `${done.length}`, stderr: "", status: 0 };
    },
  };
  const fork: RunPorts["fork"] = async (_, fn) => {
    done.push(`fork ${fn}`);
    return done.length;
  };
  const told = (text: unknown): string => {
    done.push(`told ${String(text)}`);
    return `answer ${done.length}`;
  };
  const each = async (call: unknown): Promise<number> => {
    let sum = 0;
    for (let i = 0; i < 3; i++) sum += (await (call as (n: number) => Promise<number>)(i)) as number;
    done.push(`each ${sum}`);
    return sum;
  };
  return { done, options: { shell, fork, functions: { told, each } } };
}

const texts = (events: readonly RunEvent[]): readonly string[] =>
  events.map((event) => (event.kind === "print" ? event.text : event.kind));

/** Kills the worker when so many events were seen, and each later one after as many again. */
async function killedAfter(
  source: string,
  count: number,
  times = 1,
): Promise<{ on: Stage; result: RunResult; done: readonly string[] }> {
  const { options, done } = world();
  let left = times;
  let seen = 0;
  const follow: StageOptions["follow"] = (_, { threads }) => {
    seen += 1;
    if (left === 0 || seen < count) return;
    left -= 1;
    seen = 0;
    void killInnocent(threads.at(-1));
  };
  const on = await stage(source, { ...options, follow });
  return { on, result: await on.run(), done };
}

const PROGRAM = `
  require told; require each; require "./counter-python" as python;
  start = now(); print "begun"; print lua.increment();
  r = shell {"ls"}; print r.stdout; print told("first"); print (random(), uuid());
  xs = para { seq { sleep(3ms); print lua.increment(); lua.increment() }; seq { print told("second"); shell {"pwd"}.stdout } };
  print xs; print =lua.increment=(); print python.increment(); print python.increment();
  print each(|n| seq { print n; lua.increment() + n });
  workflow child(n: Int) -> Int { print lua.increment(); n + lua.increment() }
  t = spawn child(10); print told("third"); print await t;
  try { timeout (5ms) { sleep(1h); } } catch (e) { print e.code; }
  print now() >= start; emit("end", ["a": 1]); lua.increment();`;

describe("a run in memory", { timeout: 600_000 }, () => {
  it("goes on in another worker, wherever its own was killed", async () => {
    const whole = await killedAfter(PROGRAM, Infinity);
    await whole.on[Symbol.asyncDispose]();
    const wanted = texts(whole.on.events);
    expect(wanted).toContain("begun");
    const all = wanted.map((_, at) => at + 1).slice(0, -1);
    const counts = process.env["SENNIT_LONG"] === undefined ? [9] : all;
    for (const count of counts) {
      const { on, result, done } = await killedAfter(PROGRAM, count);
      await on[Symbol.asyncDispose]();
      expect([count, result]).toEqual([count, whole.result]);
      expect(texts(on.events).toSorted()).toEqual(wanted.toSorted());
      expect(done.toSorted()).toEqual(whole.done.toSorted());
      expect(on.threads).toHaveLength(count < wanted.length - 4 ? 2 : on.threads.length);
    }
  });

  it("goes on as often as it loses its worker", async () => {
    const source = `for i in range(6) { print i; print lua.increment(); sleep(1ms); } r = shell {"ls"}; r.stdout;`;
    const { on, result, done } = await killedAfter(source, 3, 3);
    await on[Symbol.asyncDispose]();
    expect(result).toEqual({ state: "done", value: "1" });
    expect(texts(on.events)).toEqual(["0", "1", "1", "2", "2", "3", "3", "4", "4", "5", "5", "6"]);
    expect(done).toEqual(["shell ls"]);
  });

  it("is cancelled where it goes on, with its `finally`", async () => {
    const { options } = world();
    const controller = new AbortController();
    const follow: StageOptions["follow"] = ({ kind }, { threads }) => {
      if (kind !== "print" || threads.length > 1) return;
      controller.abort();
      void killInnocent(threads[0]);
    };
    await using on = await stage('try { print lua.increment(); sleep(1h); } finally { print "out"; }', {
      ...options,
      follow,
    });
    expect(await on.run([], controller.signal)).toEqual({ state: "cancelled" });
    expect(texts(on.events)).toEqual(["1", "out"]);
  });

  it("does not make a call again that was stopped for its time, and whose instance is as lost", async () => {
    const source = `try { late.forever(); } catch (e) { print e.code; } try { late.one(); } catch (e) { print e.code; }
      print "here"; sleep(20ms); lua.increment();`;
    const follow: StageOptions["follow"] = (event, { threads }) => {
      if (event.kind === "print" && event.text === "here" && threads.length === 1) void killInnocent(threads[0]);
    };
    await using on = await stage(source, { spins: true, follow });
    expect(await on.run()).toEqual({ state: "done", value: 1 });
    expect(texts(on.events)).toEqual(["deadline-exceeded", "plugin-lost", "here"]);
    expect(on.threads).toHaveLength(2);
  });
});
