/**
 * The writing side of a store in a SQLite: one owner's transactions.
 *
 *   T1  A batch is one transaction, which first looks whether the epoch is still this owner's.
 *   T2  A file that is new gets the tables; one of another format, or of another program, is left alone.
 *   T3  After a failure nothing of the batch is there, and this committer is of no more use.
 */
import { Defect, Fault } from "../../fault.ts";
import type { Append, Batch, Committed } from "../buffer/batch.ts";
import { link, ROOT } from "../chain.ts";
import type { Hash } from "../chain.ts";
import type { Driver, Statement } from "./driver.ts";
import { bodyOf, entriesOf, entryRow, lastOf, rowsOf } from "./entry-rows.ts";
import { runOf } from "./rows.ts";
import { APPLICATION_ID, FORMAT, MIGRATIONS, SCHEMA, SQL } from "./sql.ts";
import type { NewRun, RunHeader } from "../store.ts";

export interface CommitterOptions {
  /** For messages. */
  readonly place: string;
  readonly hash: Hash;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** FULL: durable when acknowledged, also when the power fails. NORMAL: only when the process does. */
  readonly durability?: "full" | "normal";
}

interface Known {
  readonly n: number;
  header: RunHeader;
  /** More of it changed in this batch than how far it has come. */
  isOtherwise: boolean;
  /** The last link. */
  chain: Uint8Array;
}

interface RowAcross {
  readonly n: number;
  readonly lsn: number;
  readonly entries: readonly Uint8Array[];
  readonly chain: Uint8Array;
}

/** Runs whose last link is kept in memory. */
const MOST_KNOWN = 10_000;

type Name = keyof typeof SQL;

export class Committer {
  readonly epoch: number;
  readonly #driver: Driver;
  readonly #options: CommitterOptions;
  readonly #statements = new Map<Name, Statement>();
  readonly #known = new Map<string, Known>();
  /** Runs that the batch appended to. */
  readonly #changed = new Set<Known>();

  /** Takes ownership: whoever had it before can commit no more. @throws {Fault} `store-newer`, `store-unreadable` */
  constructor(driver: Driver, options: CommitterOptions) {
    this.#driver = driver;
    this.#options = options;
    this.#prepareFile();
    this.#sql("nextEpoch").run();
    this.epoch = this.#epoch();
  }

  /** @throws {Fault} `store-lost` when somebody else owns the store (T1) */
  commit({ creates, blobs, marks, settings, appends }: Batch): Committed {
    return this.#transaction(() => {
      const created = creates.map((run) => this.#create(run));
      for (const { run, digest, bytes } of blobs) this.#keep(run, digest, bytes);
      for (const append of appends) this.#append(append);
      this.#updateRuns();
      for (const { run, reader, lsn } of marks) {
        if (this.#has(run)) this.#sql("mark").run(this.#run(run).n, reader, lsn); // its reader cannot know that it was deleted
      }
      for (const { key, value } of settings) {
        if (value === null) this.#sql("deleteSetting").run(key);
        else this.#sql("set").run(key, value);
      }
      return { created };
    });
  }

  remove(run: string): void {
    this.#transaction(() => {
      const { n } = this.#run(run);
      for (const name of ["deleteEntries", "deleteSenders", "deleteMarks", "deleteKept", "deleteRun"] as const)
        this.#sql(name).run(n);
      this.#sql("deleteUnkept").run();
    });
    this.#known.delete(run);
  }

  forget(run: string, below: number): void {
    this.#transaction(() => {
      const { n } = this.#run(run);
      const row = this.#rowAcross(n, below);
      // Its link stays: whoever reads on from there needs it.
      if (row !== null && row.lsn > 1) this.#shorten(row, below, row.entries.slice(below - row.lsn), row.chain);
      this.#sql("forget").run(n, below);
    });
  }

  cut(run: string, after: number): void {
    if (after < 1) throw new Fault("store-unreadable", `Nothing of the run ${run} is sound: remove it`);
    this.#transaction(() => {
      const { n } = this.#run(run);
      const row = this.#rowAcross(n, after + 1);
      if (row !== null) {
        const entries = row.entries.slice(0, after + 1 - row.lsn);
        const before = this.#sql("rowBefore").all(n, row.lsn)[0]?.["chain"] as Uint8Array | undefined;
        const chain = link(this.#options.hash, before ?? ROOT, row.lsn, bodyOf(entries), entries.length);
        this.#shorten(row, row.lsn, entries, chain);
      }
      this.#sql("cut").run(n, after);
      this.#sql("cutSenders").run(n, after);
      this.#sql("setDurable").run(after, n);
    });
    this.#known.delete(run);
  }

  /** A consistent copy at a path where nothing is. */
  backup(path: string): void {
    this.#driver.prepare("vacuum into ?").run(path);
  }

  vacuum(): number {
    const before = this.#size();
    this.#driver.exec("pragma wal_checkpoint(truncate); vacuum; pragma wal_checkpoint(truncate)");
    return Math.max(0, before - this.#size());
  }

  close(): void {
    this.#driver.close();
  }

  /** T2 */
  #prepareFile(): void {
    const { durability = "full", place } = this.#options;
    const pragma = (name: string): number => Number(this.#driver.prepare(`pragma ${name}`).all()[0]?.[name] ?? 0);
    const isEmpty = Number(this.#driver.prepare("select count(*) as n from sqlite_schema").all()[0]?.["n"]) === 0;
    if (!isEmpty && pragma("application_id") !== APPLICATION_ID) {
      throw new Fault("store-unreadable", `${place} is a database of another program`, {
        hint: "Choose another file.",
      });
    }
    if (pragma("user_version") > FORMAT) {
      throw new Fault("store-newer", `${place} was written by a newer version`, {
        hint: "Open it with the version that wrote it, or a later one.",
      });
    }
    this.#driver.exec(`pragma journal_mode = wal; pragma synchronous = ${durability}`);
    if (!isEmpty) return this.#migrate(pragma("user_version"));
    this.#driver.exec(
      `begin; ${SCHEMA} pragma application_id = ${APPLICATION_ID}; pragma user_version = ${FORMAT}; commit`,
    );
  }

  /** A file of an older format is brought to this one, step by step, in one transaction. */
  #migrate(from: number): void {
    if (from === FORMAT) return;
    const steps = MIGRATIONS.slice(from - 1).join("");
    this.#driver.exec(`begin immediate; ${steps} pragma user_version = ${FORMAT}; commit`);
  }

  #transaction<T>(work: () => T): T {
    this.#driver.exec("begin immediate");
    try {
      if (this.#epoch() !== this.epoch) {
        throw new Fault("store-lost", `${this.#options.place} was taken over by another process`);
      }
      const result = work();
      this.#driver.exec("commit");
      return result;
    } catch (thrown) {
      this.#rollback();
      throw thrown;
    }
  }

  /** Where SQLite has done so itself, there is nothing to roll back. */
  #rollback(): void {
    this.#known.clear();
    this.#changed.clear();
    try {
      this.#driver.exec("rollback");
    } catch {
      // What is told is why the transaction failed.
    }
  }

  /** Once a batch, however often it appends to a run. */
  #updateRuns(): void {
    for (const known of this.#changed) {
      const { n, header, isOtherwise } = known;
      const { state, updated, wake, reason, ir, queue, priority, snap, durable } = header;
      if (!isOtherwise) this.#sql("advance").run(updated, durable, n);
      else this.#sql("updateRun").run(state, updated, wake, reason, ir, queue, priority, snap, durable, n);
      known.isOtherwise = false;
    }
    this.#changed.clear();
  }

  /** The row that has entries before a position and from there on. */
  #rowAcross(n: number, lsn: number): RowAcross | null {
    const [found] = this.#sql("rowBefore").all(n, lsn);
    if (found === undefined) return null;
    const row = entryRow(found);
    if (lastOf(row) < lsn) return null;
    const entries = entriesOf(row);
    if (entries === null) throw new Fault("store-unreadable", `Entry ${row.lsn} is not what was written`);
    return { n: Number(found["n"]), lsn: row.lsn, entries, chain: found["chain"] as Uint8Array };
  }

  #shorten({ n }: RowAcross, lsn: number, entries: readonly Uint8Array[], chain: Uint8Array): void {
    this.#sql("shorten").run(lsn, entries.length, bodyOf(entries), chain, n);
  }

  /** What is read anew has to find the file as it is. */
  #forget(): void {
    this.#updateRuns();
    this.#known.clear();
  }

  #create(run: NewRun): boolean {
    if (this.#sql("header").all(run.id).length > 0) return false;
    const { id, name, created, ir, queue, priority, state = "running", key = "", parent = null } = run;
    this.#sql("insertRun").run(id, state, name, created, this.#options.now(), ir, queue, key, priority, parent, 0);
    const [start, ...rest] = run.entries;
    if (start === undefined) throw new Defect(`the run ${id} has no START`);
    // A row of its own, which stays when others are forgotten.
    this.#append({ run: id, lsn: 1, entries: [start], change: {} });
    if (rest.length > 0) this.#append({ run: id, lsn: 2, entries: rest, change: {} });
    return true;
  }

  #append({ run, lsn, entries, change, sender }: Append): void {
    const known = this.#run(run);
    if (lsn !== known.header.durable + 1) {
      throw new Defect(`entry ${lsn} of ${run} comes after entry ${known.header.durable}`);
    }
    const updated = this.#options.now();
    for (const row of rowsOf(lsn, entries)) {
      known.chain = link(this.#options.hash, known.chain, row.lsn, row.body, row.count);
      this.#sql("insertEntry").run(known.n, row.lsn, row.count, row.body, known.chain, updated);
    }
    if (sender !== undefined) this.#sql("insertSender").run(known.n, sender, lsn);
    known.header = { ...known.header, ...change, durable: lsn + entries.length - 1, updated };
    known.isOtherwise ||= Object.keys(change).length > 0;
    this.#changed.add(known);
  }

  #keep(run: string, digest: Uint8Array, bytes: Uint8Array): void {
    const { n } = this.#run(run);
    this.#sql("insertBlob").run(digest, bytes);
    this.#sql("keepBlob").run(n, digest);
  }

  #has(id: string): boolean {
    return this.#known.has(id) || this.#sql("header").all(id).length > 0;
  }

  #run(id: string): Known {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const [row] = this.#sql("header").all(id);
    if (row === undefined) throw new Fault("unknown-run", `There is no run ${id}`);
    const { n, header } = runOf(row);
    const [last] = this.#sql("lastChain").all(n);
    const chain = (last?.["chain"] as Uint8Array | undefined) ?? ROOT;
    const found: Known = { n, header, isOtherwise: false, chain };
    if (this.#known.size >= MOST_KNOWN) this.#forget();
    this.#known.set(id, found);
    return found;
  }

  #epoch(): number {
    return Number(this.#sql("epoch").all()[0]?.["epoch"]);
  }

  #size(): number {
    return Number(this.#sql("size").all()[0]?.["bytes"]);
  }

  #sql(name: Name): Statement {
    const known = this.#statements.get(name) ?? this.#driver.prepare(SQL[name]);
    this.#statements.set(name, known);
    return known;
  }
}
