/**
 * How soon a guest that does not come back is stopped: softly by its meter, by force where no meter reaches, and when it sends
 * without end. The engine thread may be blocked meanwhile.
 */
import { type KeptThread, startKept } from "../../src/host/keeper/keeper.node.ts";
import { GRACE } from "../../src/host/keeper/watch.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { remotePlugin } from "../../src/host/remote/caller/plugin.node.ts";
import { HEAP_MEGABYTES, threadChannel, threadFlags } from "../../src/host/remote/ways/thread.node.ts";
import { plainOptions } from "../conformance/options.ts";
import { lua } from "../host/remote/realms.ts";
import { quantile, refuseWrongAnswer, type Timing } from "./measure.ts";
import type { Report } from "./report.ts";

const group = "Kills";
const DEADLINE = 100;
/** Where a realm without a meter counts its turns. */
const TURNS = 7;
const REALM = new URL("../host/keeper/spinning-realm.ts", import.meta.url);
const WORLD = "world w { export f: func(); export flood: func(); }";
const SPINS = "return { f = function() while true do end end, flood = function() end }";

export async function benchKills(report: Report): Promise<void> {
  const rounds = report.quick ? 2 : 25;
  await add(report, rounds, softStop, {
    what: "L1: a metered loop is over, after its deadline",
    excludes: "the start of the thread",
    goal: 10e-3,
  });
  await add(report, rounds, hardKill, {
    what: "L1: a thread without a tick is gone, after deadline and grace",
    excludes: `the deadline of ${DEADLINE} ms and the grace of ${GRACE} ms`,
    goal: 20e-3,
  });
  await add(report, rounds, hardKillWhileBlocked, {
    what: "the same, while the engine thread is blocked",
    excludes: `the deadline of ${DEADLINE} ms and the grace of ${GRACE} ms; what the engine thread does once it goes on`,
    goal: 20e-3,
  });
  await add(report, rounds, flooded, {
    what: "longest stall of the engine thread while a thread sends without end",
    excludes: "messages within the credit",
    goal: 20e-3,
  });
}

/** The figure is the 95th percentile; the spread goes from the median to the worst. */
async function add(
  report: Report,
  rounds: number,
  round: () => Promise<number>,
  row: { readonly what: string; readonly excludes: string; readonly goal: number },
): Promise<void> {
  const found: number[] = [];
  for (let at = 0; at < rounds; at++) found.push(Math.max(await round(), 0) / 1000 + Number.EPSILON);
  const sorted = found.toSorted((a, b) => a - b);
  const p95: Timing = { median: quantile(sorted, 0.95), low: quantile(sorted, 0.5), high: quantile(sorted, 1) };
  report.add({ group, ...row, what: `p95: ${row.what}`, unit: "s", figures: { sennit: p95 } });
}

/** Milliseconds after the deadline. */
async function softStop(): Promise<number> {
  await using plugin = await openPlugin(lua(WORLD, SPINS, { limits: { deadline: DEADLINE } }), { isolation: "L1" });
  await using instance = await plugin.instantiate(plainOptions());
  const start = performance.now();
  refuseWrongAnswer("a soft stop", await codeOf(() => instance.call("f", [])), "deadline-exceeded");
  return performance.now() - start - DEADLINE;
}

interface Spinning extends AsyncDisposable {
  readonly thread: KeptThread;
  readonly plugin: Plugin;
}

/** A plugin whose realm has no meter. */
async function spinning(deadline: number): Promise<Spinning> {
  let thread: KeptThread | undefined;
  const plugin = await remotePlugin(lua(WORLD, SPINS, { limits: { deadline } }), {
    start: () => {
      thread = startKept({ entry: REALM, execArgv: threadFlags(REALM, ["lua"]), heapMegabytes: HEAP_MEGABYTES });
      return threadChannel(thread);
    },
  });
  if (thread === undefined) throw new Error("no realm was started");
  return { thread, plugin, [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose]() };
}

/** The keeper alone: nobody else looks at the clock. Milliseconds after the grace. */
async function hardKill(): Promise<number> {
  await using realm = await spinning(1e9);
  await using instance = await realm.plugin.instantiate(plainOptions());
  const call = codeOf(() => instance.call("f", []));
  const start = performance.now();
  realm.thread.allow(DEADLINE);
  await realm.thread.gone;
  const took = performance.now() - start - DEADLINE - GRACE;
  refuseWrongAnswer("a hard kill", await call, "deadline-exceeded");
  return took;
}

/** Milliseconds after the grace until the guest's last turn. */
async function hardKillWhileBlocked(): Promise<number> {
  await using realm = await spinning(DEADLINE);
  await using instance = await realm.plugin.instantiate(plainOptions());
  const start = performance.now();
  const call = codeOf(() => instance.call("f", []));
  const last = lastTurn(realm.thread.flight, start + DEADLINE + GRACE + 200);
  refuseWrongAnswer("a kill while blocked", await call, "deadline-exceeded");
  return last - start - DEADLINE - GRACE;
}

/** Blocks this thread until then, and tells when the word last grew. */
function lastTurn(words: Int32Array, until: number): number {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  let [turns, at] = [0, 0];
  for (let now = performance.now(); now < until; now = performance.now()) {
    Atomics.wait(nothing, 0, 0, 0.5);
    const found = Atomics.load(words, TURNS);
    if (found === turns) continue;
    turns = found;
    at = performance.now();
  }
  return at;
}

/** Milliseconds between two turns of this thread's event loop, at most. */
async function flooded(): Promise<number> {
  await using realm = await spinning(1e9);
  await using instance = await realm.plugin.instantiate(plainOptions());
  let over = false;
  const call = codeOf(() => instance.call("flood", [])).finally(() => (over = true));
  let longest = 0;
  for (let last = performance.now(); !over; last = performance.now()) {
    await new Promise((resolve) => setImmediate(resolve));
    longest = Math.max(longest, performance.now() - last);
  }
  refuseWrongAnswer("a flood", await call, "plugin-trapped");
  return longest;
}

async function codeOf(act: () => unknown): Promise<unknown> {
  try {
    return await act();
  } catch (thrown) {
    return (thrown as { code?: unknown }).code;
  }
}
