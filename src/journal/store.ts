/**
 * Where logs are kept: the narrow port that every store fits behind (D9).
 *
 *   S1  `append` is memory only and cannot wait. What it took is durable when `durable` has reached its position, and not
 *       before; durable entries of a run are a prefix of its log, always.
 *   S2  A commit takes what all runs have appended, in one transaction that checks this owner's epoch. When the epoch is
 *       another's, or the disk refuses, the store is `lost`: nothing is appended any more, and every wait is answered with why.
 *   S3  Readers see the durable prefix only, also in this process.
 *   S4  One owner at a time: a lock of the operating system, which dies with its process, and an epoch that grows with
 *       every owner. Whoever has lost the lock cannot commit.
 *   S5  A blob is durable no later than the entries appended after it was kept, and stays as long as a run that kept it.
 */
import type { Digest, Ending, Lsn } from "./entry/entry.ts";

/** What a store knows of a run without reading its log; kept up to date in the transaction of the entries that change it. */
export interface RunHeader {
  readonly id: string;
  /** `queued`: it has not begun. `waiting`: every branch waits for something that comes from outside or with time. `parked`: somebody has to decide. */
  readonly state: "queued" | "running" | "waiting" | "paused" | "parked" | Ending;
  /** What the run is called by people: its program's file. */
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly created: number;
  readonly updated: number;
  /** When the earliest timer of a waiting run is due, in milliseconds since the epoch; null when it has none. */
  readonly wake: number | null;
  /** Why it is parked; empty otherwise. */
  readonly reason: string;
  /** Of the program it runs. */
  readonly ir: Digest;
  readonly queue: string;
  /** Runs of one queue and key are limited by themselves; empty: it has none. */
  readonly key: string;
  readonly priority: number;
  /** The run that spawned it; null when it was begun by itself. */
  readonly parent: string | null;
  /** The position of the last SNAP, where a recovery begins to read; 0 when there is none. */
  readonly snap: Lsn;
  /** The last durable position. */
  readonly durable: Lsn;
}

/** What of a header the entries of an append change. */
export type HeaderChange = Partial<Pick<RunHeader, "state" | "wake" | "reason" | "ir" | "queue" | "priority" | "snap">>;

export interface NewRun extends Pick<RunHeader, "id" | "name" | "created" | "ir" | "queue" | "priority"> {
  /** `running` unless given. */
  readonly state?: "queued" | "running";
  readonly key?: string;
  readonly parent?: string | null;
  /** Encoded; the first is START. */
  readonly entries: readonly Uint8Array[];
}

export interface StoredEntry {
  readonly lsn: Lsn;
  readonly bytes: Uint8Array;
  /** When it was committed, in milliseconds since the epoch: for people, and no part of the chain. */
  readonly at: number;
}

export interface Setting {
  readonly key: string;
  readonly value: Uint8Array;
}

/** A place where a log cannot be trusted. */
export interface Problem {
  readonly run: string;
  /** The last position that is sound. */
  readonly sound: Lsn;
  /** `torn`: the end is missing or half written. `rotten`: bytes are not those that were written. */
  readonly kind: "torn" | "rotten";
  readonly text: string;
}

export interface RunQuery {
  readonly states?: readonly RunHeader["state"][];
  /** Ids that begin so. */
  readonly prefix?: string;
  readonly queue?: string;
  /** Runs whose `wake` is not later. */
  readonly due?: number;
  /** Runs that this one spawned; null: those that nobody spawned. */
  readonly parent?: string | null;
  /** Runs that have not changed since: `updated` is not later. */
  readonly unchanged?: number;
  /** Runs for which something may have come while they waited: their log goes on after its last SNAP, or a run that they spawned has ended. */
  readonly stirred?: true;
  /** Queued runs only, in the order in which they are to begin, without those of these queues, or of a key there. */
  readonly except?: readonly { readonly queue: string; readonly key?: string }[];
  /** The newest first unless `due` or `except` is given: then by `wake`, or by priority and the oldest first. */
  readonly after?: string;
  readonly limit?: number;
}

/** All methods but `append` and `keep` may reject with a Fault `store-lost`, `store-full`, `store-unreadable`. */
export interface Store extends AsyncDisposable {
  /** This owner's. */
  readonly epoch: number;
  /** Settles when the store was lost (S2), with why; never while it is well. */
  readonly lost: Promise<Error>;

  /** Makes a run, durably; false when there is one of that id already, which is left as it is. */
  create(run: NewRun): Promise<boolean>;
  /** Makes a run known here, so that it can be appended to. @throws {Fault} `unknown-run` */
  open(run: string): Promise<RunHeader>;
  /** Forgets an open run once all of it is durable and as many have closed it as opened it: what sleeps takes no memory here. */
  close(run: string): Promise<void>;
  /** Buffers entries of an open run (S1); gives the position of the last. @throws {Fault} `unknown-run`, `store-lost` */
  append(run: string, entries: readonly Uint8Array[], change?: HeaderChange): Lsn;
  /**
   * Appends an entry for a run, open or not, unless its `sender` has sent one before; then that one's position.
   *
   * @throws {Fault} `unknown-run`
   */
  signal(run: string, sender: string, entry: Uint8Array): Promise<{ readonly lsn: Lsn; readonly isNew: boolean }>;
  /** Whether something of that sender's is in the log of a run. @throws {Fault} `unknown-run` */
  sent(run: string, sender: string): Promise<boolean>;
  /** How far the log of an open run is durable. */
  durable(run: string): Lsn;
  /** Resolves when it is durable up to there. */
  flushed(run: string, upto: Lsn): Promise<void>;
  /** Told after each commit, of every run whose durable prefix grew. */
  watch(told: (run: string, durable: Lsn) => void): Disposable;

  header(run: string): Promise<RunHeader | undefined>;
  list(query: RunQuery): Promise<readonly RunHeader[]>;
  /** Durable entries from a position on, in order; at most so many. */
  read(run: string, from: Lsn, most?: number): Promise<readonly StoredEntry[]>;

  /** Notes how far somebody has read, with the next commit. After a crash it may stand further back. */
  mark(run: string, reader: string, lsn: Lsn): void;
  /** Where the last durable mark of a reader stands; 0 when there is none. */
  marked(run: string, reader: string): Promise<Lsn>;

  /** Takes a blob of this run, to be written with the next commit; gives its digest. */
  keep(run: string, bytes: Uint8Array): Digest;
  /** @throws {Fault} `blob-missing`, `blob-rotten` */
  blob(digest: Digest): Promise<Uint8Array>;

  /** What the owner of the store keeps beside its runs; undefined when nothing was set. */
  setting(key: string): Promise<Uint8Array | undefined>;
  /** All whose key begins so, in the order of the keys. */
  settings(prefix: string): Promise<readonly Setting[]>;
  /** Resolves once it is durable; null deletes it. */
  set(key: string, value: Uint8Array | null): Promise<void>;

  /** Deletes a run with everything of it. */
  remove(run: string): Promise<void>;
  /** Drops entries below a position: START stays, and what is left begins there (RECOVERY, FORGET). */
  forget(run: string, below: Lsn): Promise<void>;
  /** Reads every entry of one run, or of all, and compares it with its chain. */
  verify(run?: string): Promise<readonly Problem[]>;
  /** Cuts what is not sound off the end of a log, with the user's consent only. */
  cut(run: string, after: Lsn): Promise<void>;
  /** A consistent copy, while runs go on. */
  backup(path: string): Promise<void>;
  /** Gives space back; how many bytes that was. */
  vacuum(): Promise<number>;
}
