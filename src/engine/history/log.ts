/**
 * One run's log as it is durable, to be looked at: every entry with its position and time, found by what it is about.
 *
 *   L1  Only what is durable is read, and nothing is written.
 *   L2  Values that lie beside the log are fetched when the log is read, so that looking at it cannot fail half-way.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry } from "../../journal/entry/entry-codec.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { Entry, EntryKind, EntryOf, Lsn, Payload } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { HEARD } from "../durable/log/recorded.ts";

/** What of a store is needed to look into runs. */
export type Kept = Pick<Store, "header" | "read" | "blob">;

export interface Logged<K extends EntryKind = EntryKind> {
  readonly lsn: Lsn;
  /** When it was committed, in milliseconds since the epoch. */
  readonly at: number;
  readonly entry: EntryOf<K>;
}

/** What is given to a run, in the order of which it goes on. */
export type LoggedDelivery = Logged<"DLV"> | Logged<"CANCEL"> | Logged<"CB">;

/** Everything the log says of one attempt of one effect. */
export interface Trail {
  readonly eff: string;
  readonly attempt: number;
  request: Logged<"REQ"> | null;
  timer: Logged<"ARM"> | null;
  /** The last time that it entered its group: one that a crash cut off is made again. */
  call: Logged<"CALL"> | null;
  done: Logged<"DONE"> | null;
  delivery: Logged<"DLV"> | null;
  abandoned: Logged<"ABANDON"> | null;
}

export class Log {
  readonly header: RunHeader;
  readonly entries: readonly Logged[];
  readonly start: Logged<"START">;
  /** The run that the effects of this one are named after. */
  readonly root: string;
  readonly deliveries: readonly LoggedDelivery[];
  /** What the program showed, without what its guests said. */
  readonly outputs: readonly Logged<"OUT">[];
  readonly end: Logged<"END"> | null;
  readonly trails: ReadonlyMap<string, Trail>;
  readonly #signals: ReadonlyMap<Lsn, Logged<"SIG">>;

  /** @throws {Fault} `journal-invalid` for a log without its beginning */
  constructor(header: RunHeader, entries: readonly Logged[]) {
    const [first] = entries;
    if (first === undefined || !is(first, "START")) {
      throw new Fault("journal-invalid", `The log of ${header.id} has no beginning`);
    }
    this.header = header;
    this.entries = entries;
    this.start = first;
    this.root = entries.find((each) => is(each, "FORK"))?.entry.root ?? header.id;
    this.deliveries = entries.filter((each) => is(each, "DLV") || is(each, "CANCEL") || is(each, "CB"));
    this.outputs = entries.filter((each) => is(each, "OUT")).filter(({ entry }) => entry.eff !== HEARD);
    this.end = entries.find((each) => is(each, "END")) ?? null;
    this.#signals = new Map(entries.filter((each) => is(each, "SIG")).map((each) => [each.lsn, each]));
    this.trails = trailsOf(entries);
  }

  /** The last position. */
  get last(): Lsn {
    return this.entries.at(-1)?.lsn ?? 0;
  }

  /** Null when the log is whole; else why it cannot be played back from its beginning. */
  get gap(): string | null {
    if (this.entries.some(({ lsn }, at) => lsn !== at + 1)) return "a part of its log was forgotten";
    if (this.entries.some((each) => is(each, "MIGRATE"))) return "it was moved to another version of its program";
    return null;
  }

  trail(eff: string, attempt: number): Trail | undefined {
    return this.trails.get(nameOf(eff, attempt));
  }

  /** The entry at a position. */
  at(lsn: Lsn): Logged | undefined {
    const near = this.entries[lsn - 1];
    return near?.lsn === lsn ? near : this.entries.find((each) => each.lsn === lsn);
  }

  signal(lsn: Lsn): Logged<"SIG"> | undefined {
    return this.#signals.get(lsn);
  }

  /** The same log, as it was when this entry was the last. */
  upTo(lsn: Lsn): Log {
    return new Log(
      this.header,
      this.entries.filter((each) => each.lsn <= lsn),
    );
  }
}

/** @throws {Fault} `unknown-run`, `journal-invalid`, `journal-newer`, `blob-missing` */
export async function readLog(store: Kept, id: string): Promise<Log> {
  const header = await store.header(id);
  if (header === undefined) throw new Fault("unknown-run", `The store has no run ${id}`);
  const entries: Logged[] = [];
  for (let from = 1; from <= header.durable;) {
    const read = await store.read(id, from, 1000);
    if (read.length === 0) break;
    for (const { lsn, at, bytes } of read) entries.push({ lsn, at, entry: await whole(store, decodeEntry(bytes)) });
    from = (read.at(-1)?.lsn ?? header.durable) + 1;
  }
  return new Log(header, entries);
}

export function is<K extends EntryKind>(logged: { readonly entry: Entry }, kind: K): logged is Logged<K> {
  return logged.entry.kind === kind;
}

export function nameOf(eff: string, attempt: number): string {
  return `${eff}/${attempt}`;
}

function trailsOf(entries: readonly Logged[]): ReadonlyMap<string, Trail> {
  const trails = new Map<string, Trail>();
  const of = ({ eff, attempt }: { readonly eff: string; readonly attempt: number }): Trail => {
    const known = trails.get(nameOf(eff, attempt));
    if (known !== undefined) return known;
    const trail: Trail = { eff, attempt, ...NOTHING };
    trails.set(nameOf(eff, attempt), trail);
    return trail;
  };
  for (const each of entries) {
    if (is(each, "REQ")) of(each.entry).request = each;
    else if (is(each, "ARM")) of(each.entry).timer = each;
    else if (is(each, "CALL")) of(each.entry).call = each;
    else if (is(each, "DONE")) of(each.entry).done = each;
    else if (is(each, "DLV")) of(each.entry).delivery = each;
    else if (is(each, "ABANDON")) of(each.entry).abandoned = each;
  }
  return trails;
}

const NOTHING = {
  request: null,
  timer: null,
  call: null,
  done: null,
  delivery: null,
  abandoned: null,
};

/** L2. States of the VM and of instances stay where they are: nobody looks into them. */
async function whole(store: Kept, entry: Entry): Promise<Entry> {
  const fetched = async (payload: Payload): Promise<Payload> =>
    payload instanceof Blob ? await store.blob(payload.digest) : payload;
  switch (entry.kind) {
    case "DONE":
    case "CBRET":
    case "SIG":
    case "OUT":
    case "END":
      return { ...entry, value: await fetched(entry.value) };
    case "REQ":
      return { ...entry, input: await fetched(entry.input) };
    case "CALL":
    case "CB":
      return { ...entry, args: await fetched(entry.args) };
    case "START":
      return { ...entry, args: await fetched(entry.args), program: await fetched(entry.program) };
    default:
      return entry;
  }
}
