/** What a realm was told to do, and has not answered; and what waits to be told (I2, I3 and I5 of instance.node.ts). */
import { Fault } from "../../../fault.ts";
import type { Value } from "../../../wit/value.ts";
import { bounded } from "../frames/bounded.ts";
import { GIVE_UP, MOST_BYTES, MOST_CALLS } from "../frames/kinds.ts";
import type { Reader } from "../frames/reader.ts";
import type { Writer } from "../frames/writer.ts";
import type { Channel } from "../ways/channel.ts";
import type { Tickets } from "./handles.ts";
import type { InContext } from "./questions.ts";

/** Milliseconds after its deadline in which a realm can still end a call by itself. */
const GRACE = 50;
const LONGEST_TIMER: number = 2 ** 31 - 1 - GRACE;

/** What the realm is to do. */
export interface Order {
  readonly kind: number;
  /** For messages: "add". */
  readonly name: string;
  readonly deadline: number | undefined;
  /** Writes what follows the number. @throws {Fault} */
  readonly write: (to: Writer) => void;
  readonly read: (from: Reader) => Value;
  readonly inContext: InContext;
}

export interface Pending {
  readonly order: Order;
  readonly resolve: (value: Value) => void;
  readonly reject: (thrown: unknown) => void;
  /** 0 while it waits to be sent. */
  number: number;
  lent: readonly number[];
  bytes: number;
  ends: number;
  timer: NodeJS.Timeout | undefined;
}

export interface PendingParts {
  /** The name of the package. */
  readonly source: string;
  readonly overlap: boolean;
  readonly channel: Channel;
  readonly writer: Writer;
  readonly tickets: Tickets;
  readonly sent: () => void;
  /** Nothing that was sent is unanswered any more. */
  readonly answered: () => void;
  /** I3 */
  readonly late: (order: Order) => void;
}

export class PendingCalls {
  readonly #parts: PendingParts;
  readonly #sent = new Map<number, Pending>();
  readonly #queue: Pending[] = [];
  /** Of what was sent. */
  #bytes = 0;
  #last = 0;

  constructor(parts: PendingParts) {
    this.#parts = parts;
  }

  /** How many the realm is busy with. */
  get size(): number {
    return this.#sent.size;
  }

  get areNone(): boolean {
    return this.#sent.size === 0 && this.#queue.length === 0;
  }

  /** What was sent under this number, and is not answered. */
  at(number: number): Pending | undefined {
    return this.#sent.get(number);
  }

  /** The oldest of what was sent. */
  get first(): Pending | undefined {
    const [first] = this.#sent.values();
    return first;
  }

  /** @param signal gives it up (I5) */
  add(order: Order, signal: AbortSignal | undefined): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const asked: Pending = { order, resolve, reject, number: 0, lent: [], bytes: 0, ends: Infinity, timer: undefined };
    if (this.#hasRoom) this.#send(asked); // I2
    else this.#queue.push(asked);
    if (signal !== undefined) this.#heed(signal, asked, promise);
    return promise;
  }

  /** It was answered; the next is sent by `sendNext`. */
  settle(asked: Pending): void {
    clearTimeout(asked.timer);
    this.#sent.delete(asked.number);
    this.#bytes -= asked.bytes;
    this.#parts.tickets.end(asked.lent);
    if (this.#sent.size === 0) this.#parts.answered();
    if (asked.ends !== Infinity) this.#allowNext();
  }

  sendNext(): void {
    if (!this.#hasRoom) return;
    const next = this.#queue.shift();
    if (next !== undefined) this.#send(next);
  }

  /** @param cause what ended what was sent @param lost of what was not */
  end(cause: unknown, lost: () => Fault): void {
    for (const { timer, reject } of this.#sent.values()) {
      clearTimeout(timer);
      reject(cause);
    }
    this.#sent.clear();
    for (const { reject } of this.#queue.splice(0)) reject(lost());
  }

  /** I5 */
  #heed(signal: AbortSignal, asked: Pending, ended: Promise<Value>): void {
    const giveUp = (): void => this.#giveUp(asked);
    if (signal.aborted) return giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    const forget = (): void => signal.removeEventListener("abort", giveUp);
    ended.then(forget, forget);
  }

  #giveUp(asked: Pending): void {
    const { channel, writer, source } = this.#parts;
    const { order, number, reject } = asked;
    const at = this.#queue.indexOf(asked);
    if (at >= 0) this.#queue.splice(at, 1);
    if (number === 0) reject(new Fault("cancelled", `${order.name} was given up before it began`, { source }));
    else if (this.#sent.has(number)) channel.send(writer.start(GIVE_UP, number).finish());
  }

  #send(asked: Pending): void {
    const { channel, writer, tickets, sent } = this.#parts;
    const { kind, deadline, write } = asked.order;
    this.#last = (this.#last + 1) >>> 0;
    asked.number = this.#last;
    try {
      write(writer.start(kind, asked.number));
      asked.lent = tickets.lent();
      const frame = bounded(writer.finish());
      asked.bytes = frame.length; // a thread takes the frame's buffer away
      channel.send(frame);
    } catch (thrown) {
      tickets.end(tickets.lent());
      asked.reject(thrown);
      return this.sendNext();
    }
    this.#sent.set(asked.number, asked);
    this.#bytes += asked.bytes;
    sent();
    if (deadline === undefined || deadline > LONGEST_TIMER) return;
    asked.ends = performance.now() + deadline;
    if (this.#sent.size === 1) channel.allow?.(deadline);
    asked.timer = setTimeout(() => this.#parts.late(asked.order), deadline + GRACE);
  }

  /** Also of calls that overlap there are not more than the other side would take. */
  get #hasRoom(): boolean {
    if (this.#sent.size === 0) return true;
    return this.#parts.overlap && this.#sent.size < MOST_CALLS && this.#bytes < MOST_BYTES;
  }

  /** The keeper knows of one deadline: the next (I3). */
  #allowNext(): void {
    const ends = [...this.#sent.values()].reduce((least, each) => Math.min(least, each.ends), Infinity);
    this.#parts.channel.allow?.(ends === Infinity ? null : ends - performance.now());
  }
}
