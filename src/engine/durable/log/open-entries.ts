/**
 * The entries of a log that a recovery needs beside the state of the VM: what is asked for and not delivered, and how far
 * that has come. A snapshot carries them, so that nothing before it has to be read (RECOVERY, SNAP).
 *
 *   O1  What the VM waits for is there with all that the log says of it.
 *   O2  While a call is under way, so is all that its guest asked for; afterwards it is not.
 *   O3  What a guest asked for while it started is there for ever: every start of it is answered as the first was.
 */
import type { Lsn } from "../../../journal/entry/entry.ts";
import { keyOf } from "./recorded.ts";
import type { Numbered } from "./recorded.ts";

export interface Named {
  readonly id: string;
  readonly attempt: number;
}

export class OpenEntries {
  /** By effect and attempt. */
  #entries = new Map<string, Numbered[]>();

  note(lsn: Lsn, entry: Numbered["entry"]): void {
    switch (entry.kind) {
      case "DLV":
      case "ABANDON":
        this.#entries.delete(keyOf(entry.eff, entry.attempt));
        return;
      case "REQ":
      case "ARM":
      case "CALL":
      case "DONE":
      case "CB":
      case "CBRET":
        this.#add(keyOf(entry.eff, entry.attempt), { lsn, entry });
        return;
      default:
    }
  }

  /** Until when its timer runs, in milliseconds since the epoch. */
  armed({ id, attempt }: Named): number | null {
    for (const { entry } of this.#entries.get(keyOf(id, attempt)) ?? []) if (entry.kind === "ARM") return entry.at;
    return null;
  }

  /** What is needed while exactly these are waited for, in the order of the log. The rest is forgotten. */
  of(pending: Iterable<Named>, isCalling: boolean): readonly Numbered[] {
    const waited = new Set(Array.from(pending, ({ id, attempt }) => keyOf(id, attempt)));
    const isNeeded = (key: string, [first]: readonly Numbered[]): boolean =>
      waited.has(key) || isCalling || (first !== undefined && isOfStart(first.entry));
    this.#entries = new Map([...this.#entries].filter(([key, entries]) => isNeeded(key, entries)));
    return [...this.#entries.values()].flat().toSorted((a, b) => a.lsn - b.lsn);
  }

  #add(key: string, entry: Numbered): void {
    const known = this.#entries.get(key);
    if (known === undefined) this.#entries.set(key, [entry]);
    else known.push(entry);
  }
}

/** O3: attempts of a program's effects, and of what its calls import, count from 1. */
export function isOfStart(entry: Numbered["entry"]): boolean {
  return "attempt" in entry && entry.attempt === 0 && !entry.eff.startsWith("00000000");
}
