/**
 * What a run shows, read from its log as it becomes durable (HAZARDS 12): exactly once, in its order, from any position on.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry, kindOf } from "../../journal/entry/entry-codec.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { Ending, EntryOf, Lsn } from "../../journal/entry/entry.ts";
import type { Store } from "../../journal/store.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { Value } from "../../wit/value.ts";
import type { RunEvent } from "../platform/ports.ts";
import type { ValueBytes } from "./value-bytes.ts";

/** What of a store a follower needs. `watch` tells 0 of a run that may have been removed. */
export type Followed = Pick<Store, "read" | "blob" | "watch">;

export interface Shown {
  readonly lsn: Lsn;
  readonly event: RunEvent;
}

export interface FollowOptions {
  /** The first position that is looked at; the beginning unless given. */
  readonly from?: Lsn;
  /** Goes on until the run has ended, or this aborts. Without it, what is durable now is all. */
  readonly until?: AbortSignal;
}

/** @throws {Fault} `unknown-run`; `run-removed` when that happens meanwhile */
export async function* follow(
  store: Followed,
  run: string,
  values: ValueBytes,
  { from = 1, until }: FollowOptions = {},
): AsyncGenerator<Shown, Ending | null> {
  using news = new News(store, run);
  let at = from;
  for (let isKnown = false; ; isKnown = true) {
    const entries = await store.read(run, at, 1000).catch((thrown: unknown) => {
      throw isKnown && isUnknown(thrown) ? removed(run) : thrown;
    });
    for (const { lsn, bytes } of entries) {
      at = lsn + 1;
      const kind = kindOf(bytes);
      if (kind !== "OUT" && kind !== "END") continue;
      const entry = decodeEntry(bytes);
      if (entry.kind === "END") return entry.ending;
      if (entry.kind === "OUT") yield { lsn, event: await eventOf(store, entry, values) };
    }
    if (entries.length > 0) continue;
    if (until === undefined || until.aborted) return null;
    await news.next(at, until);
  }
}

/** To whoever waits for a run that was deleted meanwhile. */
export function removed(run: string): Fault {
  return new Fault("run-removed", `The run ${run} was removed: nothing comes of it any more`, {
    hint: "`sennit ps` lists what there is",
  });
}

export function isUnknown(thrown: unknown): boolean {
  return thrown instanceof Fault && thrown.code === "unknown-run";
}

/** Wakes who waits for a run's log to grow. */
class News implements Disposable {
  readonly #watching: Disposable;
  #durable = 0;
  /** It may have been removed: to be looked at. */
  #mayBeGone = false;
  #wake: (() => void) | null = null;

  constructor(store: Followed, run: string) {
    this.#watching = store.watch((of, durable) => {
      if (of !== run) return;
      if (durable === 0) this.#mayBeGone = true;
      else this.#durable = durable;
      this.#wake?.();
    });
  }

  async next(lsn: Lsn, until: AbortSignal): Promise<void> {
    if (this.#durable >= lsn || until.aborted) return;
    if (this.#mayBeGone) {
      this.#mayBeGone = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const aborted = (): void => resolve();
    until.addEventListener("abort", aborted, { once: true });
    await promise;
    until.removeEventListener("abort", aborted); // who follows for months would gather them
    this.#wake = null;
  }

  [Symbol.dispose](): void {
    this.#watching[Symbol.dispose]();
  }
}

async function eventOf(store: Followed, { channel, value }: EntryOf<"OUT">, values: ValueBytes): Promise<RunEvent> {
  const said = values.decode(value instanceof Blob ? await store.blob(value.digest) : value);
  if (channel === "print") return { kind: "print", text: text(said) };
  const [first, second, third] = Array.isArray(said) ? (said as readonly Value[]) : [];
  switch (channel) {
    case "log":
      return { kind: "log", level: text(first), source: text(second), text: text(third) };
    case "emit":
      return { kind: "emit", name: text(first), value: (second ?? null) as AnyValue };
    case "progress":
      return {
        kind: "progress",
        done: Number(first),
        total: second === null ? null : Number(second),
        text: typeof third === "string" ? third : null,
      };
  }
}

function text(value: Value | undefined): string {
  if (typeof value === "string") return value;
  throw new Fault("journal-invalid", "What a run showed cannot be read");
}
