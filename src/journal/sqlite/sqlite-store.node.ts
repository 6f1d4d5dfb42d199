/** A store in a SQLite file: written by a thread of its own, read through a second connection. */
import { BufferedStore } from "../buffer/buffered-store.ts";
import { nodeDriver } from "./driver.node.ts";
import type { Digest, Lsn } from "../entry/entry.ts";
import { LogReader } from "./log-reader.ts";
import { sha256 } from "./owned.node.ts";
import type { Chore } from "./owned.node.ts";
import type { Problem, RunHeader, RunQuery, Setting, Store, StoredEntry } from "../store.ts";
import { troubleWith } from "./trouble.ts";
import { writeHere, writeInThread } from "../writer/writer.node.ts";
import type { Writer } from "../writer/writer.node.ts";

/** Batches that its thread has, so that it never waits for one. */
const MOST_UNDER_WAY = 3;

export interface SqliteOptions {
  /**
   * `full`, unless given: what is acknowledged survives a loss of power. `normal`: it survives the death of this process, and
   * a loss of power may take the last moments.
   */
  readonly durability?: "full" | "normal";
  /** Writes in this thread: each commit then holds up everything else in it. */
  readonly inThisThread?: boolean;
}

/**
 * Opens a store, or makes one, and owns it until it is disposed.
 *
 * @throws {Fault} `store-locked`, `store-newer`, `store-unreadable`, `store-readonly`
 * @example
 * await using store = await openSqlite("runs.db");
 */
export async function openSqlite(path: string, options: SqliteOptions = {}): Promise<Store> {
  const { durability = "full", inThisThread = false } = options;
  const writer = inThisThread ? writeHere({ path, durability }) : await writeInThread({ path, durability });
  try {
    return new SqliteStore(path, writer, new LogReader(nodeDriver(path, { readOnly: true, patience: 5000 }), sha256));
  } catch (thrown) {
    await writer.close();
    throw troubleWith(path, thrown);
  }
}

class SqliteStore extends BufferedStore implements Store {
  readonly epoch: number;
  readonly #path: string;
  readonly #writer: Writer;
  readonly #reader: LogReader;

  constructor(path: string, writer: Writer, reader: LogReader) {
    super(
      {
        commit: (batch) => writer.commit(batch),
        soon: (work) => process.nextTick(work), // after all that follows from what happens now
        most: MOST_UNDER_WAY,
        joined: true,
      },
      {
        known: (run) => this.#read(() => reader.known(run)),
        sender: (run, sender) => this.#read(() => reader.sender(run, sender)),
        hash: sha256,
      },
    );
    this.epoch = writer.epoch;
    this.#path = path;
    this.#writer = writer;
    this.#reader = reader;
  }

  async header(run: string): Promise<RunHeader | undefined> {
    return this.#read(() => this.#reader.header(run));
  }

  async list(query: RunQuery): Promise<readonly RunHeader[]> {
    return this.#read(() => this.#reader.list(query));
  }

  async read(run: string, from: Lsn, most: number = Number.MAX_SAFE_INTEGER): Promise<readonly StoredEntry[]> {
    return this.#read(() => this.#reader.read(run, from, most));
  }

  async marked(run: string, reader: string): Promise<Lsn> {
    return this.#read(() => this.#reader.marked(run, reader));
  }

  async setting(key: string): Promise<Uint8Array | undefined> {
    return this.#read(() => this.#reader.setting(key));
  }

  async settings(prefix: string): Promise<readonly Setting[]> {
    return this.#read(() => this.#reader.settings(prefix));
  }

  async blob(digest: Digest): Promise<Uint8Array> {
    return this.#read(() => this.#reader.blob(digest));
  }

  async remove(run: string): Promise<void> {
    this.refuseOpen(run);
    await this.#chore({ kind: "remove", run });
  }

  async forget(run: string, below: Lsn): Promise<void> {
    await this.#chore({ kind: "forget", run, below });
  }

  async verify(run?: string): Promise<readonly Problem[]> {
    return this.#read(() => this.#reader.verify(run));
  }

  async cut(run: string, after: Lsn): Promise<void> {
    this.refuseOpen(run);
    await this.#chore({ kind: "cut", run, after });
  }

  async backup(path: string): Promise<void> {
    await this.#chore({ kind: "backup", path });
  }

  vacuum(): Promise<number> {
    return this.#chore({ kind: "vacuum" });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.buffer.drained();
    this.#reader.close();
    await this.#writer.close();
  }

  async #chore(chore: Chore): Promise<number> {
    await this.buffer.drained();
    return this.#writer.chore(chore);
  }

  #read<T>(work: () => T): T {
    try {
      return work();
    } catch (thrown) {
      throw troubleWith(this.#path, thrown);
    }
  }
}
