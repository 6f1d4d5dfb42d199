/** Coroutines for calls, used again and again: making one costs more than a small call. */
import type { Pointer } from "./api.ts";
import type { LuaMachine } from "./machine.ts";

/** As many as ordinarily run at once; more are made when needed and left to the collector afterwards. */
const MOST_KEPT = 8;

export class Threads {
  readonly #machine: LuaMachine;
  readonly #free: Pointer[] = [];
  readonly #refs = new Map<Pointer, bigint>();

  constructor(machine: LuaMachine) {
    this.#machine = machine;
  }

  take(): Pointer {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const { thread, ref } = this.#machine.newThread();
    this.#refs.set(thread, ref);
    return thread;
  }

  /** Takes back a thread whose call ended well or with an `err`; a suspended or broken one is never given back. */
  giveBack(thread: Pointer): void {
    const ref = this.#refs.get(thread);
    if (this.#free.length < MOST_KEPT) {
      this.#machine.api.lua_settop(thread, 0);
      this.#free.push(thread);
    } else if (ref !== undefined) {
      this.#refs.delete(thread);
      this.#machine.release(ref);
    }
  }
}
