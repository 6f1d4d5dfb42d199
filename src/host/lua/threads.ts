/** Coroutines for calls, used again and again: making one costs more than a small call. */
import type { Pointer } from "./api.ts";
import type { Export } from "./exports.ts";
import { FaultMemory } from "./import-faults.ts";
import type { Link } from "./link.ts";
import type { StateReader, StateWriter } from "../state/bytes.ts";

/** One call on its way, in a coroutine of its own. */
export interface Task {
  target: Export;
  /** The number of the call. */
  call: number;
  readonly thread: Pointer;
  readonly faults: FaultMemory;
  /** The registry's hold on the coroutine. */
  readonly ref: number;
}

/** As many as ordinarily run at once; more are made when needed and left to the collector afterwards. */
const MOST_KEPT = 8;

export class Threads {
  readonly #link: Link;
  readonly #free: Task[] = [];

  constructor(link: Link) {
    this.#link = link;
  }

  take(target: Export): Task {
    const free = this.#free.pop();
    if (free !== undefined) {
      free.target = target;
      free.call = this.#link.chance.next();
      return free;
    }
    const call = this.#link.chance.next();
    return { target, call, ...this.#link.machine.newThread(), faults: new FaultMemory(this.#link) };
  }

  /** The coroutines that serve again. No call is running. */
  save(to: StateWriter): void {
    to.u32(this.#free.length);
    for (const { thread, ref } of this.#free) {
      to.u32(thread);
      to.u32(ref);
    }
  }

  /** @param idle a function that they could have been in, until each is taken for one */
  restore(idle: Export | undefined, from: StateReader): void {
    const count = from.count(8);
    if (count > MOST_KEPT) from.refuse(`it keeps ${count} coroutines`);
    if (idle === undefined) return;
    for (let left = count; left > 0; left--) {
      const [thread, ref] = [from.u32(), from.u32()];
      this.#free.push({ target: idle, call: 0, thread, ref, faults: new FaultMemory(this.#link) });
    }
  }

  /** Takes back a task whose call ended well or with an `err`; a suspended or broken one is never given back. */
  giveBack(task: Task): void {
    const { machine } = this.#link;
    task.faults.forget();
    if (this.#free.length < MOST_KEPT) {
      machine.api.lua_settop(task.thread, 0);
      this.#free.push(task);
    } else {
      machine.release(task.ref);
    }
  }
}
