/**
 * Serves the frames of one Python instance: calls into Python, imports and sleeps out of it.
 *
 *   S1  The calls of one message run one after the other, each when the one before has ended, waiting included; where calls
 *       may overlap, each of them begins at once. The first failure is the last call: the instance has ended.
 *   S2  Before each call the table of stops is looked at: the host can stop what follows while this thread is busy.
 */
import { SeededBytes } from "../../seeded.ts";
import { Calls, type Call, Results, type Sending } from "./calls.ts";
import {
  ANSWER,
  BIND,
  CALLS,
  type Frame,
  frame,
  IMPORT,
  LOG,
  readFrame,
  RELEASE,
  SLEEP,
  STOP_SHIFT,
  TOGETHER,
  UNTIL_ERR,
} from "./frame.ts";
import type { Interpreter } from "./interpreter.ts";

/** Kept from before the realm is scrubbed (W2). */
const { load } = Atomics;

/** The module `sennit_calls` as JavaScript sees it. */
export interface Guest {
  readonly dispatch_waiting: Callable;
  readonly reserve: Callable;
  readonly release_export: Callable;
  readonly connect: Callable;
}
interface Callable {
  (...args: unknown[]): unknown;
  callPromising(...args: unknown[]): Promise<unknown>;
}
interface HeldBuffer {
  getBuffer(type: "u8"): { readonly data: Uint8Array; release(): void };
  destroy(): void;
}

export interface Surroundings extends Sending {
  readonly port: { on(event: "message", receive: (message: unknown) => void): unknown };
  readonly fatal: (error: unknown) => void;
  readonly clock: { now: number; seed: SeededBytes; sleep: (milliseconds: number, then: () => void) => void };
  /** Whether calls may wait for the host, and whether another may begin meanwhile. */
  readonly waits: boolean;
  readonly overlap: boolean;
  /** The linear memory, asked anew each time because it moves when it grows. */
  readonly heap: () => Uint8Array;
  /** One number for each message that may be told to stop: not 0 when it is. */
  readonly stops: Int32Array;
}

/** Starts serving; gives the function that takes what Python prints. */
export function serve(around: Surroundings, guest: Guest, python: Interpreter): (stream: number, line: string) => void {
  const { send, clock } = around;
  const outgoing = new Outgoing(around, guest);
  const running = new Running(around, guest, python, outgoing);
  clock.sleep = (milliseconds, then) => void outgoing.sleep(milliseconds).then(() => then());
  guest.connect(
    (number: number, length: number, call: number) => outgoing.ask(number, length, call),
    (milliseconds: number) => outgoing.sleep(milliseconds),
    (handle: number) => send(frame({ kind: RELEASE, a: handle })),
  );
  around.port.on("message", (message) => {
    const received = readFrame(message);
    if (received === null) return;
    try {
      if (received.kind === RELEASE) return void guest.release_export(received.a);
      clock.now = received.c;
      if (received.kind === CALLS) running.begin(received);
      else if (received.kind === ANSWER) outgoing.answer(received);
    } catch (error) {
      around.fatal(error);
    }
  });
  const encoder = new TextEncoder();
  return (stream, line) => send(frame({ kind: LOG, a: stream }, encoder.encode(line.slice(0, 1 << 16))));
}

/** What Python asks of the host. */
class Outgoing {
  readonly #around: Surroundings;
  readonly #reserve: Callable;
  readonly #waiting = new Map<number, (body: Uint8Array) => void>();
  #size = 0;
  #address = 0;
  #last = 0;
  /** Results that should not wait while a call waits for the host. */
  pending: Results | undefined;

  constructor(around: Surroundings, guest: Guest) {
    this.#around = around;
    this.#reserve = guest.reserve;
  }

  /** An import, whose arguments Python has left in its buffer. */
  ask(number: number, length: number, call: number): Promise<Uint8Array> {
    if (length > this.#size) this.#locate(length);
    const body = this.#around.heap().subarray(this.#address, this.#address + length);
    return this.#request((a) => frame({ kind: IMPORT, a, b: number, d: call }, body));
  }

  sleep(milliseconds: number): Promise<Uint8Array> {
    return this.#request((a) => frame({ kind: SLEEP, a, c: milliseconds }));
  }

  answer({ a, body }: Frame): void {
    const resolve = this.#waiting.get(a);
    this.#waiting.delete(a);
    resolve?.(body);
  }

  #request(message: (number: number) => ArrayBuffer): Promise<Uint8Array> {
    this.pending?.hurry();
    return new Promise((resolve) => {
      this.#last += 1;
      this.#waiting.set(this.#last, resolve);
      this.#around.send(message(this.#last));
    });
  }

  #locate(atLeast: number): void {
    const proxy = this.#reserve(atLeast) as HeldBuffer;
    const buffer = proxy.getBuffer("u8");
    this.#address = buffer.data.byteOffset;
    this.#size = buffer.data.length;
    buffer.release();
    proxy.destroy();
  }
}

/** The calls that came and have not ended. */
class Running {
  readonly #around: Surroundings;
  readonly #dispatchWaiting: Callable;
  readonly #python: Interpreter;
  readonly #outgoing: Outgoing;

  constructor(around: Surroundings, guest: Guest, python: Interpreter, outgoing: Outgoing) {
    this.#around = around;
    this.#dispatchWaiting = guest.dispatch_waiting;
    this.#python = python;
    this.#outgoing = outgoing;
  }

  begin(message: Frame): void {
    const calls = new Calls(message);
    const { d: flags } = message;
    const apart = (flags & TOGETHER) === 0;
    const { waits, overlap, fatal } = this.#around;
    if (overlap && apart) return this.#beginAll(calls);
    const results = new Results(calls.first, this.#around, apart && calls.count > 1);
    const first = calls.next();
    if (waits || first.number === BIND) this.#waitForEach(calls, first, flags, results).catch(fatal);
    else this.#callEach(calls, first, flags, results);
  }

  #callEach(calls: Calls, first: Call, flags: number, results: Results): void {
    let call: Call | undefined = first;
    for (let done = 1; call !== undefined && !this.#isStopped(flags); done += 1) {
      this.#python.call(call.number, call, call.floats);
      call = this.#next(done, calls, flags, results);
    }
    results.flush(true);
  }

  async #waitForEach(calls: Calls, first: Call, flags: number, results: Results): Promise<void> {
    let call: Call | undefined = first;
    this.#outgoing.pending = results;
    for (let done = 1; call !== undefined && !this.#isStopped(flags); done += 1) {
      await this.#wait(calls.first + done - 1, call);
      call = this.#next(done, calls, flags, results);
    }
    this.#outgoing.pending = undefined;
    results.flush(true);
  }

  /** Where calls may overlap (S1). */
  #beginAll(calls: Calls): void {
    for (let i = 0; i < calls.count; i += 1) {
      const id = calls.first + i;
      const results = new Results(id, this.#around, false);
      const answer = (): void => {
        results.add(this.#python);
        results.flush(true);
      };
      this.#wait(id, calls.next()).then(answer).catch(this.#around.fatal);
    }
  }

  /** Until a call has ended, and the interpreter holds its result. */
  async #wait(id: number, call: Call): Promise<void> {
    const binds = call.number === BIND;
    if (binds) this.#around.clock.seed = new SeededBytes(call.marshal.slice(-32));
    this.#python.leave(id, call); // now, for `callPromising` begins later
    await this.#dispatchWaiting.callPromising(id, binds ? 0 : call.number);
    this.#python.fetch(id, call.floats);
    if (binds) this.#python.attach();
  }

  /** Adds the latest result; gives the next call, if there is one to be made. */
  #next(done: number, calls: Calls, flags: number, results: Results): Call | undefined {
    if (calls.count === 1) results.use(calls.buffer);
    const ended = this.#python.failed || ((flags & UNTIL_ERR) !== 0 && this.#python.isErr);
    results.add(this.#python);
    if (ended || done === calls.count) return undefined;
    results.flushIfDue();
    return calls.next();
  }

  /** Looks at the table (S2). */
  #isStopped(flags: number): boolean {
    const place = (flags >>> STOP_SHIFT) - 1;
    return place >= 0 && load(this.#around.stops, place) !== 0;
  }
}
