/**
 * Ends a thread that keeps too much, before V8 ends the whole process.
 *
 * A thread whose heap reaches V8's own limit gets 16 MB more to end in; an allocation that is larger ends the process, and all
 * others with it. So V8's limit is put far above (`v8Limit`), and the one that counts is kept from outside: the heap is looked at
 * now and then, often once there is much in it.
 *
 *   H1  What is beyond the limit ends the thread within `ALERT` of the first look that saw much.
 *   H2  Nothing is promised while whoever looks is blocked, nor against an allocation of more than `ROOM` at once.
 */
import type { Worker } from "node:worker_threads";

const MEGABYTE = 2 ** 20;
/** Megabytes between the limit and V8's: several of the largest single objects that V8 makes. */
const ROOM = 3584;
/** Milliseconds between two looks: while there is little, and while there is much. */
const CALM = 500;
const ALERT = 25;
const MUCH = 96 * MEGABYTE;

export interface HeapLimits {
  /** Megabytes of objects. */
  readonly objects: number;
  /** Megabytes of buffers outside of the heap; memories of WebAssembly do not count. */
  readonly outside?: number;
}

/** For `resourceLimits.maxOldGenerationSizeMb`. */
export function v8Limit({ objects }: HeapLimits): number {
  return objects + ROOM;
}

/** @param over is told once of what is too much, in words; it ends the thread. @returns what stops the watch */
export function watchHeap(worker: Worker, limits: HeapLimits, over: (what: string) => void): () => void {
  const { objects, outside = Infinity } = limits;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const plan = (milliseconds: number): void => {
    timer = setTimeout(() => void look().catch(() => undefined), milliseconds).unref(); // it fails when the thread ends
  };
  const look = async (): Promise<void> => {
    const { used_heap_size: used, external_memory: beside } = await worker.getHeapStatistics();
    if (stopped) return;
    if (used > objects * MEGABYTE) return over(`more than ${objects} MB in objects`);
    if (beside > outside * MEGABYTE) return over(`more than ${outside} MB in buffers`);
    plan(used > MUCH || (outside !== Infinity && beside > MUCH) ? ALERT : CALM);
  };
  plan(CALM);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
