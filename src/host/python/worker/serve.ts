/**
 * Serves the frames of one Python instance: calls into Python, imports and sleeps out of it.
 *
 *   S1  The calls of one message run one after the other, each when the one before has ended, waiting included; where calls
 *       may overlap, each of them begins at once. The first failure is the last call: the instance has ended.
 *   S2  Before each call the table of stops is looked at: the host can stop what follows while this thread is busy.
 *   S3  Where calls have a deadline, Python runs during calls only: what it has put off waits for the next one.
 */
import type { Chance } from "./chance.ts";
import { Calls, type Call, Results, type Sending } from "./calls.ts";
import {
  ANSWER,
  BEGAN,
  BIND,
  CALLS,
  type Frame,
  frame,
  IMPORT,
  INTERRUPTIBLE,
  LIMITS,
  LOAD,
  LOOK,
  MOST_ASKED,
  OVER,
  readFrame,
  RELEASE,
  SAVE,
  SLEEP,
  STOP_SHIFT,
  TIME_MASK,
  TOGETHER,
  UNTIL_ERR,
} from "./frame.ts";
import type { Fuel } from "./fuel.ts";
import type { Interpreter } from "./interpreter.ts";
import { Notes } from "./notes.ts";

/** What is called that is not the plugin's own, by its place in `own` of `sennit_calls`. */
const OWN: Readonly<Record<number, number>> = { [BIND]: 0, [SAVE]: -1, [LOAD]: -2 };

/** Kept from before the realm is scrubbed (W2). */
const { load, store } = Atomics;

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
  readonly clock: {
    now: number;
    readonly chance: Chance;
    sleep: (milliseconds: number, then: () => void) => void;
    resume: (run: () => void) => void;
  };
  /** Whether calls may wait for the host, and whether another may begin meanwhile. */
  readonly waits: boolean;
  readonly overlap: boolean;
  /** The linear memory, asked anew each time because it moves when it grows. */
  readonly heap: () => Uint8Array;
  /** Shared with the host (`frame.ts`). */
  readonly words: Int32Array;
  /** Of a metered Python. */
  readonly fuel: Fuel | undefined;
  /** Real time, in whole milliseconds since the epoch. */
  readonly now: () => number;
  /** Has Python look for the host's signal now and then. */
  readonly beInterruptible: () => void;
}

/** Starts serving; gives the function that takes what Python prints. */
export function serve(given: Surroundings, guest: Guest, python: Interpreter): (stream: number, line: string) => void {
  const { clock } = given;
  const notes = new Notes(given);
  const send = (message: ArrayBuffer): void => {
    notes.flush(); // N1
    given.send(message);
  };
  const around = { ...given, send };
  const outgoing = new Outgoing(around, guest);
  const running = new Running(around, guest, python, outgoing, notes);
  clock.sleep = (milliseconds, then) => void outgoing.sleep(milliseconds).then(() => then());
  clock.resume = (run) => running.resume(run);
  guest.connect(
    (number: number, length: number, call: number) => outgoing.ask(number, length, call),
    (milliseconds: number) => outgoing.sleep(milliseconds),
    (handle: number) => notes.release(handle),
  );
  const receive = (received: Frame): void => {
    switch (received.kind) {
      case CALLS:
        clock.now = received.c;
        return running.begin(received);
      case ANSWER:
        return running.resume(() => {
          clock.now = received.c;
          outgoing.answer(received);
        });
      case RELEASE:
        return running.release(received.a);
      case LIMITS:
        return running.limit(received);
      case LOOK:
        return send(frame({ kind: LOOK }));
    }
  };
  around.port.on("message", (message) => {
    const received = readFrame(message);
    if (received === null) return;
    try {
      receive(received);
    } catch (error) {
      around.fatal(error);
    }
  });
  return (stream, line) => notes.line(stream, line);
}

/** What Python asks of the host. */
class Outgoing {
  readonly #around: Surroundings;
  readonly #reserve: Callable;
  readonly #waiting = new Map<number, (body: Uint8Array) => void>();
  /** What is asked when others have been answered. */
  readonly #later: (() => void)[] = [];
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
    this.#later.shift()?.();
    resolve?.(body);
  }

  #request(message: (number: number) => ArrayBuffer): Promise<Uint8Array> {
    this.pending?.hurry();
    this.#last += 1;
    const written = message(this.#last); // now, for what it is made of does not stay
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    const ask = (): void => {
      this.#waiting.set(number, resolve);
      this.#around.send(written);
    };
    const number = this.#last;
    if (this.#waiting.size < MOST_ASKED) ask();
    else this.#later.push(ask);
    return promise;
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
  readonly #releaseExport: Callable;
  readonly #dispatchWaiting: Callable;
  readonly #python: Interpreter;
  readonly #outgoing: Outgoing;
  readonly #notes: Notes;
  /** What Python has put off until a call runs (S3). */
  readonly #putOff: (() => void)[] = [];
  #active = 0;
  #onlyDuringCalls = false;

  constructor(around: Surroundings, guest: Guest, python: Interpreter, outgoing: Outgoing, notes: Notes) {
    this.#notes = notes;
    this.#around = around;
    this.#releaseExport = guest.release_export;
    this.#dispatchWaiting = guest.dispatch_waiting;
    this.#python = python;
    this.#outgoing = outgoing;
  }

  limit({ a: flags, b: calls, c: units }: Frame): void {
    this.#around.clock.chance.goOn(calls);
    this.#python.begin(calls);
    if (!Number.isNaN(units)) this.#around.fuel?.limit(units);
    if ((flags & INTERRUPTIBLE) === 0) return;
    this.#onlyDuringCalls = true;
    this.#around.beInterruptible();
  }

  /** The host lets go of an object, whose end may be code of the plugin's. */
  release(handle: number): void {
    if (this.#active === 0) this.#around.fuel?.begin();
    this.#releaseExport(handle);
  }

  /** S3. */
  resume(run: () => void): void {
    if (this.#active > 0 || !this.#onlyDuringCalls) run();
    else this.#putOff.push(run);
  }

  begin(message: Frame): void {
    this.#active += 1;
    for (const run of this.#putOff.splice(0)) queueMicrotask(() => this.resume(run));
    const calls = new Calls(message);
    const { d: flags } = message;
    const apart = (flags & TOGETHER) === 0;
    const { waits, overlap, fatal } = this.#around;
    if (overlap && apart) return this.#beginAll(calls, flags);
    const results = new Results(calls.first, this.#around, apart && calls.count > 1);
    const first = calls.next();
    if (waits || first.number in OWN) this.#waitForEach(calls, first, flags, results).catch(fatal);
    else this.#callEach(calls, first, flags, results);
  }

  #callEach(calls: Calls, first: Call, flags: number, results: Results): void {
    let call: Call | undefined = first;
    for (let done = 1; call !== undefined && !this.#isStopped(flags); done += 1) {
      this.#starts(call, flags);
      this.#python.call(call.number, call, call.floats);
      call = this.#next(done, calls, flags, results);
    }
    this.#ended(results);
  }

  async #waitForEach(calls: Calls, first: Call, flags: number, results: Results): Promise<void> {
    let call: Call | undefined = first;
    this.#outgoing.pending = results;
    for (let done = 1; call !== undefined && !this.#isStopped(flags); done += 1) {
      await this.#wait(calls.first + done - 1, call, flags);
      call = this.#next(done, calls, flags, results);
    }
    this.#outgoing.pending = undefined;
    this.#ended(results);
  }

  /** Where calls may overlap (S1). */
  #beginAll(calls: Calls, flags: number): void {
    this.#active += calls.count - 1;
    for (let i = 0; i < calls.count; i += 1) {
      const id = calls.first + i;
      const results = new Results(id, this.#around, false);
      const answer = (): void => {
        results.add(this.#python);
        this.#ended(results);
      };
      this.#wait(id, calls.next(), flags).then(answer).catch(this.#around.fatal);
    }
  }

  /** Until a call has ended, and the interpreter holds its result. */
  async #wait(id: number, call: Call, flags: number): Promise<void> {
    const binds = call.number === BIND;
    this.#starts(call, flags);
    if (binds) this.#around.clock.chance.bind(call.marshal.slice(-32));
    this.#python.leave(id, call); // now, for `callPromising` begins later
    await this.#dispatchWaiting.callPromising(id, OWN[call.number] ?? call.number);
    this.#python.fetch(id, call.floats);
    if (binds) this.#python.attach();
  }

  #starts(call: Call, flags: number): void {
    const { fuel, words, now, clock } = this.#around;
    this.#notes.begin();
    if (call.number === BIND) fuel?.beginStart();
    else {
      fuel?.begin();
      if (!(call.number in OWN)) this.#python.begin(clock.chance.begin());
    }
    if (this.#onlyDuringCalls) store(words, BEGAN + (flags >>> STOP_SHIFT), now() & TIME_MASK);
  }

  #ended(results: Results): void {
    this.#active -= 1;
    results.flush(true);
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
    const { words } = this.#around;
    const place = (flags >>> STOP_SHIFT) - 1;
    return (place >= 0 && load(words, place) !== 0) || (this.#onlyDuringCalls && load(words, OVER) !== 0);
  }
}
