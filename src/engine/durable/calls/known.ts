/**
 * What is known of a run's log: what its life began with, and what was read of it since. Nothing is forgotten that a call which
 * is made again may still ask for.
 */
import type { EffectId, EntryOf, Lsn } from "../../../journal/entry/entry.ts";
import type { CallbackName, Done, Recorded } from "../log/recorded.ts";

export class Known {
  /** The latest first. Each is of the log from a position to its end then. */
  #parts: readonly { readonly from: Lsn; readonly recorded: Recorded }[];

  constructor(recorded: Recorded) {
    this.#parts = [{ from: Infinity, recorded }];
  }

  /** The log was read from there to its end. */
  read(from: Lsn, recorded: Recorded): void {
    this.#parts = [{ from, recorded }, ...this.#parts.filter((part) => part.from < from || part.from === Infinity)];
  }

  request(eff: EffectId, attempt: number): EntryOf<"REQ"> | EntryOf<"ARM"> | undefined {
    return this.#first((recorded) => recorded.request(eff, attempt));
  }

  done(eff: EffectId, attempt: number): Done | undefined {
    return this.#first((recorded) => recorded.done(eff, attempt));
  }

  callback(name: CallbackName): EntryOf<"CB"> | undefined {
    return this.#first((recorded) => recorded.callback(name));
  }

  returned(name: CallbackName): EntryOf<"CBRET"> | undefined {
    return this.#first((recorded) => recorded.returned(name));
  }

  #first<T>(find: (recorded: Recorded) => T | undefined): T | undefined {
    for (const { recorded } of this.#parts) {
      const found = find(recorded);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
