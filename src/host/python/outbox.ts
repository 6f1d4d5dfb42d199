/**
 * The calls of one instance: those that wait their turn, and those that the worker has.
 *
 *   O1  What is written together goes together: a message leaves when the caller's own work pauses and the worker is free.
 *   O2  Calls leave in the order in which they came; the worker answers in that order, or breaks the protocol.
 *   O3  A call that was never made leaves no trace: its handles are where they were.
 */
import type { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import type { Handles } from "./handles.ts";
import { Mismatch } from "./marshal.ts";
import {
  type Call,
  type InContext,
  type Many,
  type Numbered,
  type Parcel,
  type Request,
  writeCall,
} from "./requests.ts";
import * as frames from "./worker/frame.ts";
import { Writer } from "./writer.ts";

export interface OutboxParts {
  readonly handles: Handles;
  readonly overlap: boolean;
  /** Shared with the worker (S2 of serve.ts). */
  readonly stops: Int32Array;
  readonly now: () => number;
  readonly send: (message: ArrayBuffer) => void;
  /** Told of each message that the worker gets, and of its end: the number of its first call, how many, its place of `BEGAN`. */
  readonly sent: (first: number, count: number, place: number) => void;
  readonly finished: (first: number) => void;
  /** The fault of arguments that do not fit. */
  readonly wrong: (target: Numbered, error: Mismatch) => Fault;
}

/** A message is not made longer than this by one more call. */
const LONG = 1 << 18;

const LAST_NUMBER = 0xffff_ffff;

/** A message that waits. */
interface Message {
  readonly calls: readonly Call[];
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #queue: (Message | Many)[] = [];
  /** Calls that are written but in no message yet; they come after the queue. */
  #open: Call[] = [];
  readonly #writer: Writer;
  readonly #manyWriter: Writer;
  /** What the worker has, by the number of its first call. */
  readonly #sent = new Map<number, Parcel>();
  readonly #places = Array.from({ length: frames.STOPS }, (_, place) => place);
  readonly #placeOf = new Map<Many, number>();
  #lastNumber = 0;
  #latest: InContext | undefined;
  #scheduled = false;
  #ended = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#writer = new Writer(parts.handles, frames.HEADER);
    this.#manyWriter = new Writer(parts.handles, frames.HEADER);
  }

  /** Whether no call was made that has not been answered. */
  get isIdle(): boolean {
    return this.#open.length === 0 && this.#queue.length === 0 && this.#sent.size === 0;
  }

  /** @throws {Fault} when the arguments do not fit */
  add(target: Numbered, args: readonly Value[], request: Request): void {
    this.#open.push(this.#write(this.#writer, target, args, request));
    if (this.#writer.end > LONG) this.#closeOpen();
    this.#schedule();
  }

  addMany(many: Many): void {
    this.#closeOpen();
    this.#queue.push(many);
    many.onStop = () => {
      const at = this.#queue.indexOf(many);
      if (at >= 0) this.#queue.splice(at, 1);
      many.end();
    };
    this.#schedule();
  }

  #write(writer: Writer, target: Numbered, args: readonly Value[], request: Request): Call {
    const { end } = writer;
    try {
      writeCall(writer, target, args);
    } catch (error) {
      writer.truncate(end);
      this.#parts.handles.rollback();
      throw error instanceof Mismatch ? this.#parts.wrong(target, error) : error;
    }
    return { request, moved: this.#parts.handles.commit() };
  }

  #closeOpen(): void {
    if (this.#open.length === 0) return;
    const length = this.#writer.end - frames.HEADER;
    this.#queue.push({ calls: this.#open, buffer: this.#writer.take(), length });
    this.#open = [];
  }

  /** Calls that are made in one go, or by callers who wait for the same, come together (O1). */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#sendNext();
    });
  }

  #sendNext(): void {
    while (!this.#ended && (this.#parts.overlap || this.#sent.size === 0)) {
      if (this.#queue.length === 0) this.#closeOpen();
      const [next] = this.#queue;
      if (next === undefined) return;
      if ("buffer" in next) {
        this.#queue.shift();
        this.#sendCalls(next);
      } else {
        if (this.#places.length === 0) return;
        this.#queue.shift();
        this.#sendMany(next);
      }
    }
  }

  #sendCalls({ calls, buffer, length }: Message): void {
    const first = this.#numbers(calls.length);
    if (this.#parts.overlap) {
      for (const [i, call] of calls.entries())
        this.#expect({ calls: [call], many: undefined, first: first + i, answered: 0 });
    } else {
      this.#expect({ calls, many: undefined, first, answered: 0 });
    }
    this.#send(buffer, first, calls, 0, length);
  }

  #sendMany(many: Many): void {
    const writer = this.#manyWriter;
    const calls: readonly Call[] = many.isOver
      ? []
      : many.fill(
          () => writer.end > LONG,
          (args) => this.#write(writer, many.target, args, many.request),
        );
    if (calls.length === 0) return void many.goesOn();
    const place = this.#places.pop() ?? 0;
    this.#placeOf.set(many, place);
    Atomics.store(this.#parts.stops, place, 0);
    many.onStop = () => void Atomics.store(this.#parts.stops, place, 1);
    const first = this.#numbers(calls.length);
    this.#expect({ calls, many, first, answered: 0 }, place + 1);
    const flags = frames.TOGETHER | (many.untilErr ? frames.UNTIL_ERR : 0) | ((place + 1) << frames.STOP_SHIFT);
    const length = writer.end - frames.HEADER;
    this.#send(writer.take(), first, calls, flags, length);
  }

  #send(buffer: ArrayBuffer, a: number, calls: readonly Call[], d: number, length: number): void {
    this.#latest = calls.at(-1)?.request.inContext;
    frames.writeHeader(buffer, { kind: frames.CALLS, a, b: calls.length, c: this.#parts.now(), d, length });
    this.#parts.send(buffer);
  }

  /** The first of so many numbers that follow each other. */
  #numbers(count: number): number {
    const first = this.#lastNumber + count > LAST_NUMBER ? 1 : this.#lastNumber + 1;
    this.#lastNumber = first + count - 1;
    return first;
  }

  #expect(parcel: Parcel, place: number = 0): void {
    this.#sent.set(parcel.first, parcel);
    this.#parts.sent(parcel.first, parcel.calls.length, place);
  }

  /** The calls of which the worker answers some, from this number on. Throws a Mismatch (O2). */
  answeredFrom(number: number): Parcel {
    const parcel = this.#sent.get(number) ?? this.#parcelOf(number);
    if (parcel === undefined || parcel.first + parcel.answered !== number) throw new Mismatch("an answer to no call");
    return parcel;
  }

  /** The call that the next answer is for. Throws a Mismatch when there should be none. */
  answered(parcel: Parcel): Call {
    const call = parcel.calls[parcel.answered];
    if (call === undefined || parcel.many?.hasEnded === true) throw new Mismatch("more answers than calls");
    parcel.answered += 1;
    this.#parts.handles.endLoan(call.moved);
    return call;
  }

  /** Goes on after answers; `last` says that the worker has no more for these calls. Throws a Mismatch when it should. */
  next(parcel: Parcel, last: boolean): void {
    if (last) this.#finish(parcel);
    this.#sendNext();
  }

  #finish({ calls, answered, first, many }: Parcel): void {
    if (answered < calls.length && many?.isOver !== true) throw new Mismatch("a call without an answer");
    this.#sent.delete(first);
    this.#parts.finished(first);
    for (const { moved } of calls.slice(answered)) this.#parts.handles.undo(moved); // O3
    if (many === undefined) return;
    const place = this.#placeOf.get(many);
    if (place !== undefined) this.#places.push(place);
    this.#placeOf.delete(many);
    if (many.goesOn()) this.addMany(many);
  }

  /** Where the caller of a running call was; of the latest, when none of this number runs. */
  contextOf(number: number): InContext | undefined {
    const parcel = this.#sent.get(number) ?? this.#parcelOf(number);
    return parcel?.calls[number - parcel.first]?.request.inContext ?? this.#latest;
  }

  #parcelOf(number: number): Parcel | undefined {
    return this.#sent.values().find(({ first, calls }) => number >= first && number < first + calls.length);
  }

  /** What the worker does, for messages. */
  get current(): string | undefined {
    const [parcel] = this.#sent.values();
    return parcel?.calls[parcel.answered]?.request.doing;
  }

  /** A buffer that may serve for another message. */
  recycle(buffer: ArrayBuffer): void {
    this.#writer.recycle(buffer);
  }

  /** The instance has ended: `first` says why to the call that runs, `lost` to all others. */
  end(first: () => unknown, lost: () => Fault): void {
    this.#ended = true;
    let reason = first;
    for (const { calls, answered, many } of this.#sent.values()) {
      for (const { request } of many === undefined ? calls.slice(answered) : calls.slice(answered, answered + 1)) {
        request.reject(reason());
        reason = lost;
      }
      many?.end(lost());
    }
    for (const next of this.#queue) {
      if ("buffer" in next) for (const { request } of next.calls) request.reject(lost());
      else next.end(lost());
    }
    for (const { request } of this.#open) request.reject(lost());
    this.#sent.clear();
    this.#queue.length = 0;
    this.#open = [];
  }
}
