/** What a run with a log is given: what is in the log, and where it goes on. */
import type { Digest, Lsn } from "../../../journal/entry/entry.ts";
import type { HeaderChange } from "../../../journal/store.ts";
import type { Numbered } from "./recorded.ts";

/** The run's side of a store. */
export interface LogPort {
  /** Gives the true position of the last entry: between a run's own there may be others', which were sent to it. */
  readonly append: (entries: readonly Uint8Array[], change?: HeaderChange) => Lsn;
  readonly durable: () => Lsn;
  readonly flushed: (upto: Lsn) => Promise<void>;
  readonly keep: (bytes: Uint8Array) => Digest;
  /** A value that lies beside the log and was not fetched with it. Absent: such values cannot be had. */
  readonly blob?: (digest: Digest) => Promise<Uint8Array>;
  /** Drops what stands before a position, but for START. Absent: everything is kept. */
  readonly forget?: ((below: Lsn) => Promise<void>) | undefined;
  /** Settles when nothing can be written any more. */
  readonly lost: Promise<Error>;
  /** Durable entries from a position on, with the values beside them; at most so many. */
  readonly entries: (from: Lsn, most?: number) => Promise<readonly Numbered[]>;
  /** Told whenever the log has grown. */
  readonly watch: (told: () => void) => Disposable;
}

export interface RunJournal {
  readonly port: LogPort;
  /** START, and everything durable that a recovery needs, with the values beside the log. */
  readonly entries: readonly Numbered[];
  /** Where the run begins, when that is not its first step: a SNAP's position and its state. */
  readonly snapshot?: { readonly lsn: Lsn; readonly state: Uint8Array } | undefined;
  /** Bytes of the log since then. */
  readonly bytes?: number | undefined;
}
