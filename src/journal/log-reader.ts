/** The reading side of a store in a SQLite: only what is durable, through a connection of its own (S3). */
import { Fault } from "../fault.ts";
import { isSame, link, ROOT } from "./chain.ts";
import type { Hash } from "./chain.ts";
import type { Driver, SqlValue, Statement } from "./driver.ts";
import { bytesOfHex } from "./hex.ts";
import { runOf } from "./rows.ts";
import type { KnownRun } from "./rows.ts";
import { LIST, SQL } from "./sql.ts";
import type { Problem, RunHeader, RunQuery, StoredEntry } from "./store.ts";

type Name = keyof typeof SQL;

const MOST = 1000;

export class LogReader {
  readonly #driver: Driver;
  readonly #hash: Hash;
  readonly #statements = new Map<Name, Statement>();

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

  list({ states, prefix, queue, due, after, limit = MOST }: RunQuery): readonly RunHeader[] {
    const where: string[] = [];
    const values: SqlValue[] = [];
    const only = (condition: string, ...given: readonly SqlValue[]): void => {
      where.push(condition);
      values.push(...given);
    };
    if (states !== undefined) only(`state in (${states.map(() => "?").join(", ")})`, ...states);
    if (prefix !== undefined) only("substr(id, 1, ?) = ?", [...prefix].length, prefix);
    if (queue !== undefined) only("queue = ?", queue);
    if (due !== undefined) only("wake is not null and wake <= ?", due);
    if (after !== undefined) only(afterCondition(due !== undefined), after);
    const order = due === undefined ? "n desc" : "wake, n";
    const conditions = where.length === 0 ? "" : ` where ${where.join(" and ")}`;
    const rows = this.#driver.prepare(`${LIST}${conditions} order by ${order} limit ?`).all(...values, limit);
    return rows.map((row) => runOf(row).header);
  }

  read(run: string, from: number, most: number): readonly StoredEntry[] {
    const { n, header } = this.#run(run);
    return this.#sql("entries")
      .all(n, from, header.durable, most)
      .map(({ lsn, body }) => ({ lsn: Number(lsn), bytes: body as Uint8Array }));
  }

  /** The position of what a sender sent. */
  sender(run: string, sender: string): number | undefined {
    const [row] = this.#sql("sender").all(run, sender);
    return row === undefined ? undefined : Number(row["lsn"]);
  }

  marked(run: string, reader: string): number {
    return Number(this.#sql("marked").all(run, reader)[0]?.["lsn"] ?? 0);
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
    let chain = ROOT;
    let sound = 0;
    for (let rows = this.#chained(n, 0); rows.length > 0; rows = this.#chained(n, sound)) {
      for (const row of rows) {
        const lsn = Number(row["lsn"]);
        const stored = row["chain"] as Uint8Array;
        const isAfterForgotten = sound === 1 && lsn > 2; // K1
        if (lsn !== sound + 1 && !isAfterForgotten) return problem(id, sound, "torn", `entry ${sound + 1} is missing`);
        if (!isAfterForgotten && !isSame(stored, link(this.#hash, chain, lsn, row["body"] as Uint8Array)))
          return problem(id, sound, "rotten", `entry ${lsn} is not what was written`);
        [chain, sound] = [stored, lsn];
      }
    }
    if (sound === header.durable) return null;
    return problem(id, sound, "torn", `it ends at entry ${sound}, and ${header.durable} were acknowledged`);
  }

  #chained(n: number, after: number): readonly Readonly<Record<string, SqlValue>>[] {
    return this.#sql("chained").all(n, after);
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

  #sql(name: Name): Statement {
    const known = this.#statements.get(name) ?? this.#driver.prepare(SQL[name]);
    this.#statements.set(name, known);
    return known;
  }
}

/** What follows a run in the order of the list. */
function afterCondition(isByWake: boolean): string {
  if (!isByWake) return "n < (select n from run where id = ?)";
  return "(wake, n) > (select wake, n from run where id = ?)";
}

function problem(run: string, sound: number, kind: Problem["kind"], what: string): Problem {
  return { run, sound, kind, text: `The log of ${run} is ${kind}: ${what}` };
}
