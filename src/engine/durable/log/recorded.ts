/** What a run's log says, in the order in which a replay asks for it. Nothing of the log is changed here. */
import { Fault } from "../../../fault.ts";
import type { EffectId, Entry, EntryOf, Lsn, Payload } from "../../../journal/entry/entry.ts";

/** In place of an effect: what a guest said. */
export const HEARD: EffectId = "f".repeat(32);

/** Somebody sent something to the run. */
export interface Signal {
  readonly lsn: Lsn;
  readonly name: string;
  readonly value: Payload;
}

export type Delivery = EntryOf<"DLV"> | EntryOf<"CANCEL"> | EntryOf<"CB">;

export interface Done {
  readonly lsn: Lsn;
  readonly entry: EntryOf<"DONE">;
}

/** A call that entered a group of instances, and how it ended; null: the log ends in the middle of it. */
export interface Entered {
  readonly entry: EntryOf<"CALL">;
  readonly done: EntryOf<"DONE"> | null;
}

export interface Saved {
  readonly lsn: Lsn;
  readonly entry: EntryOf<"ISNAP">;
}

export interface Numbered {
  readonly lsn: Lsn;
  readonly entry: Entry;
}

export class Recorded {
  readonly start: EntryOf<"START">;
  readonly deliveries: readonly Delivery[];
  readonly outputs: readonly EntryOf<"OUT">[];
  readonly decisions: readonly EntryOf<"DEC">[];
  readonly end: EntryOf<"END"> | null;
  /** Those that nobody took. */
  readonly signals: readonly Signal[];
  /** The run that its effects are named after, where that is another. */
  readonly root: string | null;
  /** The last move to another version of the program. */
  readonly moved: Numbered | null;
  /** The position after the last. */
  readonly next: Lsn;
  /** By delivery. */
  readonly #positions: Lsn[] = [];
  readonly #requests = new Map<string, EntryOf<"REQ"> | EntryOf<"ARM">>();
  readonly #done = new Map<string, Done>();
  /** By group. */
  readonly #calls = new Map<number, EntryOf<"CALL">[]>();
  readonly #signals = new Map<Lsn, Signal>();
  readonly #entered = new Map<string, EntryOf<"CALL">>();
  readonly #callbacks = new Map<string, EntryOf<"CB">>();
  readonly #returned = new Map<string, EntryOf<"CBRET">>();
  /** By group. */
  readonly #generations = new Map<number, EntryOf<"GEN">>();
  readonly #saved = new Map<number, Saved[]>();
  #latest: number;

  /**
   * @param from what stands before it is known, and not to be played back: a snapshot is behind it
   * @param latest the latest time in what of the log is not given here
   * @throws {Fault} `journal-invalid` for a log that does not begin as one
   */
  constructor(entries: readonly Numbered[], from: Lsn = 1, latest: number = 0) {
    this.#latest = latest;
    const [first] = entries;
    if (first?.entry.kind !== "START") throw new Fault("journal-invalid", "The log of a run has no beginning");
    this.start = first.entry;
    const deliveries: Delivery[] = [];
    const outputs: EntryOf<"OUT">[] = [];
    const decisions: EntryOf<"DEC">[] = [];
    let end: EntryOf<"END"> | null = null;
    let root: string | null = null;
    for (const { lsn, entry } of entries) {
      if ("at" in entry && entry.at !== undefined && entry.kind !== "ARM" && entry.kind !== "NOTE")
        this.#latest = Math.max(this.#latest, entry.at);
      if (entry.kind === "CB") this.#callbacks.set(callbackKey(entry), entry);
      if (entry.kind === "DLV" || entry.kind === "CANCEL" || entry.kind === "CB") {
        if (lsn < from) continue;
        deliveries.push(entry);
        this.#positions.push(lsn);
      } else if (entry.kind === "OUT") {
        if (entry.eff !== HEARD && lsn >= from) outputs.push(entry);
      } else if (entry.kind === "DEC") {
        if (lsn >= from) decisions.push(entry);
      } else if (entry.kind === "END") end = entry;
      else if (entry.kind === "FORK") root ??= entry.root;
      else this.#note(lsn, entry);
    }
    this.root = root;
    this.moved = entries.findLast(({ entry }) => entry.kind === "MIGRATE") ?? null;
    this.deliveries = deliveries;
    this.outputs = outputs;
    this.decisions = decisions;
    this.end = end;
    this.next = (entries.at(-1)?.lsn ?? 0) + 1;
    const taken = new Set(deliveries.map((entry) => (entry.kind === "DLV" ? entry.signal : 0)));
    this.signals = [...this.#signals.values()].filter(({ lsn }) => !taken.has(lsn));
  }

  /** How many of the deliveries stand before a position. */
  deliveredBefore(lsn: Lsn): number {
    const found = this.#positions.findIndex((each) => each >= lsn);
    return found < 0 ? this.#positions.length : found;
  }

  /** What was asked for, or until when a timer was set. */
  request(eff: EffectId, attempt: number): EntryOf<"REQ"> | EntryOf<"ARM"> | undefined {
    return this.#requests.get(keyOf(eff, attempt));
  }

  done(eff: EffectId, attempt: number): Done | undefined {
    return this.#done.get(keyOf(eff, attempt));
  }

  signal(lsn: Lsn): Signal | undefined {
    return this.#signals.get(lsn);
  }

  /** The last time that a call entered its group. */
  call(eff: EffectId, attempt: number): EntryOf<"CALL"> | undefined {
    return this.#entered.get(keyOf(eff, attempt));
  }

  /**
   * The calls of a group in the order in which it was entered. One that the log ends in the middle of, and that was made
   * again after a crash, is there once: the later time.
   */
  calls(group: number): readonly Entered[] {
    return (this.#calls.get(group) ?? [])
      .filter((entry) => this.#entered.get(callKey(entry)) === entry)
      .map((entry) => ({ entry, done: this.#done.get(callKey(entry))?.entry ?? null }));
  }

  /** The latest time in it, in milliseconds since the run was created. */
  get latest(): number {
    return this.#latest;
  }

  /** What the guest of a call called back. */
  callback(call: CallbackName): EntryOf<"CB"> | undefined {
    return this.#callbacks.get(callbackKey(call));
  }

  /** How that ended. */
  returned(call: CallbackName): EntryOf<"CBRET"> | undefined {
    return this.#returned.get(callbackKey(call));
  }

  /** How the last generation of a group began. */
  generation(group: number): EntryOf<"GEN"> | undefined {
    return this.#generations.get(group);
  }

  /** The states of a group that were saved, the last one first. */
  saved(group: number): readonly Saved[] {
    return (this.#saved.get(group) ?? []).toReversed();
  }

  #note(lsn: Lsn, entry: Entry): void {
    switch (entry.kind) {
      case "REQ":
      case "ARM":
        this.#requests.set(keyOf(entry.eff, entry.attempt), entry);
        return;
      case "DONE":
        this.#done.set(keyOf(entry.eff, entry.attempt), { lsn, entry });
        return;
      case "SIG":
        this.#signals.set(lsn, { lsn, name: entry.name, value: entry.value });
        return;
      case "CALL": {
        const calls = this.#calls.get(entry.group) ?? [];
        calls.push(entry);
        this.#entered.set(callKey(entry), entry);
        this.#calls.set(entry.group, calls);
        return;
      }
      case "CBRET":
        this.#returned.set(callbackKey(entry), entry);
        return;
      case "GEN":
        this.#generations.set(entry.group, entry);
        return;
      case "ISNAP":
        this.#saved.set(entry.group, [...(this.#saved.get(entry.group) ?? []), { lsn, entry }]);
        return;
      default:
    }
  }
}

export function keyOf(eff: EffectId, attempt: number): string {
  return `${eff}/${attempt}`;
}

/** What tells one callback from another. */
export type CallbackName = Pick<EntryOf<"CB">, "eff" | "attempt" | "n">;

export function callbackKey({ eff, attempt, n }: CallbackName): string {
  return `${keyOf(eff, attempt)}/${n}`;
}

function callKey({ eff, attempt }: EntryOf<"CALL">): string {
  return keyOf(eff, attempt);
}
