/** What one commit takes: everything that all runs appended since the one before. Only data, so that it can cross threads. */
import type { Lsn } from "../entry/entry.ts";
import type { HeaderChange, NewRun } from "../store.ts";

export interface Batch {
  readonly creates: readonly NewRun[];
  readonly blobs: readonly { readonly run: string; readonly digest: Uint8Array; readonly bytes: Uint8Array }[];
  /** How far readers have come. */
  readonly marks: readonly { readonly run: string; readonly reader: string; readonly lsn: Lsn }[];
  /** Null deletes it. Of equal keys the last counts. */
  readonly settings: readonly { readonly key: string; readonly value: Uint8Array | null }[];
  /** Those of one run in order, its positions without gaps. */
  readonly appends: readonly Append[];
}

export interface Append {
  readonly run: string;
  /** Of the first entry. */
  readonly lsn: Lsn;
  readonly entries: readonly Uint8Array[];
  readonly change: HeaderChange;
  /** Set for a signal: its sender, to be taken once. */
  readonly sender?: string;
}

export interface Committed {
  /** By the batch's creates: whether the run is new. */
  readonly created: readonly boolean[];
}
