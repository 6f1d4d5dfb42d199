/**
 * Two threads that answer each other many times a millisecond, and stay awake for it: to wake a sleeping core takes longer
 * than what it is woken for. Messages go through a port as ever; two words that both see tell how many there were.
 *
 *   W1  Nobody stays awake who was not needed soon the last time, or whose machine has one core.
 */
import { availableParallelism } from "node:os";
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";

/** Milliseconds. What takes longer than this is slept through. */
const SOON = 0.3;

const ASKED = 0;
const ANSWERED = 1;

/** How many questions and answers there were, for both threads to see. */
export type Counts = Int32Array<SharedArrayBuffer>;

export function newCounts(): Counts {
  return new Int32Array(new SharedArrayBuffer(8));
}

const hasCores = availableParallelism() > 1;

/** The side that answers: its thread has nothing else to do, so it looks without pause. */
export class Answering<Q, A> {
  readonly #port: MessagePort;
  readonly #counts: Counts;
  readonly #done: (question: Q) => A;
  #taken = 0;
  #answeredAt = -Infinity;

  constructor(port: MessagePort, counts: Counts, done: (question: Q) => A) {
    this.#port = port;
    this.#counts = counts;
    this.#done = done;
    port.on("message", (question: Q) => this.#serve(question));
  }

  #serve(first: Q): void {
    let isBusy = hasCores && performance.now() - this.#answeredAt < 2 * SOON; // W1
    for (let question: Q | undefined = first; question !== undefined; question = isBusy ? this.#next() : undefined) {
      this.#taken += 1;
      this.#port.postMessage(this.#done(question));
      Atomics.add(this.#counts, ANSWERED, 1);
    }
    this.#answeredAt = performance.now();
  }

  #next(): Q | undefined {
    const until = performance.now() + SOON;
    do {
      if (Atomics.load(this.#counts, ASKED) !== this.#taken) {
        return receiveMessageOnPort(this.#port)?.message as Q | undefined;
      }
    } while (performance.now() < until);
    return undefined;
  }
}

/** The side that asks: everything else of its thread goes on in between. */
export class Asking<Q, A> {
  readonly #port: MessagePort;
  readonly #counts: Counts;
  readonly #answered: (answer: A) => void;
  #asked = 0;
  #heard = 0;
  #askedAt = 0;
  #isQuick = true;
  #isLooking = false;

  constructor(port: MessagePort, counts: Counts, answered: (answer: A) => void) {
    this.#port = port;
    this.#counts = counts;
    this.#answered = answered;
    port.on("message", (answer: A) => this.#hear(answer));
  }

  ask(question: Q, transfer: readonly ArrayBuffer[]): void {
    this.#port.postMessage(question, [...transfer]);
    this.#asked += 1;
    this.#askedAt = performance.now();
    Atomics.store(this.#counts, ASKED, this.#asked);
    if (!this.#isLooking && this.#isQuick && hasCores) this.#look();
  }

  #hear(answer: A): void {
    this.#heard += 1;
    this.#isQuick = performance.now() - this.#askedAt < 2 * SOON; // W1
    this.#answered(answer);
  }

  #look(): void {
    this.#isLooking = true;
    setImmediate(() => {
      this.#isLooking = false;
      if (Atomics.load(this.#counts, ANSWERED) !== this.#heard) {
        const got = receiveMessageOnPort(this.#port);
        if (got !== undefined) this.#hear(got.message as A);
      }
      if (this.#heard < this.#asked && performance.now() - this.#askedAt < SOON && !this.#isLooking) this.#look();
    });
  }
}
