/**
 * Where whatever reaches a run of a worker from outside of its thread comes in: noted in its order, and let in again in that order
 * when the run has to go the way it went (HAZARDS 4).
 *
 *   G1  Between two events a run does what follows from what it has: so the same events in the same order, with the same
 *       clock, make the same run. What is one event here is one task of the event loop, or a part of the same one as then.
 *   G2  While it plays back, an event waits for its turn. When nothing is left to be played back, what waits comes in, in the
 *       order of its arrival; from then on nothing is held, and all is noted.
 *   G3  What is played back and does not come is told (`stalled`): the run does not go the way it went.
 *   G4  A run that nobody will play back is not noted, and its events are let in as they come.
 */
import { Fault } from "../../../fault.ts";
import { Tape, TapeWriter } from "./tape.ts";

/** The source of the run's cancellation. */
export const CANCEL = 0;

/** Milliseconds in which what is played back goes on. */
const STALLED = 60_000;

export interface GateOptions {
  /** What was noted of it before, in pieces. Null: nobody will play it back. */
  readonly tape: readonly Uint8Array[] | null;
  readonly now: () => number;
  readonly stalled: () => void;
}

interface Held {
  readonly source: number;
  readonly work: () => void;
}

export class Gate implements Disposable {
  /** Calls into guests of the worker so far, and the next one of them that was stopped then. */
  calls = 0;
  stopsAt = -1;
  readonly #again: Tape | null;
  readonly #written: TapeWriter | null;
  readonly #now: () => number;
  readonly #stalled: () => void;
  readonly #held: Held[] = [];
  #sources = CANCEL;
  /** How often it was asked whether the run is to wait, since it was. */
  #asked = 0;
  #isLive = false;
  /** Live, and nothing waits. */
  #isFree = false;
  #isAnnounced = true;
  #isReleasing = false;
  #timer: NodeJS.Timeout | undefined;

  /** @throws {Fault} `malformed` */
  constructor({ tape, now, stalled }: GateOptions) {
    this.#again = tape === null || tape.length === 0 ? null : new Tape(tape);
    this.#written = tape === null ? null : new TapeWriter();
    this.#now = now;
    this.#stalled = stalled;
    this.stopsAt = this.#again?.stopped?.call ?? -1;
    this.#isAnnounced = this.#again === null;
    this.#look();
  }

  /** Something from which events will come, each after the other. */
  source(): number {
    this.#sources += 1;
    return this.#sources;
  }

  /** An event of a source is there: `work` is done in its turn, which may be now. */
  event(source: number, work: () => void): void {
    if (this.#isFree) {
      this.#written?.event(source);
      return work();
    }
    const isNext = !this.#isLive && this.#again?.next === source && !this.#held.some((each) => each.source === source);
    if (isNext) return this.#pass({ source, work });
    this.#held.push({ source, work });
    if (this.#isLive) this.#release();
  }

  /** The same answer, in its turn. */
  async<T>(answer: Promise<T>): Promise<T> {
    if (this.#written === null) return answer;
    const source = this.source();
    return new Promise((resolve, reject) => {
      answer.then(
        (value) => this.event(source, () => resolve(value)),
        (why: unknown) => this.event(source, () => reject(why)),
      );
    });
  }

  /** Milliseconds since the epoch, or as they were then. */
  read(): number {
    const then = this.#again?.reading() ?? null;
    if (then !== null) return then;
    const now = this.#now();
    this.#written?.reading(now);
    return now;
  }

  /** Whether the run is to wait before it shows more. */
  crowded(isCrowded: boolean): boolean {
    const { crowded: at } = this.#again ?? { crowded: null };
    const is = at === null ? isCrowded && this.#isLive : at === this.#asked;
    if (is && at !== null) this.#again?.waited();
    if (is && at === null) this.#written?.crowded(this.#asked);
    this.#asked = is ? 0 : this.#asked + 1;
    return is;
  }

  /** A call has failed: what its time or the keeper ended is not made again. */
  failed(call: number, thrown: unknown): void {
    if (!(thrown instanceof Fault) || thrown.code !== "deadline-exceeded") return;
    this.#written?.stopped({ call, fault: thrown });
  }

  /** The fault by which the present call was stopped. */
  stoppedAgain(): Fault | null {
    const fault = this.#again?.stopped?.fault ?? null;
    this.#again?.isStopped();
    this.stopsAt = this.#again?.stopped?.call ?? -1;
    return fault;
  }

  /** What is to be told before anything else of the run leaves; empty when it has just become live. Null: nothing. */
  take(): Uint8Array | null {
    if (this.#written === null || !this.#isLive) return null;
    const bytes = this.#written.take();
    if (bytes === null && this.#isAnnounced) return null;
    this.#isAnnounced = true;
    return bytes ?? new Uint8Array();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#isLive = true;
    this.#isFree = true;
    this.#held.length = 0;
  }

  #pass({ source, work }: Held): void {
    if (this.#isLive) this.#written?.event(source);
    else this.#again?.passed();
    this.#look();
    this.#release();
    work();
  }

  /** Whether anything is left to be played back, and soon enough. */
  #look(): void {
    clearTimeout(this.#timer);
    this.#isLive = (this.#again?.next ?? null) === null;
    this.#isFree = this.#isLive && this.#held.length === 0;
    if (!this.#isLive) this.#timer = setTimeout(this.#stalled, STALLED); // G3
  }

  /** G1: a task of the event loop for each. */
  #release(): void {
    if (this.#isReleasing || this.#held.length === 0) return;
    this.#isReleasing = true;
    setImmediate(() => {
      this.#isReleasing = false;
      const next = this.#again?.next ?? null;
      const at = next === null ? 0 : this.#held.findIndex(({ source }) => source === next);
      const [held] = at < 0 ? [] : this.#held.splice(at, 1);
      if (held !== undefined) this.#pass(held);
    });
  }
}
