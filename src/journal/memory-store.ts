/**
 * A store in memory, for programs that need no durability and for tests that need a disk in their hands.
 *
 *   M1  With `held`, a batch is durable when the test says so, and `crash` gives what a new owner would find.
 */
import { Fault } from "../fault.ts";
import type { Append, Batch, Committed } from "./buffer/batch.ts";
import { BufferedStore } from "./buffer/buffered-store.ts";
import type { Hash } from "./chain.ts";
import type { Digest, Lsn } from "./entry/entry.ts";
import { hexOfBytes } from "./entry/hex.ts";
import { RunIndex } from "./run-index.ts";
import type { NewRun, Problem, RunHeader, RunQuery, Setting, Store, StoredEntry } from "./store.ts";

export interface MemoryOptions {
  readonly hash: Hash;
  readonly now?: () => number;
  /** Commits wait for `release`. */
  readonly held?: boolean;
}

interface Kept {
  readonly n: number;
  header: RunHeader;
  /** By position; the first is 1. */
  readonly entries: Map<Lsn, StoredEntry>;
  readonly senders: Map<string, Lsn>;
  readonly marks: Map<string, Lsn>;
  readonly blobs: Set<Digest>;
}

interface Held {
  readonly batch: Batch;
  readonly resolve: (done: Committed) => void;
  readonly reject: (why: Error) => void;
}

export class MemoryStore extends BufferedStore implements Store {
  readonly epoch: number;
  readonly #options: MemoryOptions;
  readonly #runs: Map<string, Kept>;
  readonly #blobs: Map<Digest, Uint8Array>;
  readonly #settings: Map<string, Uint8Array>;
  readonly #index = new RunIndex();
  #made = 0;
  #held: Held | null = null;

  constructor(options: MemoryOptions, before?: MemoryStore) {
    super(
      { commit: (batch) => this.#commit(batch), soon: queueMicrotask },
      {
        known: (run) => this.#kept(run).header,
        sender: (run, sender) => this.#kept(run).senders.get(sender),
        hash: options.hash,
      },
    );
    this.#options = options;
    this.epoch = (before?.epoch ?? 0) + 1;
    this.#runs = new Map(before === undefined ? [] : [...before.#runs].map(([id, kept]) => [id, copied(kept)]));
    this.#blobs = new Map(before === undefined ? [] : before.#blobs);
    this.#settings = new Map(before === undefined ? [] : before.#settings);
    this.#made = before === undefined ? 0 : before.#made;
    for (const run of this.#runs.values()) this.#index.add(run);
  }

  /** Makes the batch that waits durable; false when there is none (M1). */
  release(): boolean {
    const held = this.#held;
    this.#held = null;
    held?.resolve(this.#write(held.batch));
    return held !== null;
  }

  /**
   * The store as its next owner finds it. This one commits no more.
   *
   * @param survives how many of the appends that waited are there all the same: those of a commit whose acknowledgement was
   *                 what was lost
   */
  crash({ survives = 0 }: { readonly survives?: number } = {}): MemoryStore {
    const held = this.#held;
    this.#held = null;
    if (held !== null && survives > 0) this.#write({ ...held.batch, appends: held.batch.appends.slice(0, survives) });
    const why = new Fault("store-lost", "The store has another owner");
    this.buffer.lose(why);
    held?.reject(why);
    return new MemoryStore(this.#options, this);
  }

  async header(run: string): Promise<RunHeader | undefined> {
    return this.#runs.get(run)?.header;
  }

  async list(query: RunQuery): Promise<readonly RunHeader[]> {
    return this.#index.list(query);
  }

  async read(run: string, from: Lsn, most: number = Infinity): Promise<readonly StoredEntry[]> {
    const { entries } = this.#kept(run);
    return [...entries.values()].filter(({ lsn }) => lsn >= from).slice(0, most);
  }

  async marked(run: string, reader: string): Promise<Lsn> {
    return this.#kept(run).marks.get(reader) ?? 0;
  }

  async setting(key: string): Promise<Uint8Array | undefined> {
    return this.#settings.get(key)?.slice();
  }

  async settings(prefix: string): Promise<readonly Setting[]> {
    const found = [...this.#settings].filter(([key]) => key.startsWith(prefix));
    return found.map(([key, value]) => ({ key, value: value.slice() })).sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async blob(digest: Digest): Promise<Uint8Array> {
    const bytes = this.#blobs.get(digest);
    if (bytes === undefined) throw new Fault("blob-missing", `The store has no value ${digest}`);
    return bytes.slice();
  }

  async remove(run: string): Promise<void> {
    this.refuseOpen(run);
    this.#index.delete(this.#kept(run));
    this.#runs.delete(run);
    const kept = new Set([...this.#runs.values()].flatMap(({ blobs }) => [...blobs]));
    for (const digest of this.#blobs.keys()) if (!kept.has(digest)) this.#blobs.delete(digest);
  }

  async forget(run: string, below: Lsn): Promise<void> {
    const { entries } = this.#kept(run);
    for (const lsn of entries.keys()) if (lsn > 1 && lsn < below) entries.delete(lsn);
  }

  /** Memory does not rot. */
  async verify(run?: string): Promise<readonly Problem[]> {
    if (run !== undefined) this.#kept(run);
    return [];
  }

  async cut(run: string, after: Lsn): Promise<void> {
    this.refuseOpen(run);
    const kept = this.#kept(run);
    for (const lsn of kept.entries.keys()) if (lsn > after) kept.entries.delete(lsn);
    for (const [sender, lsn] of kept.senders) if (lsn > after) kept.senders.delete(sender);
    kept.header = { ...kept.header, durable: after, snap: kept.header.snap > after ? 0 : kept.header.snap };
  }

  backup(path: string): Promise<void> {
    return Promise.reject(new Fault("store-unreadable", `A store in memory has no copy to put at ${path}`));
  }

  async vacuum(): Promise<number> {
    return 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#options.held === true) return;
    await this.buffer.drained();
  }

  async #commit(batch: Batch): Promise<Committed> {
    if (this.#options.held !== true) return this.#write(batch);
    return await new Promise((resolve, reject) => (this.#held = { batch, resolve, reject }));
  }

  #write({ creates, blobs, marks, settings, appends }: Batch): Committed {
    const created = creates.map((run) => this.#create(run));
    for (const { run, digest, bytes } of blobs) {
      this.#blobs.set(hexOfBytes(digest), bytes);
      this.#kept(run).blobs.add(hexOfBytes(digest));
    }
    for (const append of appends) this.#append(append);
    for (const { run, reader, lsn } of marks) this.#runs.get(run)?.marks.set(reader, lsn);
    for (const { key, value } of settings) {
      if (value === null) this.#settings.delete(key);
      else this.#settings.set(key, value);
    }
    return { created };
  }

  #create({ entries, ...run }: NewRun): boolean {
    if (this.#runs.has(run.id)) return false;
    const made = { state: "running", key: "", parent: null, updated: run.created, wake: null, reason: "" } as const;
    const header: RunHeader = { ...made, snap: 0, durable: 0, ...run };
    this.#made += 1;
    const [entriesOf, senders, marks, blobs] = [new Map(), new Map(), new Map(), new Set<Digest>()];
    const kept: Kept = { n: this.#made, header, entries: entriesOf, senders, marks, blobs };
    this.#runs.set(run.id, kept);
    this.#index.add(kept);
    this.#append({ run: run.id, lsn: 1, entries, change: {} });
    return true;
  }

  #append({ run, lsn, entries, change, sender }: Append): void {
    const kept = this.#kept(run);
    if (sender !== undefined) kept.senders.set(sender, lsn);
    const updated = (this.#options.now ?? Date.now)();
    entries.forEach((bytes, at) => kept.entries.set(lsn + at, { lsn: lsn + at, bytes: bytes.slice(), at: updated }));
    const before = kept.header;
    kept.header = { ...before, ...change, updated, durable: lsn + entries.length - 1 };
    this.#index.changed(kept, before);
  }

  #kept(run: string): Kept {
    const kept = this.#runs.get(run);
    if (kept === undefined) throw new Fault("unknown-run", `There is no run ${run}`);
    return kept;
  }
}

function copied({ n, header, entries, senders, marks, blobs }: Kept): Kept {
  return {
    n,
    header,
    entries: new Map(entries),
    senders: new Map(senders),
    marks: new Map(marks),
    blobs: new Set(blobs),
  };
}
