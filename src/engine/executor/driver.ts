/**
 * Drives one run of a store as far as it goes now: until it ends, sleeps, is parked, or is told to stop.
 *
 *   D1  Whatever keeps a run from going on parks it with the reason; nothing of the others is touched.
 *   D2  A child is a run of its own: driven here too, and its parent sleeps meanwhile if it only waits.
 */
import { here } from "../durable/log/payload.ts";
import { Fault } from "../../fault.ts";
import { encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { HeaderChange, RunHeader, Store } from "../../journal/store.ts";
import type { ChildStore } from "../durable/children/child-store.ts";
import { beginRun, resumeRun, startOf } from "../durable/durable-run.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunResult } from "../loop/run-result.ts";
import { isEnded } from "./ended.ts";
import type { Endings } from "./ended.ts";
import { tokenOf } from "./hooks.ts";
import type { Live, Memory } from "./memory.ts";
import type { News } from "./news.ts";
import type { Places } from "./places.ts";
import type { ProgramRequest } from "./ports.ts";
import type { Programs, Use } from "./programs.ts";
import type { Wakes } from "./wakes.ts";

export interface DriverPorts {
  readonly store: Store;
  readonly programs: Programs;
  readonly places: Places;
  readonly wakes: Wakes;
  readonly memory: Memory;
  readonly endings: Endings;
  readonly news: News;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly webhook: ((token: string) => string) | undefined;
  readonly warn: (text: string) => void;
  readonly cancel: (id: string) => Promise<void>;
  readonly sleepAfter: number;
  readonly keep: "all" | "snapshot";
  readonly isOver: () => boolean;
}

type Start = Awaited<ReturnType<typeof startOf>>;

export class Driver {
  readonly #ports: DriverPorts;

  constructor(ports: DriverPorts) {
    this.#ports = ports;
  }

  /** Whether it sleeps. Does not reject. */
  async drive(live: Live): Promise<boolean> {
    const { store, wakes } = this.#ports;
    const { id } = live;
    wakes.woke(id);
    try {
      const header = await store.open(id);
      try {
        return await this.#driveOpen(live, header);
      } finally {
        await store.close(id).catch(() => {}); // a store that was lost has said so
      }
    } catch (failure) {
      this.#troubled(id, failure);
      return false;
    }
  }

  /** The program that a run began with, and what it began with. The caller disposes it. */
  async programOf(id: string): Promise<Use & { readonly start: Start }> {
    const { store, programs } = this.#ports;
    const start = await startOf(store, id);
    const use = await programs.use(await this.requestOf(id, start), start);
    return { start, opened: use.opened, [Symbol.dispose]: () => use[Symbol.dispose]() };
  }

  /** A child's program is its parent's, whose name is the file. */
  async requestOf(id: string, start: Start): Promise<ProgramRequest> {
    const { store } = this.#ports;
    let [root, parent] = [id, start.parent[0]];
    for (let depth = 0; parent !== undefined && depth < 1000; depth++) {
      root = parent;
      parent = (await startOf(store, root)).parent[0];
    }
    const file = (await store.header(root))?.name ?? "";
    return { file, source: new TextDecoder().decode(here(start.program)), grants: start.grants };
  }

  /** Writes a note about an open run, and what it changes. Resolves when that is durable. */
  async note(id: string, what: string, text: string, change: HeaderChange): Promise<void> {
    const { store, now } = this.#ports;
    const at = Math.max(0, Math.floor(now()));
    await store.flushed(id, store.append(id, [encodeEntry({ kind: "NOTE", what, at, text })], change));
  }

  async #driveOpen(live: Live, header: RunHeader): Promise<boolean> {
    const { store } = this.#ports;
    const { id } = live;
    const isHeldBack = header.state === "paused" || (header.state === "parked" && !live.force);
    if (isEnded(header) || isHeldBack) return false;
    if (header.state === "queued") store.append(id, [], { state: "running" });
    try {
      using use = await this.programOf(id);
      return await this.#run(live, header, use);
    } catch (failure) {
      if (!live.stop.signal.aborted && !this.#ports.isOver()) await this.#park(header, failure);
      return false;
    }
  }

  async #run(live: Live, header: RunHeader, { opened, start }: Use & { readonly start: Start }): Promise<boolean> {
    const { store, sleepAfter, keep, webhook, wakes } = this.#ports;
    const { id, force } = live;
    const address = (secret: string, effect: string): string => webhook?.(tokenOf(id, effect, secret)) ?? "";
    const ports = opened.ports(webhook === undefined ? undefined : address);
    const options = {
      grants: opened.grants,
      signal: live.cancel.signal,
      stop: live.stop.signal,
      sleepAfter,
      children: this.#childrenOf(id, opened.program, start),
      force,
      keep,
    };
    const taken = await resumeRun(store, opened.program, id, ports, options);
    if (taken.state === "asleep") {
      wakes.slept(id, taken.wake);
      return true;
    }
    this.#ended(header, taken, opened.program, start.function);
    return false;
  }

  #ended(header: RunHeader, result: RunResult, program: LoadedProgram, fn: number): void {
    const { endings, places, memory } = this.#ports;
    endings.note(header.id, result, program, fn);
    places.leave(header.id, header.queue);
    memory.look();
    if (header.parent !== null) memory.take(header.parent);
  }

  /** D1 */
  async #park({ id, queue }: RunHeader, failure: unknown): Promise<void> {
    const { store, places, memory, warn } = this.#ports;
    const reason = failure instanceof Error ? failure.message : String(failure);
    const code = failure instanceof Fault ? failure.code : "defect";
    const header = await store.header(id);
    if (header?.state !== "parked" && header !== undefined && !isEnded(header)) {
      await this.note(id, "parked", `${code}: ${reason}`, { state: "parked", wake: null, reason });
    }
    places.leave(id, queue);
    memory.look();
    warn(`${id} is parked: ${reason}`);
  }

  #troubled(id: string, failure: unknown): void {
    if (this.#ports.isOver() || (failure instanceof Fault && failure.code === "unknown-run")) return;
    this.#ports.warn(`${id} cannot be driven: ${failure instanceof Error ? failure.message : String(failure)}`);
  }

  /** D2 */
  #childrenOf(parent: string, program: LoadedProgram, { seed, program: source, grants }: Start): ChildStore {
    const { store, now } = this.#ports;
    return {
      create: async (id, effect, fn, args) => {
        const text = new TextDecoder().decode(here(source));
        const name = program.ir.functions[fn]?.name ?? "";
        const created = Math.max(0, Math.floor(now()));
        const run = {
          id,
          name,
          source: text,
          function: fn,
          args,
          seed,
          grants,
          created,
          parent: { run: parent, effect },
        };
        if (await beginRun(store, program, run)) await store.close(id);
      },
      run: (id, cancel, stop) => this.#child(id, program, cancel, stop),
    };
  }

  async #child(id: string, program: LoadedProgram, cancel: AbortSignal, stop: AbortSignal): Promise<RunResult> {
    const { store, news, memory, endings, warn } = this.#ports;
    const header = await store.header(id);
    if (header === undefined) return { state: "cancelled" };
    if (isEnded(header)) return await endings.result(header, program);
    if (header.state === "running" && memory.get(id) === undefined) memory.take(id);
    const giveUp = (): void => {
      this.#ports.cancel(id).catch((failure: unknown) => {
        if (!this.#ports.isOver())
          warn(`${id} cannot be cancelled: ${failure instanceof Error ? failure.message : ""}`);
      });
    };
    cancel.addEventListener("abort", giveUp, { once: true });
    if (cancel.aborted) giveUp();
    try {
      const ended = await news.until(id, stop, async () => {
        const found = await store.header(id);
        return found === undefined ? "removed" : isEnded(found) ? found : null;
      });
      if (ended === null) throw new Fault("stopped", "The run was stopped, and can be taken up again");
      return ended === "removed" ? { state: "cancelled" } : await endings.result(ended, program);
    } finally {
      cancel.removeEventListener("abort", giveUp);
    }
  }
}
