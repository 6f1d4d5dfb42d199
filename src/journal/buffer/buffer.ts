/**
 * The front of every store: takes what runs append, commits it in batches, and tells who waits (S1, S2).
 *
 *   B1  Commits are made one after the other, in the order of the batches. At most so many are under way: what comes meanwhile
 *       is the next batch. So the slower the disk, the larger the batches, and all runs share one flush; and whoever writes
 *       has the next batch already when one is written.
 *   B2  A commit that fails loses the store: every wait, now and later, is answered with the reason.
 */
import { Defect, Fault } from "../../fault.ts";
import type { Append, Batch, Committed } from "./batch.ts";
import type { Lsn } from "../entry/entry.ts";
import type { HeaderChange, NewRun } from "../store.ts";

interface Log {
  /** The position of the last entry taken. */
  last: Lsn;
  durable: Lsn;
  waits: Wait[];
  /** How many have opened it and not closed it again. */
  holders: number;
}

interface Wait {
  readonly upto: Lsn;
  readonly resolve: () => void;
  readonly reject: (why: unknown) => void;
}

interface Create {
  readonly run: NewRun;
  readonly resolve: (created: boolean) => void;
  readonly reject: (why: unknown) => void;
}

interface Set {
  readonly setting: Batch["settings"][number];
  readonly resolve: () => void;
  readonly reject: (why: unknown) => void;
}

interface Next {
  creates: Create[];
  sets: Set[];
  blobs: Batch["blobs"][number][];
  marks: Batch["marks"][number][];
  appends: Growing[];
  /** In all appends. */
  entries: number;
}

/** An append that more may be joined to. */
interface Growing extends Append {
  readonly entries: Uint8Array[];
  change: HeaderChange;
}

/** Writes a batch durably, all of it or nothing. */
export type Commit = (batch: Batch) => Promise<Committed>;

export interface BufferOptions {
  readonly commit: Commit;
  /** Lets the work of this turn come together before it is committed. */
  readonly soon: (work: () => void) => void;
  /** Commits under way at most; 1 unless given. */
  readonly most?: number;
  /** What one run appends in a row is one append. */
  readonly joined?: boolean;
}

/** Entries that are worth a commit before all work of a turn is done; twice as many for each one that is under way. */
const WORTH = 16;

export class Buffer {
  readonly #options: BufferOptions;
  readonly #logs = new Map<string, Log>();
  readonly #watchers = new Set<(run: string, durable: Lsn) => void>();
  readonly #lost = Promise.withResolvers<Error>();
  #why: Error | null = null;
  #next: Next = nothing();
  #scheduled = false;
  /** The last commit that was begun. */
  #committing: Promise<void> | null = null;
  #underWay = 0;

  constructor(options: BufferOptions) {
    this.#options = options;
  }

  get lost(): Promise<Error> {
    return this.#lost.promise;
  }

  create(run: NewRun): Promise<boolean> {
    if (this.#why !== null) return Promise.reject(this.#why);
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    this.#next.creates.push({ run, resolve, reject });
    this.#schedule();
    return promise;
  }

  /** Makes a run known, with what is durable of it. */
  open(run: string, durable: Lsn): void {
    this.#make(run, durable).holders += 1;
  }

  isOpen(run: string): boolean {
    return this.#logs.has(run);
  }

  async close(run: string): Promise<void> {
    const log = this.#logs.get(run);
    if (log === undefined) return;
    log.holders = Math.max(0, log.holders - 1);
    await this.flushed(run, log.last);
    if (log.holders === 0 && log.last === log.durable && this.#logs.get(run) === log) this.#logs.delete(run);
  }

  append(run: string, entries: readonly Uint8Array[], change: HeaderChange = {}, sender?: string): Lsn {
    if (this.#why !== null) throw this.#why;
    const log = this.#log(run);
    const lsn = log.last + 1;
    log.last += entries.length;
    const next = this.#next;
    const before = next.appends.at(-1);
    if (this.#options.joined === true && before?.run === run && before.sender === undefined && sender === undefined) {
      before.entries.push(...entries);
      before.change = { ...before.change, ...change };
    } else {
      next.appends.push({ run, lsn, entries: [...entries], change, ...(sender === undefined ? {} : { sender }) });
    }
    next.entries += entries.length;
    if (next.entries < WORTH << this.#underWay) this.#schedule();
    else this.#begin();
    return log.last;
  }

  set(setting: Batch["settings"][number]): Promise<void> {
    if (this.#why !== null) return Promise.reject(this.#why);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#next.sets.push({ setting, resolve, reject });
    this.#schedule();
    return promise;
  }

  keep(blob: Batch["blobs"][number]): void {
    if (this.#why !== null) throw this.#why;
    this.#next.blobs.push(blob);
    this.#schedule();
  }

  mark(mark: Batch["marks"][number]): void {
    if (this.#why !== null) return; // it is said again then
    this.#next.marks.push(mark);
    this.#schedule();
  }

  durable(run: string): Lsn {
    return this.#log(run).durable;
  }

  flushed(run: string, upto: Lsn): Promise<void> {
    if (this.#why !== null) return Promise.reject(this.#why);
    const log = this.#log(run);
    if (upto > log.last) throw new Defect(`nobody appended entry ${upto} of ${run}`);
    if (upto <= log.durable) return Promise.resolve();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    log.waits.push({ upto, resolve, reject });
    return promise;
  }

  watch(told: (run: string, durable: Lsn) => void): Disposable {
    this.#watchers.add(told);
    return { [Symbol.dispose]: () => void this.#watchers.delete(told) };
  }

  /** Resolves when everything that was taken is durable, or the store lost. */
  async drained(): Promise<void> {
    while (this.#why === null && (this.#underWay > 0 || !isEmpty(this.#next))) {
      this.#begin();
      await this.#committing;
    }
  }

  /** B2 */
  lose(why: Error): void {
    if (this.#why !== null) return;
    this.#why = why;
    this.#lost.resolve(why);
    for (const { reject } of [...this.#next.creates, ...this.#next.sets]) reject(why);
    this.#next = nothing();
    for (const log of this.#logs.values()) for (const { reject } of log.waits.splice(0)) reject(why);
  }

  /** Nobody holds what was only made: whoever opens and closes it forgets it. */
  #make(run: string, durable: Lsn): Log {
    const log = this.#logs.get(run) ?? { last: durable, durable, waits: [], holders: 0 };
    this.#logs.set(run, log);
    return log;
  }

  #log(run: string): Log {
    const log = this.#logs.get(run);
    if (log === undefined) throw new Fault("unknown-run", `The run ${run} is not open here`);
    return log;
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay > 0) return;
    this.#scheduled = true;
    this.#options.soon(() => {
      this.#scheduled = false;
      this.#begin();
    });
  }

  /** B1 */
  #begin(): void {
    if (this.#underWay >= (this.#options.most ?? 1) || this.#why !== null || isEmpty(this.#next)) return;
    const batch = this.#next;
    this.#next = nothing();
    this.#underWay += 1;
    this.#committing = this.#commit(batch).finally(() => {
      this.#underWay -= 1;
      if (!isEmpty(this.#next)) this.#schedule();
    });
  }

  async #commit({ creates, sets, blobs, marks, appends }: Next): Promise<void> {
    try {
      const { created } = await this.#options.commit({
        creates: creates.map(({ run }) => run),
        settings: sets.map(({ setting }) => setting),
        blobs,
        marks,
        appends,
      });
      for (const { resolve } of sets) resolve();
      creates.forEach((each, at) => this.#created(each, created[at] === true));
      for (const { run, lsn, entries } of appends) this.#advance(run, lsn + entries.length - 1);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown : new Defect(String(thrown));
      for (const { reject } of [...creates, ...sets]) reject(why);
      this.lose(why);
    }
  }

  #created({ run, resolve }: Create, isNew: boolean): void {
    if (isNew) {
      this.#make(run.id, run.entries.length);
      this.#tell(run.id, run.entries.length);
    }
    resolve(isNew);
  }

  #advance(run: string, durable: Lsn): void {
    const log = this.#logs.get(run);
    if (log === undefined) return;
    log.durable = durable;
    const due = log.waits.filter(({ upto }) => upto <= durable);
    if (due.length > 0) log.waits = log.waits.filter(({ upto }) => upto > durable);
    for (const { resolve } of due) resolve();
    this.#tell(run, durable);
  }

  #tell(run: string, durable: Lsn): void {
    for (const told of this.#watchers) told(run, durable);
  }
}

function nothing(): Next {
  return { creates: [], sets: [], blobs: [], marks: [], appends: [], entries: 0 };
}

function isEmpty({ creates, sets, blobs, marks, appends }: Next): boolean {
  return creates.length + sets.length + blobs.length + marks.length + appends.length === 0;
}
