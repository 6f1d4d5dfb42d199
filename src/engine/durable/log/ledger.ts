/**
 * What a life of a run knows of its log: which entries are its own, what others left there, and how long it is.
 *
 *   W1  Positions of this run's own entries are told when they are written. What lies between them is others': signals.
 *   W2  What others left stays noted until somebody has looked at it; a snapshot names what nobody has.
 *   W3  What was forgotten of it counts no more. What a group of instances is rebuilt from is not forgotten.
 */
import { Fault } from "../../../fault.ts";
import type { RunLimits } from "../../../host/package/limits.ts";
import type { Lsn } from "../../../journal/entry/entry.ts";
import { isOfStart, OpenEntries } from "./open-entries.ts";
import type { RunJournal } from "./log-port.ts";
import type { Numbered } from "./recorded.ts";
import type { Range, Snapshot } from "./snapshot.ts";

/** Bytes of a log that are read again rather than kept in a snapshot. */
const SHORT = 65_536;

/** In place of a group: what guests asked for while they started is needed for ever. */
const STARTS = 2 ** 32;

export class Ledger {
  readonly open: OpenEntries = new OpenEntries();
  /** The position of the last snapshot; 0 when there is none. */
  snap: Lsn;
  /** Of the log, as far as it was not forgotten. */
  #bytes: number;
  #base: Lsn;
  /** By group: where its last saved state is, or its first call. */
  readonly #floors: Map<number, Lsn>;
  /** The position after the last that is known. */
  #next: Lsn;
  #unread: Range[] = [];
  /** Bytes since the last snapshot, and of it. */
  #since: number;
  #size: number;

  readonly #after: number | null;

  /** @param after bytes after which a snapshot is worth it, whatever it takes */
  constructor(
    { entries, snapshot, bytes = 0 }: Omit<RunJournal, "port">,
    before: Snapshot | null,
    after: number | null = null,
  ) {
    this.#after = after;
    this.#floors = new Map(before?.floors);
    this.#base = before?.base ?? 1;
    for (const { lsn, entry } of entries) this.#note(lsn, entry);
    this.#next = (entries.at(-1)?.lsn ?? 0) + 1;
    this.snap = snapshot?.lsn ?? 0;
    this.#size = snapshot?.state.length ?? 0;
    this.#since = bytes;
    this.#bytes = (before?.bytes ?? 0) + bytes;
  }

  /** W1 */
  wrote(lsn: Lsn, entry: Numbered["entry"], size: number): void {
    if (lsn > this.#next) this.#unread.push({ from: this.#next, upto: lsn - 1 });
    this.#next = lsn + 1;
    this.#since += size;
    this.#bytes += size;
    this.#note(lsn, entry);
  }

  /** A snapshot of that size is in the log. */
  kept(lsn: Lsn, size: number): void {
    this.snap = lsn;
    this.#size = size;
    this.#since = 0;
  }

  /** How much there would be to read, after a snapshot. */
  get isLong(): boolean {
    return this.#since > (this.#after ?? Math.max(SHORT, 2 * this.#size));
  }

  /** W2: where others' entries are that nobody has looked at, as far as the log is durable. */
  unread(durable: Lsn): readonly Range[] {
    if (durable >= this.#next) {
      this.#unread.push({ from: this.#next, upto: durable });
      this.#next = durable + 1;
    }
    return this.#unread.filter(({ upto }) => upto <= durable);
  }

  /** W2 */
  seen({ upto }: Range): void {
    this.#unread = this.#unread.filter((range) => range.upto !== upto);
  }

  /** What a snapshot says of the log before it. */
  get before(): Pick<Snapshot, "before" | "bytes" | "base" | "floors" | "unread" | "from"> {
    return { before: this.snap, bytes: this.#bytes, base: this.#base, floors: [...this.#floors], ...this.#rest };
  }

  /**
   * What of the log nobody needs any more once the last snapshot is durable: all before this position (W3). Gives null when
   * that is not much.
   */
  forget({ from, unread }: Pick<Snapshot, "from" | "unread">): Lsn | null {
    const first = [from, ...unread.map((range) => range.from), ...this.#floors.values()];
    const below = first.reduce((least, each) => Math.min(least, each));
    if (below <= this.#base) return null;
    this.#base = below;
    this.#bytes = this.#size;
    return below;
  }

  /** What nobody has looked at, and where that begins which nobody knows yet. */
  get #rest(): { readonly unread: readonly Range[]; readonly from: Lsn } {
    return { unread: [...this.#unread], from: this.#next };
  }

  /** @throws {Fault} `run-too-large` */
  check({ entries, bytes }: Pick<RunLimits, "entries" | "bytes">): void {
    if (this.#next - this.#base > entries) throw tooLarge("entries", `More than ${entries} entries`);
    if (this.#bytes > bytes) throw tooLarge("bytes", `More than ${bytes} bytes`);
  }

  #note(lsn: Lsn, entry: Numbered["entry"]): void {
    this.open.note(lsn, entry);
    const isFresh = entry.kind === "GEN" && entry.from === entry.upto;
    if (entry.kind === "ISNAP" || isFresh || (entry.kind === "CALL" && !this.#floors.has(entry.group))) {
      this.#floors.set(entry.group, lsn);
    } else if (entry.kind === "DONE" && isOfStart(entry)) this.#floors.set(STARTS, 1);
  }
}

/** A run that would take more of the store, or of memory, than it may. */
export function tooLarge(limit: string, what: string): Fault {
  return new Fault("run-too-large", `${what} in the log of one run`, {
    hint: `If it really needs more, write \`run = { ${limit} = … }\` under [limits] of its sennit.toml, and take it up again.`,
  });
}
