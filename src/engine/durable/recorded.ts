/** What a run's log says, in the order in which a replay asks for it. Nothing of the log is changed here. */
import { Fault } from "../../fault.ts";
import type { EffectId, Entry, EntryOf, Lsn, Payload } from "../../journal/entry.ts";

/** In place of an effect: what a guest said. */
export const HEARD: EffectId = "f".repeat(32);

/** Somebody sent something to the run. */
export interface Signal {
  readonly lsn: Lsn;
  readonly name: string;
  readonly value: Payload;
}

export type Delivery = EntryOf<"DLV"> | EntryOf<"CANCEL">;

export interface Done {
  readonly lsn: Lsn;
  readonly entry: EntryOf<"DONE">;
}

/** A call that entered a group of instances, and how it ended; null: the log ends in the middle of it. */
export interface Entered {
  readonly entry: EntryOf<"CALL">;
  readonly done: EntryOf<"DONE"> | null;
}

export interface Numbered {
  readonly lsn: Lsn;
  readonly entry: Entry;
}

export class Recorded {
  readonly start: EntryOf<"START">;
  readonly deliveries: readonly Delivery[];
  readonly outputs: readonly EntryOf<"OUT">[];
  readonly end: EntryOf<"END"> | null;
  /** Those that nobody took. */
  readonly signals: readonly Signal[];
  /** The position after the last. */
  readonly next: Lsn;
  readonly #requests = new Map<string, EntryOf<"REQ"> | EntryOf<"ARM">>();
  readonly #done = new Map<string, Done>();
  /** By group. */
  readonly #calls = new Map<number, EntryOf<"CALL">[]>();
  readonly #signals = new Map<Lsn, Signal>();
  readonly #entered = new Map<string, EntryOf<"CALL">>();

  /** @throws {Fault} `journal-invalid` for a log that does not begin as one */
  constructor(entries: readonly Numbered[]) {
    const [first] = entries;
    if (first?.entry.kind !== "START") throw new Fault("journal-invalid", "The log of a run has no beginning");
    this.start = first.entry;
    const deliveries: Delivery[] = [];
    const outputs: EntryOf<"OUT">[] = [];
    let end: EntryOf<"END"> | null = null;
    for (const { lsn, entry } of entries) {
      if (entry.kind === "DLV" || entry.kind === "CANCEL") deliveries.push(entry);
      else if (entry.kind === "OUT") {
        if (entry.eff !== HEARD) outputs.push(entry);
      } else if (entry.kind === "END") end = entry;
      else this.#note(lsn, entry);
    }
    this.deliveries = deliveries;
    this.outputs = outputs;
    this.end = end;
    this.next = (entries.at(-1)?.lsn ?? 0) + 1;
    const taken = new Set(deliveries.map((entry) => (entry.kind === "DLV" ? entry.signal : 0)));
    this.signals = [...this.#signals.values()].filter(({ lsn }) => !taken.has(lsn));
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
      default:
    }
  }
}

export function keyOf(eff: EffectId, attempt: number): string {
  return `${eff}/${attempt}`;
}

function callKey({ eff, attempt }: EntryOf<"CALL">): string {
  return keyOf(eff, attempt);
}
