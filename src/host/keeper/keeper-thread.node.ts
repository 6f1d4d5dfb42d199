/**
 * The keeper's thread: starts kept threads, looks at their words, and kills.
 *
 *   T1  It handles no message of a guest and waits for no disk: a kept thread's messages go to whoever started it, by a port
 *       of their own. The first message that comes here from one ends that thread, and what one prints is not read.
 *   T2  While something is going on it looks every few milliseconds; when nothing changed for a while, it sleeps until
 *       something is due or it is woken.
 *   T3  Its time stands still while nobody could run: when the process was stopped, or the machine slept.
 *   T4  A thread whose heap is too full is ended before V8 ends the process for it (`../heap-watch.node.ts`).
 */
import { MessageChannel, type MessagePort, parentPort, Worker, workerData } from "node:worker_threads";
import { Defect } from "../../fault.ts";
import { v8Limit, watchHeap } from "../heap-watch.node.ts";
import type { Ended } from "../remote/ways/channel.ts";
import { LimitWords } from "./limit-words.ts";
import type { KeeperSetup, Order, Report, ThreadOrder } from "./orders.ts";
import { Watch } from "./watch.ts";

/** Milliseconds between two looks while something is going on, and while nothing changes but something will be due. */
const LOOK = 5;
const SLEEP = 1000;
/** Milliseconds without a change until it sleeps. */
const AWAKE = 50;
/** A longer delay of its own timers was no time of the realms' either (T3). */
const LATE = 250;

interface Kept {
  readonly watch: Watch;
  readonly limits: LimitWords;
  readonly kill: () => void;
  readonly ping: (number: number) => void;
  /** Milliseconds between two pings. */
  every: number;
  nextPing: number;
}

const port = enginePort();
const { sleeps } = workerData as KeeperSetup;
const kept = new Map<number, Kept>();
let timer: NodeJS.Timeout | undefined;
let now = 0;
let read = performance.now();
let planned = 0;
let pings = 0;

port.on("message", (order: Order) => {
  obey(order);
  lookAtAll();
});

function obey(order: Order): void {
  switch (order.kind) {
    case "start":
      return start(order.id, order);
    case "watch":
      return watchProcess(order.id, order.pid, new LimitWords(order.limits));
    case "kill":
      return kept.get(order.id)?.kill();
    case "longest":
      return watchFor(order.id, order.longest);
    case "forget":
      return void kept.delete(order.id);
    case "wake":
      return;
  }
}

function start(id: number, order: ThreadOrder): void {
  try {
    startThread(id, order);
  } catch (thrown) {
    const why = `its thread did not start: ${thrown instanceof Error ? thrown.message : String(thrown)}`;
    port.postMessage({ id, code: "plugin-trapped", why } satisfies Report);
  }
}

function startThread(id: number, order: ThreadOrder): void {
  const { port1: ours, port2: theirs } = new MessageChannel();
  const { ended, end } = endOf(order.heapMegabytes);
  const worker = started(order, theirs);
  const limits = new LimitWords(order.limits);
  const terminate = (): void => void worker.terminate();
  worker.once("message", terminate); // T1
  worker.on("error", end.byError);
  const stopWatching = watchHeap(worker, { objects: order.heapMegabytes }, () => {
    end.full();
    terminate();
  });
  worker.on("exit", () => {
    stopWatching();
    kept.delete(id);
    ours.close();
    port.postMessage({ id, ...ended() } satisfies Report);
  });
  const { flight, longest } = order;
  kept.set(id, {
    watch: new Watch({ limits, flight, longest }, time()),
    kill: () => {
      if (limits.wasKilled) end.late();
      terminate();
    },
    limits,
    ping: (number) => ours.postMessage(number),
    every: everyOf(longest),
    nextPing: longest === Infinity ? Infinity : 0,
  });
}

function everyOf(longest: number): number {
  return Math.max(longest / 4, LOOK);
}

function watchFor(id: number, longest: number): void {
  const found = kept.get(id);
  if (found === undefined) return;
  found.watch.watchFor(longest, time());
  found.every = everyOf(longest);
  found.nextPing = longest === Infinity ? Infinity : 0;
}

function started(order: ThreadOrder, pings: MessagePort): Worker {
  const keeper = { port: order.port, flight: order.flight, pings };
  return new Worker(new URL(order.entry), {
    env: {},
    argv: [],
    execArgv: [...order.execArgv],
    stdin: true,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: v8Limit({ objects: order.heapMegabytes }) },
    workerData: { ...order.workerData, keeper },
    transferList: [order.port, pings],
  });
}

function endOf(heapMegabytes: number): {
  readonly ended: () => Ended;
  readonly end: { readonly byError: (error: unknown) => void; readonly full: () => void; readonly late: () => void };
} {
  let ended: Ended = { code: "plugin-trapped", why: "its thread ended" };
  const full = (): void => {
    ended = { code: "memory-limit", why: `its thread needs more than ${heapMegabytes} MB` };
  };
  const byError = (error: unknown): void => {
    if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY") return full();
    ended = { code: "plugin-trapped", why: error instanceof Error ? error.message : String(error) };
  };
  const late = (): void => {
    ended = { code: "deadline-exceeded", why: "it did not end in time, and its thread was killed" };
  };
  return { ended: () => ended, end: { byError, full, late } };
}

function watchProcess(id: number, pid: number, limits: LimitWords): void {
  const kill = (): void => {
    if (!limits.isGone) killProcess(pid);
  };
  const watch = new Watch({ limits, flight: null, longest: Infinity }, time());
  kept.set(id, { watch, limits, kill, ping: () => {}, every: Infinity, nextPing: Infinity });
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** Acts on what is due, and plans when to look again. */
function lookAtAll(): void {
  Atomics.store(sleeps, 0, 1); // before it looks: what changes after that wakes it
  const at = time();
  let [next, changed] = [Infinity, -Infinity];
  for (const [id, each] of kept) {
    next = Math.min(next, lookAt(id, each, at));
    changed = Math.max(changed, each.watch.changed);
  }
  const awake = at - changed < AWAKE;
  if (awake) Atomics.store(sleeps, 0, 0);
  clearTimeout(timer);
  if (!awake && next === Infinity) return;
  planned = Math.max(1, Math.min(next - at, awake ? LOOK : SLEEP));
  timer = setTimeout(lookAtAll, planned);
}

/** When it has to be looked at again. */
function lookAt(id: number, each: Kept, at: number): number {
  if (at >= each.nextPing) {
    each.nextPing = at + each.every;
    each.ping((pings = (pings + 1) | 0));
  }
  const { kill, next } = each.watch.look(at);
  if (!kill) return Math.min(next, each.nextPing);
  kept.delete(id);
  each.limits.setKilled();
  each.kill();
  return Infinity;
}

/** Milliseconds in which there was time to run (T3). */
function time(): number {
  const real = performance.now();
  now += Math.min(real - read, planned + LATE);
  read = real;
  return now;
}

function enginePort(): MessagePort {
  if (parentPort === null) throw new Defect("the keeper was started as no thread");
  return parentPort;
}
