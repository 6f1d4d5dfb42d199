/**
 * What reached a run in a worker from outside of its thread, as bytes: the order of what arrived, the clock as it was read, when
 * it was told to wait, and which calls were stopped for their time. All else a run does follows from these.
 *
 *   T1  Each kind of item is a sequence of its own. What is written in pieces, by whomever, reads as if it had been written at once.
 *   T2  Bytes that no tape has are refused (`malformed`).
 */
import type { Fault } from "../../../fault.ts";
import { readFault, writeFault } from "../../../host/remote/frames/fault-data.ts";
import { Reader } from "../../../host/remote/frames/reader.ts";
import { Writer } from "../../../host/remote/frames/writer.ts";
import { ByteReader, ByteWriter, malformed } from "../../../lang/ir/ir-bytes.ts";
import { LiftBudget } from "../../../wit/budget.ts";
import { NO_HANDLES } from "../../../host/remote/frames/no-handles.ts";

const EVENTS = 0;
const READING = 1;
const CROWDED = 2;
const STOPPED = 3;

/** A call that was stopped, by its number in the run. */
export interface Stopped {
  readonly call: number;
  readonly fault: Fault;
}

export class TapeWriter {
  #out = new ByteWriter();
  #items = 0;
  /** The source of the last event, the first one that is not written yet, and how many follow, each the next one's. */
  #last = 0;
  #base = 0;
  #run = 0;
  #value = 0;
  #times = 0;

  event(source: number): void {
    if (this.#run > 0 && source === this.#last + 1) this.#run += 1;
    else {
      this.#endRun();
      this.#base = source - this.#last;
      this.#run = 1;
    }
    this.#last = source;
  }

  reading(value: number): void {
    if (this.#times > 0 && value === this.#value) {
      this.#times += 1;
      return;
    }
    this.#endReading();
    this.#value = value;
    this.#times = 1;
  }

  /** It was told to wait, so many questions after the last time. */
  crowded(after: number): void {
    this.#item(CROWDED).uint(after);
  }

  stopped({ call, fault }: Stopped): void {
    const writer = new Writer(NO_HANDLES).start(0, 0);
    writeFault(writer, fault, fault.code);
    const out = this.#item(STOPPED);
    out.uint(call);
    out.chunk(writer.finish());
  }

  /** What was written since the last time; null: nothing. */
  take(): Uint8Array | null {
    this.#endRun();
    this.#endReading();
    if (this.#items === 0) return null;
    const piece = new ByteWriter();
    piece.uint(this.#items);
    piece.raw(this.#out.finish());
    this.#out = new ByteWriter();
    this.#items = 0;
    this.#last = 0; // whoever writes the next piece need not know this one
    return piece.finish();
  }

  #item(kind: number): ByteWriter {
    this.#items += 1;
    this.#out.byte(kind);
    return this.#out;
  }

  #endRun(): void {
    if (this.#run === 0) return;
    const out = this.#item(EVENTS);
    out.int(this.#base);
    out.uint(this.#run);
    this.#run = 0;
  }

  #endReading(): void {
    if (this.#times === 0) return;
    const out = this.#item(READING);
    out.float(this.#value);
    out.uint(this.#times);
    this.#times = 0;
  }
}

/** So many of a kind, one after the other. */
interface Repeated {
  /** Of events: the first source. */
  readonly value: number;
  readonly count: number;
}

export class Tape {
  readonly #events: Repeated[] = [];
  readonly #readings: Repeated[] = [];
  readonly #crowded: number[] = [];
  readonly #stopped: Stopped[] = [];
  #event = { item: 0, within: 0 };
  #reading = { item: 0, within: 0 };
  #crowdedAt = 0;
  #stoppedAt = 0;

  /** @throws {Fault} `malformed` (T2) */
  constructor(pieces: readonly Uint8Array[]) {
    for (const piece of pieces) {
      let last = 0;
      const reader = new ByteReader(piece);
      for (let left = reader.count(); left > 0; left--) last = this.#readItem(reader, last);
      reader.finish();
    }
  }

  /** The source of the next event; null: there is none. */
  get next(): number | null {
    const { item, within } = this.#event;
    const found = this.#events[item];
    return found === undefined ? null : found.value + within;
  }

  passed(): void {
    this.#event = after(this.#event, this.#events);
  }

  /** What the clock said then; null: it was not read again. */
  reading(): number | null {
    const found = this.#readings[this.#reading.item];
    if (found === undefined) return null;
    this.#reading = after(this.#reading, this.#readings);
    return found.value;
  }

  /** After how many questions it was told to wait; null: not again. */
  get crowded(): number | null {
    return this.#crowded[this.#crowdedAt] ?? null;
  }

  waited(): void {
    this.#crowdedAt += 1;
  }

  get stopped(): Stopped | null {
    return this.#stopped[this.#stoppedAt] ?? null;
  }

  isStopped(): void {
    this.#stoppedAt += 1;
  }

  /** Gives the last source. */
  #readItem(reader: ByteReader, last: number): number {
    const kind = reader.byte();
    if (kind === EVENTS) return this.#readEvents(reader, last);
    if (kind === READING) this.#readings.push({ value: reader.float(), count: atLeastOne(reader.uint()) });
    else if (kind === CROWDED) this.#crowded.push(reader.uint());
    else if (kind === STOPPED) this.#stopped.push({ call: reader.uint(), fault: faultOf(reader.chunk()) });
    else throw malformed(`a tape has an item of kind ${kind}`);
    return last;
  }

  #readEvents(reader: ByteReader, last: number): number {
    const value = last + reader.int();
    const count = atLeastOne(reader.uint());
    if (value < 0 || !Number.isSafeInteger(value + count)) throw malformed("a tape has an event of no source");
    this.#events.push({ value, count });
    return value + count - 1;
  }
}

function after(at: { readonly item: number; readonly within: number }, of: readonly Repeated[]): typeof at {
  const isLast = at.within + 1 >= (of[at.item]?.count ?? 0);
  return isLast ? { item: at.item + 1, within: 0 } : { item: at.item, within: at.within + 1 };
}

function atLeastOne(count: number): number {
  if (count === 0) throw malformed("a tape has an item of nothing");
  return count;
}

function faultOf(bytes: Uint8Array<ArrayBuffer>): Fault {
  const reader = new Reader(NO_HANDLES, new LiftBudget());
  reader.open(bytes);
  reader.u8();
  reader.u32();
  return readFault(reader, null);
}
