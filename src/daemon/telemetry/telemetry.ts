/**
 * Follows every run of a store, and tells its spans.
 *
 *   Y1  Only durable entries are read (S3). Runs do not wait for it: it reads behind them, at the receiver's pace.
 *   Y2  How far it has told each run is marked in the store. After a crash the spans since the last mark are told again, the
 *       same ones (N2).
 */
import { Fault } from "../../fault.ts";
import { ValueBytes } from "../../engine/durable/value-bytes.ts";
import { ErrorValue } from "../../lang/value.ts";
import { decodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Lsn } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import type { Exporter } from "./exporter.ts";
import { RunSpans } from "./spans.ts";
import type { Naming, Span } from "./spans.ts";

/** The name under which the store marks how far it has come. */
const READER = "telemetry";
const PAGE = 1000;
/** Runs whose open spans are remembered; those of others are read again when they go on. */
const MOST_OPEN = 1000;
/** Runs upwards from a run that was spawned, at most. */
const MOST_PARENTS = 100;

export type Told = Pick<Store, "watch" | "list" | "header" | "read" | "marked" | "mark">;

interface Open {
  readonly spans: RunSpans;
  /** The next entry to be read. */
  next: Lsn;
  /** Spans that end before are told. */
  readonly told: Lsn;
}

export class Telemetry implements AsyncDisposable {
  readonly #store: Told;
  readonly #exporter: Exporter;
  readonly #naming: Naming;
  readonly #failed: (why: unknown) => void;
  readonly #watching: Disposable;
  readonly #dirty = new Set<string>();
  readonly #open = new Map<string, Open>();
  /** Not sent yet, and how far the runs that they are of were read. */
  readonly #waiting: Span[] = [];
  readonly #read = new Map<string, Lsn>();
  #isClosed = false;
  #working: Promise<void> | null = null;

  constructor(store: Told, exporter: Exporter, naming: Naming, failed: (why: unknown) => void) {
    this.#store = store;
    this.#exporter = exporter;
    this.#naming = naming;
    this.#failed = failed;
    this.#watching = store.watch((run) => this.#take(run));
    this.#working = this.#begin();
  }

  /** Resolves when all that is durable now has been told. */
  async settled(): Promise<void> {
    while (this.#working !== null) await this.#working;
  }

  /** Tells no more than what is on its way. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    this.#watching[Symbol.dispose]();
    await this.settled();
  }

  #take(run: string): void {
    this.#dirty.add(run);
    this.#working ??= this.#work();
  }

  /** What happened while nobody told it: the newest runs are looked at once. */
  async #begin(): Promise<void> {
    try {
      for (const { id, durable } of await this.#store.list({ limit: PAGE })) {
        if ((await this.#store.marked(id, READER)) < durable) this.#dirty.add(id);
      }
    } catch (thrown) {
      this.#failed(thrown);
    }
    await this.#work();
  }

  /** One run after the other, those that come while it works too; what they tell goes out together. */
  async #work(): Promise<void> {
    while (this.#dirty.size > 0 && !this.#isClosed) {
      for (const run of this.#dirty) {
        this.#dirty.delete(run);
        await this.#guarded(() => this.#tell(run));
        if (this.#isClosed) break;
      }
      await this.#guarded(() => this.#flush());
    }
    this.#working = null;
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      if (!this.#isClosed) this.#failed(thrown);
    }
  }

  async #tell(run: string): Promise<void> {
    const open = this.#open.get(run) ?? (await this.#opened(run));
    if (open === null) return;
    this.#open.delete(run);
    let isEnded = false;
    for (let count = PAGE; count === PAGE && !this.#isClosed;) {
      const entries = await this.#store.read(run, open.next, PAGE);
      count = entries.length;
      for (const { lsn, bytes, at } of entries) {
        const entry = decodeEntry(bytes);
        const span = open.spans.take(entry, at);
        if (span !== null && lsn > open.told) this.#waiting.push(span);
        open.next = lsn + 1;
        isEnded ||= entry.kind === "END";
      }
      this.#read.set(run, open.next - 1);
      if (this.#waiting.length >= PAGE) await this.#flush();
    }
    if (!isEnded) this.#remember(run, open);
  }

  /** Y2: marked once it is sent, or given up. */
  async #flush(): Promise<void> {
    const [spans, read] = [this.#waiting.splice(0), [...this.#read]];
    this.#read.clear();
    await this.#exporter.send(spans);
    for (const [run, lsn] of read) this.#store.mark(run, READER, lsn);
  }

  #remember(run: string, open: Open): void {
    this.#open.set(run, open);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN && oldest !== undefined) this.#open.delete(oldest);
  }

  /** Null for a run that was deleted. */
  async #opened(run: string): Promise<Open | null> {
    const header = await this.#store.header(run);
    if (header === undefined) return null;
    const told = await this.#store.marked(run, READER);
    const root = await this.#root(header);
    const name = header.name.split(/[\\/]/).at(-1) ?? ""; // of its file
    return { spans: new RunSpans({ run, root, name, naming: this.#naming, codeOf }), next: 1, told };
  }

  async #root(header: RunHeader): Promise<string> {
    let at = header;
    for (let up = 0; at.parent !== null && up < MOST_PARENTS; up++) {
      const parent = await this.#store.header(at.parent);
      if (parent === undefined) break;
      at = parent;
    }
    return at.id;
  }
}

const DATA: ValueBytes = new ValueBytes(null);

/** N1: of an error only its code. */
function codeOf(bytes: Uint8Array): string | null {
  try {
    const value = DATA.decode(bytes);
    return value instanceof ErrorValue ? value.code : null;
  } catch (thrown) {
    if (thrown instanceof Fault) return null; // a value of the program's own types is in it
    throw thrown;
  }
}
