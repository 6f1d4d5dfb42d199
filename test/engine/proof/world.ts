/**
 * A run whose world does one thing at a time, in an order that a seed decides: a commit becomes durable, somebody answers,
 * time passes, a signal is sent, the run is cancelled, its process ends.
 */
import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import type { ResumeOptions } from "../../../src/engine/durable/durable-run.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import type { RunResult } from "../../../src/engine/loop/run-options.ts";
import { turn } from "../../../src/engine/trial/lives.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { sha256 } from "../../journal/stores.ts";
import { portsOf, VirtualClock } from "../durable/crash.ts";
import { Chance } from "./chance.ts";
import { Outside, programOf } from "./guests.ts";
import type { Memory } from "./guests.ts";

export const RUN = "run";

export interface Plan {
  readonly ir: Ir;
  readonly seed: number;
  /** After how many steps each life but the last ends. */
  readonly lives: readonly number[];
  /** In which step of the whole somebody asks for its cancellation. */
  readonly cancelAt?: number;
  readonly snapshotAfter?: number | undefined;
  readonly sleepAfter?: number | undefined;
  /** How many of the entries that were not acknowledged are there all the same; chance decides unless it is given. */
  readonly survives?: number;
}

export class World {
  readonly outside: Outside = new Outside();
  readonly clock: VirtualClock = new VirtualClock(1_000_000);
  store: MemoryStore = new MemoryStore({ hash: sha256, now: () => 0, held: true });
  /** Steps of all lives. */
  steps = 0;
  /** How far each run's log was known to be durable. */
  readonly durable: Map<string, number> = new Map();
  /** By child: how far every log was durable when it was made. */
  readonly born: Map<string, ReadonlyMap<string, number>> = new Map();
  /** Of the last life. */
  readonly memories: Map<string, Memory> = new Map();
  /** Senders that were told that their signals are there. */
  readonly acknowledged: Set<string> = new Set();
  /** Bytes of every log, as they were when a life ended. */
  readonly kept: ReadonlyMap<string, readonly Uint8Array[]>[] = [];
  readonly #plan: Plan;
  readonly #chance: Chance;
  #held: (() => void)[] = [];
  #signals = 0;
  readonly #unsent: { readonly name: string; readonly sender: string }[] = [];
  #sending = 0;

  constructor(plan: Plan, store?: MemoryStore) {
    this.#plan = plan;
    this.#chance = new Chance(plan.seed);
    if (store !== undefined) this.store = store;
  }

  program(): LoadedProgram {
    return programOf(this.#plan.ir, {
      outside: this.outside,
      durable: this.durable,
      hold: () => new Promise((resolve) => void this.#held.push(resolve)),
      made: (pack, memory) => void this.memories.set(pack, memory),
    });
  }

  /** All lives of the run. */
  async live(): Promise<RunResult> {
    for (const most of [...this.#plan.lives, Infinity]) {
      const result = await this.#life(most);
      if (result !== null) return await this.#quiet(result);
      this.kept.push(await this.logs());
    }
    throw new Error("a run has no last life");
  }

  /** What was sent to a run that has ended becomes durable, too. */
  async #quiet(result: RunResult): Promise<RunResult> {
    for (let idle = 0; idle < 3; idle++) {
      if (this.store.release()) idle = 0;
      await turn();
    }
    return result;
  }

  async logs(): Promise<ReadonlyMap<string, readonly Uint8Array[]>> {
    const runs = await this.store.list({});
    const logs = runs.map(async ({ id }) => [id, (await this.store.read(id, 1)).map(({ bytes }) => bytes)] as const);
    return new Map(await Promise.all(logs));
  }

  async #life(most: number): Promise<RunResult | null> {
    const cancel = new AbortController();
    this.memories.clear();
    using watching = this.store.watch((run, durable) => this.#told(run, durable));
    void watching;
    const running = this.#run(this.store, cancel.signal);
    let isOver = false;
    const ended = running.then(
      (result) => ({ result }),
      (failure: unknown) => ({ failure }),
    );
    void ended.then(() => (isOver = true));
    for (let step = 0, idle = 0; step < most; step++, this.steps++) {
      for (let turns = 0; turns < 3 && !isOver; turns++) await turn();
      if (isOver) break;
      if (this.steps >= (this.#plan.cancelAt ?? Infinity)) cancel.abort();
      idle = this.#step() ? 0 : idle + 1;
      if (idle > 300) throw new Error("the run waits for what does not come");
    }
    if (!isOver) this.clock.forget();
    const end = isOver ? await ended : null;
    if (end !== null && "failure" in end) throw end.failure;
    if (end !== null) return end.result;
    this.store = this.store.crash({ survives: this.#plan.survives ?? this.#chance.pick(4) });
    for (const go of this.#held.splice(0)) go();
    await ended;
    for (const go of this.#held.splice(0)) go();
    return null;
  }

  #told(run: string, durable: number): void {
    if (!this.durable.has(run)) this.born.set(run, new Map(this.durable));
    this.durable.set(run, durable);
  }

  async #run(store: MemoryStore, signal: AbortSignal): Promise<RunResult> {
    const { snapshotAfter, sleepAfter } = this.#plan;
    const program = this.program();
    const run = {
      id: RUN,
      name: "",
      source: "",
      function: 0,
      args: [],
      seed: new Uint8Array(32),
      grants: [],
      created: 0,
    };
    await beginRun(store, program, run);
    const options: ResumeOptions = {
      grants: { allowsCommand: () => false },
      signal,
      force: true,
      ...(snapshotAfter === undefined ? {} : { snapshotAfter }),
      ...(sleepAfter === undefined ? {} : { sleepAfter }),
    };
    for (;;) {
      const taken = await resumeRun(store, program, RUN, portsOf(this.clock), options);
      if (taken.state !== "asleep") return taken;
      await this.#called(store, taken.wake, signal);
    }
  }

  /** It sleeps: something comes for it, or it is time. */
  async #called(store: MemoryStore, wake: number | null, cancel: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const over = new AbortController();
    using watching = store.watch(() => resolve());
    void watching;
    const header = await store.header(RUN);
    if (header === undefined || header.durable > header.snap) return;
    if (cancel.aborted) return;
    cancel.addEventListener("abort", () => resolve(), { once: true });
    if (wake !== null) void this.clock.sleep(wake - this.clock.now(), over.signal).then(resolve);
    await Promise.race([promise, store.lost]);
    over.abort();
  }

  /** False when there was nothing to do. */
  #step(): boolean {
    const choices: (() => boolean)[] = [() => this.store.release(), () => this.store.release()];
    if (this.#held.length > 0) choices.push(this.#answer, this.#answer, this.#answer);
    if (this.clock.next !== null) choices.push(this.#pass);
    if (this.#chance.pick(12) === 0) choices.push(this.#signal);
    if (this.#chance.one(choices)()) return true;
    return this.store.release() || (this.#held.length > 0 && this.#answer()) || this.#otherwise();
  }

  readonly #answer = (): boolean => {
    const [go] = this.#held.splice(this.#chance.pick(this.#held.length), 1);
    go?.();
    return true;
  };

  readonly #pass = (): boolean => {
    this.clock.pass();
    return true;
  };

  /** Nothing else happens: time passes, and at last somebody sends something. */
  #otherwise(): boolean {
    if (this.clock.next !== null) return this.#pass();
    return this.#sending === 0 && this.#signal();
  }

  /** What was not acknowledged is sent again, and now and then what was. */
  readonly #signal = (): boolean => {
    if (!this.durable.has(RUN)) return false;
    const again = this.#chance.pick(3) === 0 ? this.#unsent[this.#chance.pick(this.#unsent.length + 1)] : undefined;
    const signal = again ?? { name: this.#chance.one(["a", "b"]), sender: `s${(this.#signals += 1)}` };
    if (again === undefined) this.#unsent.push(signal);
    this.#sending += 1;
    sendSignal(this.store, RUN, { ...signal, value: signal.sender })
      .then(
        () => void this.acknowledged.add(signal.sender),
        () => {}, // the store was lost
      )
      .finally(() => (this.#sending -= 1));
    return true;
  };
}
