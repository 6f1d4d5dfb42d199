/** The reading side of a store in a SQLite: only what is durable, through a connection of its own (S3). */
import { Fault } from "../../fault.ts";
import { isSame, link, ROOT } from "../chain.ts";
import type { Hash } from "../chain.ts";
import type { Driver, SqlValue, Statement } from "./driver.ts";
import { entriesOf, entryRow, lastOf } from "./entry-rows.ts";
import { bytesOfHex } from "../entry/hex.ts";
import { runOf } from "./rows.ts";
import type { KnownRun } from "./rows.ts";
import { LIST, SQL } from "./sql.ts";
import type { Problem, RunHeader, RunQuery, Setting, StoredEntry } from "../store.ts";

type Name = keyof typeof SQL;

const MOST = 1000;
const MOST_LISTINGS = 100;

/** Rows that are read at once. */
const AT_ONCE = 256;

export class LogReader {
  readonly #driver: Driver;
  readonly #hash: Hash;
  readonly #statements = new Map<Name, Statement>();
  readonly #listings = new Map<string, Statement>();

  constructor(driver: Driver, hash: Hash) {
    this.#driver = driver;
    this.#hash = hash;
  }

  header(run: string): RunHeader | undefined {
    return this.#find(run)?.header;
  }

  /** @throws {Fault} `unknown-run` */
  known(run: string): RunHeader {
    return this.#run(run).header;
  }

  list(query: RunQuery): readonly RunHeader[] {
    const { states, prefix, queue, parent, due, unchanged, stirred, except, after, limit = MOST } = query;
    const where: string[] = [];
    const values: SqlValue[] = [];
    const only = (condition: string, ...given: readonly SqlValue[]): void => {
      where.push(condition);
      values.push(...given);
    };
    if (states !== undefined) only(`state in (${states.map(() => "?").join(", ")})`, ...states);
    if (prefix !== undefined) only("substr(id, 1, ?) = ?", [...prefix].length, prefix);
    if (queue !== undefined) only("queue = ?", queue);
    if (parent === null) only("parent is null");
    else if (parent !== undefined) only("parent = ?", parent);
    if (due !== undefined) only("wake is not null and wake <= ?", due);
    if (unchanged !== undefined) only("updated <= ?", unchanged);
    if (stirred === true) only(STIRRED);
    if (except !== undefined) only("state = 'queued'");
    for (const each of except ?? []) {
      if (each.key === undefined) only("queue <> ?", each.queue);
      else only("not (queue = ? and key = ?)", each.queue, each.key);
    }
    const order = orderOf(query);
    if (after !== undefined) only(AFTER[order], after);
    const conditions = where.length === 0 ? "" : ` where ${where.join(" and ")}`;
    const listing = this.#listing(`${INDEX[order]}${conditions} order by ${ORDER[order]} limit ?`);
    const rows = listing.all(...values, limit);
    return rows.map((row) => runOf(row).header);
  }

  /** @throws {Fault} `store-rotten` at an entry that is not what was written, or follows one that is missing */
  read(run: string, from: number, most: number): readonly StoredEntry[] {
    const { n, header } = this.#run(run);
    const found: StoredEntry[] = [];
    for (const row of this.#rows(n, from)) {
      if ("wrong" in row) throw unsound(run, row.sound, row.wrong);
      for (const [place, bytes] of row.entries.entries()) {
        const lsn = row.lsn + place;
        if (found.length >= most || lsn > header.durable) return found;
        if (lsn >= from) found.push({ lsn, bytes, at: row.at });
      }
    }
    return found;
  }

  /** The position of what a sender sent. */
  sender(run: string, sender: string): number | undefined {
    const [row] = this.#sql("sender").all(run, sender);
    return row === undefined ? undefined : Number(row["lsn"]);
  }

  marked(run: string, reader: string): number {
    return Number(this.#sql("marked").all(run, reader)[0]?.["lsn"] ?? 0);
  }

  setting(key: string): Uint8Array | undefined {
    return this.#sql("setting").all(key)[0]?.["value"] as Uint8Array | undefined;
  }

  settings(prefix: string): readonly Setting[] {
    const rows = this.#sql("settings").all([...prefix].length, prefix);
    return rows.map(({ key, value }) => ({ key: String(key), value: value as Uint8Array }));
  }

  blob(digest: string): Uint8Array {
    const name = bytesOfHex(digest);
    const [row] = this.#sql("blob").all(name);
    if (row === undefined) throw new Fault("blob-missing", `The store has no value ${digest}`);
    const bytes = row["bytes"] as Uint8Array;
    if (!isSame(this.#hash(bytes), name)) {
      throw new Fault("blob-rotten", `The value ${digest} is not what was written`, {
        hint: "Restore the store from a backup.",
      });
    }
    return bytes;
  }

  verify(run?: string): readonly Problem[] {
    const ids =
      run === undefined
        ? this.#sql("ids")
            .all()
            .map(({ id }) => String(id))
        : [run];
    return ids.flatMap((id) => this.#verifyOne(id) ?? []);
  }

  close(): void {
    this.#driver.close();
  }

  #verifyOne(id: string): Problem | null {
    const { n, header } = this.#run(id);
    let sound = 0;
    for (const row of this.#rows(n, 0)) {
      if ("wrong" in row) return problem(id, row.sound, row.kind, row.wrong);
      sound = row.lsn + row.entries.length - 1;
    }
    if (sound === header.durable) return null;
    return problem(id, sound, "torn", `it ends at entry ${sound}, and ${header.durable} were acknowledged`);
  }

  /** The rows of a log from the one on that a position lies in, until one cannot be trusted. */
  *#rows(n: number, from: number): Generator<SoundRow | Unsound> {
    let check: ChainCheck | null = null;
    for (let next = from; ; next = (check?.sound ?? 0) + 1) {
      const rows = this.#sql("rows").all(n, next, AT_ONCE);
      // What was forgotten lies between the first row and the next.
      const isNews = (row: (typeof rows)[number]): boolean => check === null || Number(row["lsn"]) > check.sound;
      for (const row of rows.filter(isNews)) {
        check ??= new ChainCheck(this.#hash, this.#sql("rowBefore").all(n, Number(row["lsn"]))[0]);
        const checked = check.next(row);
        yield checked;
        if ("wrong" in checked) return;
      }
      if (rows.length < AT_ONCE) return;
    }
  }

  #run(id: string): KnownRun {
    const found = this.#find(id);
    if (found === undefined) throw new Fault("unknown-run", `There is no run ${id}`);
    return found;
  }

  #find(id: string): KnownRun | undefined {
    const [row] = this.#sql("header").all(id);
    return row === undefined ? undefined : runOf(row);
  }

  /** Lists are asked for in few ways, over and over. */
  #listing(rest: string): Statement {
    const known = this.#listings.get(rest) ?? this.#driver.prepare(`${LIST}${rest}`);
    if (this.#listings.size >= MOST_LISTINGS) this.#listings.clear();
    this.#listings.set(rest, known);
    return known;
  }

  #sql(name: Name): Statement {
    const known = this.#statements.get(name) ?? this.#driver.prepare(SQL[name]);
    this.#statements.set(name, known);
    return known;
  }
}

interface SoundRow {
  readonly lsn: number;
  readonly entries: readonly Uint8Array[];
  readonly at: number;
}

interface Unsound extends Pick<Problem, "kind" | "sound"> {
  readonly wrong: string;
}

/** Follows the chain of a log, row by row. */
class ChainCheck {
  readonly #hash: Hash;
  /** The last position that is sound. */
  sound: number;
  #chain: Uint8Array;

  /** @param before the row before the first, when there is one */
  constructor(hash: Hash, before?: Readonly<Record<string, SqlValue>>) {
    this.#hash = hash;
    this.sound = before === undefined ? 0 : lastOf(entryRow(before));
    this.#chain = (before?.["chain"] as Uint8Array | undefined) ?? ROOT;
  }

  next(row: Readonly<Record<string, SqlValue>>): SoundRow | Unsound {
    const { sound } = this;
    const { lsn, count, body } = entryRow(row);
    const stored = row["chain"] as Uint8Array;
    const isAfterForgotten = sound === 1 && lsn > 2; // K1
    if (lsn !== sound + 1 && !isAfterForgotten) return { sound, kind: "torn", wrong: `entry ${sound + 1} is missing` };
    const isSound = isAfterForgotten || isSame(stored, link(this.#hash, this.#chain, lsn, body, count));
    const entries = isSound ? entriesOf({ count, body }) : null;
    if (entries === null) return { sound, kind: "rotten", wrong: `entry ${lsn} is not what was written` };
    [this.#chain, this.sound] = [stored, lsn + count - 1];
    return { lsn, entries, at: Number(row["at"]) };
  }
}

function unsound(run: string, sound: number, what: string): Fault {
  return new Fault("store-rotten", `The log of ${run} cannot be trusted: ${what}`, {
    hint: `Restore the store from a backup, or cut the log off after entry ${sound}: \`sennit store cut ${run}\``,
  });
}

type Order = "newest" | "wake" | "turn";

function orderOf({ due, except }: RunQuery): Order {
  return except !== undefined ? "turn" : due !== undefined ? "wake" : "newest";
}

const ORDER: Readonly<Record<Order, string>> = { newest: "n desc", wake: "wake, n", turn: "priority desc, n" };

/** Where SQLite would rather sort all that it finds by another index, which holds more the more runs wait. */
const INDEX: Readonly<Record<Order, string>> = {
  newest: "",
  wake: " indexed by run_by_wake",
  turn: " indexed by run_by_turn",
};

/** What follows a run in the order of the list. */
const AFTER: Readonly<Record<Order, string>> = {
  newest: "n < (select n from run where id = ?)",
  wake: "(wake, n) > (select wake, n from run where id = ?)",
  turn: "(-priority, n) > (select -priority, n from run where id = ?)",
};

const STIRRED = `state = 'waiting' and (durable > snap or exists (
  select 1 from run as child
  where child.parent = run.id and child.state in ('done', 'failed', 'cancelled')))`;

function problem(run: string, sound: number, kind: Problem["kind"], what: string): Problem {
  return { run, sound, kind, text: `The log of ${run} is ${kind}: ${what}` };
}
