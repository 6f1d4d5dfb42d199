/**
 * The world that stubs are: outside of all lives of a run, it knows what it has answered (S3 in stubs.ts).
 *
 *   W1  An effect is told from another by the log: what was asked for durably there, with these arguments, has no answer
 *       yet, and was not claimed in this life by another call.
 */
import { Fault } from "../../fault.ts";
import type { Plugin } from "../../host/plugin.ts";
import { decodeEntry } from "../../journal/entry/entry-codec.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { EntryOf } from "../../journal/entry/entry.ts";
import type { Store } from "../../journal/store.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { ValueBytes } from "../durable/value-bytes.ts";
import { hostPlugin } from "../std/host-plugin.ts";
import type { LoadedPackage } from "../load/loaded.ts";
import type { VirtualClock } from "./clock.ts";
import { samePlain } from "./plain-text.ts";
import { shortName } from "./stubs.ts";
import type { Ready, ReadyRule, ReadyStub } from "./stubs.ts";

/** Where effects are looked up, in one life. */
export interface Lookup {
  readonly store: Pick<Store, "list" | "read" | "blob">;
  readonly values: ValueBytes;
}

/** One call that a stub has answered. */
export interface Performed {
  readonly package: string;
  readonly function: FunctionKey;
  /** Run, effect and attempt; null when it was not asked for durably. */
  readonly effect: string | null;
}

export class StubWorld {
  readonly performed: Performed[] = [];
  readonly #clock: VirtualClock;
  readonly #turns = new Map<ReadyRule, number>();
  /** By effect. */
  readonly #given = new Map<string, Ready>();
  #claimed = new Set<string>();
  #lookup: Lookup | null = null;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  /** A life begins. */
  begin(lookup: Lookup): void {
    this.#lookup = lookup;
    this.#claimed = new Set();
  }

  /** A package all of whose functions are stubbed, or that may not be started (S2). */
  plugin(pack: LoadedPackage, stubs: ReadonlyMap<FunctionKey, ReadyStub>): Plugin {
    const { name, plugin } = pack;
    const keys = [...stubs.keys()];
    const effects = { ...plugin.manifest.effects };
    const isHosts = plugin.manifest.language === "javascript";
    for (const [key, stub] of stubs) {
      const own = stub.class ?? (isHosts ? (effects[key] ?? "once") : "keyed");
      effects[key] = own === "read" ? "idempotent" : own; // one that is asked for durably can be told (W1)
    }
    const functions = keys.map((key) => [key, this.#answering(pack, key, stubs.get(key) as ReadyStub)] as const);
    const known = new Map(functions);
    const missing = (key: FunctionKey) => (): never => {
      throw new Fault("not-stubbed", `${shortName(key)} of ${name} was not granted what it wants, and has no stub`, {
        source: name,
      });
    };
    const all = [...exportsOf(plugin)].map((key) => [key, known.get(key) ?? missing(key)] as const);
    const made = hostPlugin({ name, world: plugin.world, start: () => Object.fromEntries(all), effects });
    return { ...made, digest: plugin.digest };
  }

  #answering(
    { name }: LoadedPackage,
    key: FunctionKey,
    stub: ReadyStub,
  ): (args: readonly Value[], givenUp: AbortSignal) => Promise<Value> {
    return async (args, givenUp) => {
      const effect = await this.#effect(name, key, stub, args);
      this.performed.push({ package: name, function: key, effect });
      const before = effect === null ? undefined : this.#given.get(effect);
      const ready = before ?? this.#next(name, key, stub, args);
      if (effect !== null) this.#given.set(effect, ready);
      return await answered(ready, this.#clock, givenUp);
    };
  }

  #next(name: string, key: FunctionKey, stub: ReadyStub, args: readonly Value[]): Ready {
    const rule = ruleFor(name, key, stub, args);
    const turn = this.#turns.get(rule) ?? 0;
    this.#turns.set(rule, turn + 1);
    return rule.answer(turn);
  }

  /** W1 */
  async #effect(name: string, key: FunctionKey, stub: ReadyStub, args: readonly Value[]): Promise<string | null> {
    if (this.#lookup === null) return null;
    const { store, values } = this.#lookup;
    for (const { id } of await store.list({})) {
      const entries = (await store.read(id, 1)).map(({ bytes }) => decodeEntry(bytes));
      const done = new Set(entries.flatMap((entry) => (entry.kind === "DONE" ? [idOf(id, entry)] : [])));
      for (const entry of entries) {
        if (entry.kind !== "REQ" || entry.what !== `${name} ${key}`) continue;
        const effect = idOf(id, entry);
        if (done.has(effect) || this.#claimed.has(effect)) continue;
        const input = entry.input instanceof Blob ? await store.blob(entry.input.digest) : entry.input;
        if (this.#claimed.has(effect) || !sameArguments(stub, values.decode(input), args)) continue;
        this.#claimed.add(effect);
        return effect;
      }
    }
    return null;
  }
}

/** Stubs of some functions of a package that is started all the same: their turns are its instance's. */
export function stubsInside(
  pack: LoadedPackage,
  stubs: ReadonlyMap<FunctionKey, ReadyStub>,
  clock: VirtualClock,
  performed: Performed[],
): () => (fn: FunctionKey, args: readonly Value[], signal?: AbortSignal) => Promise<Value> | undefined {
  return () => {
    const turns = new Map<ReadyRule, number>();
    return (key, args, signal) => {
      const stub = stubs.get(key);
      if (stub === undefined) return undefined;
      performed.push({ package: pack.name, function: key, effect: null });
      const rule = ruleFor(pack.name, key, stub, args);
      const turn = turns.get(rule) ?? 0;
      turns.set(rule, turn + 1);
      return answered(rule.answer(turn), clock, signal);
    };
  };
}

async function answered(ready: Ready, clock: VirtualClock, signal: AbortSignal | undefined): Promise<Value> {
  if (ready.takes > 0) await clock.sleep(ready.takes, signal ?? new AbortController().signal);
  if ("fault" in ready) throw ready.fault;
  return ready.value;
}

function ruleFor(name: string, key: FunctionKey, stub: ReadyStub, args: readonly Value[]): ReadyRule {
  const rule = stub.ruleOf(args);
  if (rule !== null) return rule;
  throw new Fault(
    "not-stubbed",
    `No stub of ${shortName(key)} of ${name} is for these arguments: ${stub.shown(args)}`,
    {
      source: name,
    },
  );
}

function exportsOf({ world }: Plugin): readonly FunctionKey[] {
  const inside = [...world.exports.interfaces].flatMap(([id, { functions }]) =>
    [...functions.keys()].map((name) => `${id}#${name}`),
  );
  return [...world.exports.functions.keys(), ...inside];
}

function idOf(run: string, { eff, attempt }: EntryOf<"REQ" | "DONE">): string {
  return `${run} ${eff} ${attempt}`;
}

/** What the program asked with, and what came: the same. */
function sameArguments(stub: ReadyStub, asked: Value, args: readonly Value[]): boolean {
  return Array.isArray(asked) && samePlain(stub.asked(asked as readonly Value[]), stub.given(args), 0);
}
