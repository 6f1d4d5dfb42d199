/** What a run with a log is given: what is in the log, and where it goes on. */
import type { Digest, Lsn } from "../../journal/entry.ts";
import type { HeaderChange } from "../../journal/store.ts";
import type { Numbered } from "./recorded.ts";

/** The run's side of a store. */
export interface LogPort {
  readonly append: (entries: readonly Uint8Array[], change?: HeaderChange) => Lsn;
  readonly durable: () => Lsn;
  readonly flushed: (upto: Lsn) => Promise<void>;
  readonly keep: (bytes: Uint8Array) => Digest;
  /** Settles when nothing can be written any more. */
  readonly lost: Promise<Error>;
  /** Durable entries from a position on, with the values beside them. */
  readonly entries: (from: Lsn) => Promise<readonly Numbered[]>;
  /** Told whenever the log has grown. */
  readonly watch: (told: () => void) => Disposable;
}

export interface RunJournal {
  readonly port: LogPort;
  /** Everything durable, with the values beside the log. */
  readonly entries: readonly Numbered[];
}
