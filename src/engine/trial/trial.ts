/**
 * One test of a loaded program: the run, in as many lives as asked for, and what was seen of it.
 *
 *   X1  Every trial of a test begins alike: the same id, seed, time and store, and stubs that have answered nothing.
 */
import { Fault } from "../../fault.ts";
import type { Hash } from "../../journal/chain.ts";
import { decodeEntry } from "../../journal/entry/entry-codec.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { Entry } from "../../journal/entry/entry.ts";
import { MemoryStore } from "../../journal/memory-store.ts";
import type { Type } from "../../lang/types.ts";
import { webhookSignal } from "../../lang/vm/webhook.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { beginRun, resumeRun } from "../durable/durable-run.ts";
import { follow } from "../durable/follow.ts";
import { sendSignal } from "../durable/effects/send.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { toPlain } from "../embedding/plain.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunResult } from "../loop/run-result.ts";
import { Activity } from "./activity.ts";
import { VirtualClock } from "./clock.ts";
import { live, turn } from "./lives.ts";
import type { Coming, Deaths } from "./lives.ts";
import { StubWorld, stubsInside } from "./stub-world.ts";
import type { Performed } from "./stub-world.ts";
import { shortName } from "./stubs.ts";
import type { ReadyStub } from "./stubs.ts";
import type { TestCase } from "./test-case.ts";
import { watched } from "./watched.ts";

export interface Seen {
  /** How the run ended; a Fault when the engine could not go on with it. */
  readonly result: RunResult | { readonly state: "broken"; readonly fault: Fault };
  readonly printed: readonly string[];
  readonly emitted: readonly { readonly name: string; readonly value: unknown }[];
  /** By `package.function`, in the order of the first call. */
  readonly calls: ReadonlyMap<string, number>;
  /** What stubs were asked, each time. */
  readonly performed: readonly Performed[];
  /** Milliseconds of virtual time. */
  readonly elapsed: number;
  readonly commits: number;
  readonly store: MemoryStore;
  /** How long the log of the run was when each life but the last had ended. */
  readonly cuts: readonly number[];
}

export interface TrialSetup {
  readonly test: TestCase;
  /** What the run is called: of a recorded one, the same, so that chance is the same. */
  readonly run: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** When it begins, in milliseconds since the epoch. */
  readonly start: number;
  readonly sent: readonly Sent[];
  readonly program: LoadedProgram;
  readonly source: string;
  readonly args: readonly Value[];
  /** By the number of the package. */
  readonly stubs: readonly (ReadonlyMap<FunctionKey, ReadyStub> | null)[];
  /** By the number of the package: it may not be started (S2 of stubs.ts). */
  readonly refused: readonly boolean[];
  readonly ports: (activity: Activity) => Pick<RunPorts, "shell" | "fork" | "chain">;
  readonly allowsCommand: (command: string) => boolean;
  readonly hash: Hash;
  /** Milliseconds of real time that it may take. */
  readonly patience: number;
}

/** What is sent to the run. */
export interface Sent {
  /** Null: what is posted to the `webhook`-th webhook of the run, from 1. */
  readonly name: string | null;
  readonly webhook: number;
  readonly value: AnyValue;
  /** Milliseconds after the run began. */
  readonly after: number;
}

const WHOLE: Deaths = { after: [], survives: 0 };

export async function trial(setup: TrialSetup, deaths: Deaths = WHOLE): Promise<Seen> {
  const { test, hash, start, run } = setup;
  const store = new MemoryStore({ hash, now: () => start, held: true });
  const stage = new Stage(setup);
  const cuts: number[] = [];
  const died = async (dead: MemoryStore): Promise<void> => void cuts.push((await dead.header(run))?.durable ?? 0);
  const { clock, activity } = stage;
  const { patience } = setup;
  const cancelAt = test.cancelAfter === null ? null : start + test.cancelAfter;
  let last = store;
  const lives = {
    clock,
    activity,
    live: (owned: MemoryStore, signals: { readonly cancel: AbortSignal; readonly stop: AbortSignal }) => {
      last = owned;
      return stage.live(owned, signals);
    },
    coming: stage.coming(),
    cancelAt,
    died,
    patience,
  };
  try {
    const { result, commits } = await live(lives, store, deaths);
    return await stage.seen(result, last, commits, cuts);
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return await stage.seen({ state: "broken", fault }, last, 0, cuts);
  }
}

/** One trial's time, stubs and packages. */
class Stage {
  readonly clock: VirtualClock;
  readonly activity: Activity = new Activity();
  readonly #setup: TrialSetup;
  readonly #world: StubWorld;
  readonly #calls = new Map<string, number>();
  readonly #webhooks: string[] = [];

  constructor(setup: TrialSetup) {
    this.#setup = setup;
    this.clock = new VirtualClock(setup.start);
    this.#world = new StubWorld(this.clock);
  }

  async live(
    store: MemoryStore,
    { cancel, stop }: { readonly cancel: AbortSignal; readonly stop: AbortSignal },
  ): Promise<RunResult> {
    const { test, run, seed, start, source, args, allowsCommand } = this.#setup;
    const program = this.#program();
    this.#world.begin({ store, values: new ValueBytes(program.ir) });
    await beginRun(store, program, {
      id: run,
      name: test.program,
      source,
      function: 0,
      args,
      seed,
      grants: test.grants,
      created: start,
    });
    return await resumeRun(store, program, run, this.#ports(), {
      grants: { allowsCommand },
      signal: cancel,
      stop,
    });
  }

  coming(): readonly Coming[] {
    const { run, start, sent } = this.#setup;
    return sent.map(({ name, webhook, value, after }, at) => ({
      at: start + after,
      send: (store) => {
        const of = name ?? this.#webhook(webhook);
        if (of === null) return null;
        return this.activity.work(sendSignal(store, run, { name: of, value, sender: `test ${at}` }));
      },
    }));
  }

  #webhook(number: number): string | null {
    const url = this.#webhooks[number - 1];
    return url === undefined ? null : webhookSignal(url);
  }

  #program(): LoadedProgram {
    const { program, stubs, refused } = this.#setup;
    const packages = program.packages.map((pack, at) => {
      const own = stubs[at] ?? new Map<FunctionKey, ReadyStub>();
      const isOutside = refused[at] === true || this.#isWhole(at);
      return isOutside ? { ...pack, imports: new Map(), plugin: this.#world.plugin(pack, own) } : pack;
    });
    const count = (pack: number, fn: FunctionKey): void => this.#count(pack, fn);
    const inside = (at: number): ReturnType<typeof stubsInside> | null => {
      const [pack, own] = [program.packages[at], stubs[at] ?? null];
      const isInside = pack !== undefined && own !== null && packages[at] === pack;
      return isInside ? stubsInside(pack, own, this.clock, this.#world.performed) : null;
    };
    const isStub = (at: number): boolean => packages[at] !== program.packages[at];
    return watched({ ...program, packages }, this.activity, count, inside, isStub);
  }

  /** Whether every function that the program calls of it is stubbed. */
  #isWhole(at: number): boolean {
    const { program, stubs } = this.#setup;
    const own = stubs[at];
    if (own === null || own === undefined) return false;
    const isImported = program.packages.some(({ imports }) =>
      [...imports.values()].some((from) => from.package === at && !own.has(from.function)),
    );
    return !isImported && program.ir.calls.every((call) => call.package !== at || own.has(call.function));
  }

  #ports(): RunPorts {
    const { fork, ...own } = this.#setup.ports(this.activity);
    return {
      ...own,
      fork: fork === null ? null : this.#forking(fork),
      clock: this.clock,
      follow: () => {},
      breathe: turn,
      turn: () => this.activity.move(),
      webhook: (token) => {
        const url = `http://127.0.0.1/hooks/${token}`;
        if (!this.#webhooks.includes(url)) this.#webhooks.push(url);
        return url;
      },
    };
  }

  /** A core call of a function that is stubbed is answered by the stub. */
  #forking(own: NonNullable<RunPorts["fork"]>): NonNullable<RunPorts["fork"]> {
    const { program, stubs } = this.#setup;
    const inPlace = program.packages.map((pack, at) =>
      stubsInside(pack, stubs[at] ?? new Map<FunctionKey, ReadyStub>(), this.clock, this.#world.performed)(),
    );
    return (pack, fn, args, options) => {
      this.#count(pack, fn);
      return inPlace[pack]?.(fn, args, options.signal) ?? own(pack, fn, args, options);
    };
  }

  #count(pack: number, fn: FunctionKey): void {
    const name = `${this.#setup.program.packages[pack]?.name ?? ""}.${shortName(fn)}`;
    this.#calls.set(name, (this.#calls.get(name) ?? 0) + 1);
  }

  async seen(result: Seen["result"], store: MemoryStore, commits: number, cuts: readonly number[]): Promise<Seen> {
    const printed: string[] = [];
    const emitted: { name: string; value: unknown }[] = [];
    const { run, start } = this.#setup;
    const known = (await store.header(run)) !== undefined;
    for await (const { event } of known ? follow(store, run, new ValueBytes(null), {}) : []) {
      if (event.kind === "print") printed.push(event.text);
      if (event.kind === "emit") emitted.push({ name: event.name, value: toPlain(ANY, event.value as Value) });
    }
    const elapsed = this.clock.time - start;
    const { performed } = this.#world;
    return { result, printed, emitted, calls: this.#calls, performed, elapsed, commits, store, cuts };
  }
}

const ANY: Type = { kind: "Any" };

/** The durable log of a run, with the values beside it. */
export async function logOf(
  store: Pick<MemoryStore, "read" | "blob">,
  run: string,
): Promise<readonly { readonly lsn: number; readonly entry: Entry }[]> {
  const entries: { readonly lsn: number; readonly entry: Entry }[] = [];
  for (const { lsn, bytes } of await store.read(run, 1)) {
    const entry = decodeEntry(bytes);
    for (const [key, value] of Object.entries(entry)) {
      if (value instanceof Blob) Object.assign(entry, { [key]: await store.blob(value.digest) });
    }
    entries.push({ lsn, entry });
  }
  return entries;
}
