/**
 * What one instance may spend, and has spent: the runtime of metered code.
 *
 *   T1  One counter serves all cores of an instance. It is loaded before any code of theirs runs.
 *   T2  A call's cost is what was loaded less what is left: the same every time, however often `tick` was asked.
 *   T3  The verdict is final: no later tick refills, so that a guest which catches what a trap became on its way through
 *       the host gets no further than its next look at the counter.
 *   T4  Slices are small enough for a deadline to be seen in time, and grow where the code turns out to be fast.
 *   T5  Calls that overlap in one instance share a purse: each brings its fuel with it, and what was spent is that of all since
 *       the first began. Each has a deadline of its own, and the first that is late ends the instance.
 *   T6  A call has a number in the flight recorder, and takes a new one when it goes on after another: so what is to stop is
 *       named exactly, and a stop that comes too late hits nobody else.
 */
import { Fault, type FaultDetails } from "../../fault.ts";
import { FLIGHT } from "../keeper/flight.ts";
import { raiseHint } from "../package/limits.ts";
import { METER } from "./instrument.ts";

/** What one call may take. `Infinity`, or left out: as much as it likes. What is no number, or below zero, counts as zero. */
export interface CallLimits {
  /** Units of work, as metered code counts them. Waiting costs none. */
  readonly fuel?: number;
  /** Milliseconds, waiting included. */
  readonly deadline?: number;
  /** Another thread ends the instance by setting its first element to anything but 0. */
  readonly stop?: Int32Array;
  /**
   * While it gives a number, a call may take that many milliseconds, and nothing else of this limits it: calls that were made
   * before, and are made again to bring an instance to where it was (HAZARDS 4).
   */
  readonly lifted?: () => number | null;
  /** The realm's flight recorder, and the index of the instance's package there: the keeper stops single calls by it. */
  readonly flight?: { readonly words: Int32Array; readonly package: number };
}

/** Whether instances with these limits need metered code. */
export function isLimited({ fuel = Infinity, deadline = Infinity, stop, flight }: CallLimits): boolean {
  return fuel !== Infinity || deadline !== Infinity || stop !== undefined || flight !== undefined;
}

type Verdict = "fuel-exhausted" | "deadline-exceeded" | "cancelled";

const FIRST_SLICE = 2 ** 14;
const FIRST = BigInt(FIRST_SLICE);
const LARGEST_SLICE = 2 ** 18;
/** Milliseconds that a slice should take: half of it, and the next one is twice as large. */
const AIM = 1;
/** Nobody looks at the clock: one slice lasts for ever. */
const UNWATCHED: number = 2 ** 52;
const LONGEST_TIMER = 2 ** 31 - 1;

export class Meter {
  readonly #counter: WebAssembly.Global = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  readonly #fuel: number;
  readonly #deadline: number;
  readonly #stop: Int32Array | undefined;
  readonly #flight: Int32Array | undefined;
  readonly #package: number;
  readonly #lifted: (() => number | null) | undefined;
  /** Of the call that was begun, or went on, last (T6). */
  #number = 0;
  /** The fuel of all calls since the purse was empty (T5). */
  #purse: number;
  /** Whether somebody may end the call at a time that its cost does not tell. */
  readonly #watched: boolean;
  readonly #first: bigint;
  #given = 0;
  #slice = FIRST_SLICE;
  #ends = Infinity;
  #lastTick = 0;
  #verdict: Verdict | null = null;
  readonly #alarms = new Set<{ readonly ends: number; readonly forget: () => void }>();

  constructor({ fuel = Infinity, deadline = Infinity, stop, flight, lifted }: CallLimits) {
    this.#fuel = fuel >= 0 ? Math.floor(fuel) : 0;
    this.#purse = this.#fuel;
    this.#deadline = deadline >= 0 ? deadline : 0;
    this.#stop = stop;
    this.#flight = flight?.words;
    this.#package = flight?.package ?? 0;
    this.#lifted = lifted;
    this.#watched = deadline !== Infinity || stop !== undefined || flight !== undefined || lifted !== undefined;
    const first = Math.min(this.#fuel, this.#watched ? FIRST_SLICE : UNWATCHED);
    this.#first = first === FIRST_SLICE ? FIRST : BigInt(first);
  }

  /** What cores import, with the module's name. */
  get imports(): Readonly<Record<typeof METER, Record<string, unknown>>> {
    return { [METER]: { counter: this.#counter, tick: this.#tick } };
  }

  /**
   * A call begins, or start code: it has all of its fuel and time.
   *
   * @param joins whether others go on in the instance, inside of which they wait (T5)
   */
  begin(joins = false): void {
    if (this.#verdict !== null) return;
    if (this.#flight !== undefined) this.#record(this.#flight);
    const lifted = this.#lifted?.() ?? null;
    const fuel = lifted === null ? this.#fuel : Infinity;
    if (joins) this.#purse += fuel;
    else {
      this.#purse = fuel;
      this.#counter.value = this.#first;
      this.#given = Number(this.#first);
    }
    if (!this.#watched) return;
    this.#slice = FIRST_SLICE;
    const deadline = lifted ?? this.#deadline;
    this.#ends = Infinity;
    if (deadline === Infinity) return; // the clock is what costs most here
    this.#lastTick = performance.now();
    this.#ends = this.#lastTick + deadline;
  }

  /** When the call has to end that was begun, or went on, last: for `goOn`. */
  get ends(): number {
    return this.#ends;
  }

  /** A call that waited goes on, where others may have begun meanwhile. */
  goOn(ends: number): void {
    this.#ends = ends;
  }

  /** The host works on its own behalf until the next `begin`: it may spend what it likes. */
  exempt(): void {
    if (this.#verdict !== null) return;
    this.#counter.value = BigInt(UNWATCHED);
    this.#given = UNWATCHED;
  }

  /** Whether the instance was told to end. */
  get isOver(): boolean {
    return this.#verdict !== null;
  }

  /** Units that were spent since the last `begin`. */
  get spent(): number {
    return this.#given - Number(this.#counter.value as bigint);
  }

  /** Where the host acts for the guest, no tick is asked. @throws {Fault} `deadline-exceeded`, `cancelled` */
  look(source: string, fn: string): void {
    if (this.#verdict === null && this.#isLate()) this.#end();
    const fault = this.fault(source, fn);
    if (fault !== undefined) throw fault;
  }

  /** Runs `over` with the fault when the call is still waiting at its deadline. Gives what forgets it. */
  alarm(source: string, fn: string, over: (fault: Fault) => void): () => void {
    const ends = this.#ends;
    if (!Number.isFinite(ends)) return () => {};
    let timer: ReturnType<typeof setTimeout>;
    const forget = (): void => {
      clearTimeout(timer);
      this.#alarms.delete(alarm);
    };
    const wait = (): void => {
      const left = Math.ceil(ends - performance.now());
      if (left <= 0) ring();
      else timer = setTimeout(wait, Math.min(left, LONGEST_TIMER));
    };
    const ring = (): void => {
      forget();
      this.#verdict ??= "deadline-exceeded";
      const fault = this.fault(source, fn);
      if (fault !== undefined) over(fault);
    };
    const alarm = { ends, forget };
    this.#alarms.add(alarm);
    timer = setTimeout(wait, 0);
    return forget;
  }

  /** The instance has ended: no timer is left. */
  close(): void {
    for (const { forget } of this.#alarms) forget();
  }

  /** Why the instance was ended, if this is why. */
  fault(source: string, fn: string, details: Pick<FaultDetails, "frames"> = {}): Fault | undefined {
    switch (this.#verdict) {
      case null:
        return undefined;
      case "fuel-exhausted":
        return new Fault("fuel-exhausted", `${source} spent its ${this.#fuel} units of fuel in ${fn}`, {
          source,
          hint: `\`sennit plugin inspect --cost\` shows what a call costs. ${raiseHint(source, "fuel")}`,
          ...details,
        });
      case "deadline-exceeded":
        return new Fault("deadline-exceeded", `${source} took ${this.#tooLong} in ${fn}`, {
          source,
          hint: raiseHint(source, "deadline"),
          ...details,
        });
      case "cancelled":
        return new Fault("cancelled", `${source} was stopped in ${fn}`, { source, ...details });
    }
  }

  get #tooLong(): string {
    return this.#deadline === Infinity ? "too long" : `longer than ${this.#deadline} ms`;
  }

  /** 0: the counter is loaded again. Anything else: the guest traps. */
  readonly #tick = (): number => {
    if (this.#verdict !== null) return 1; // T3
    const { spent } = this;
    if (this.#flight !== undefined && this.#flight[FLIGHT.calls] !== this.#number) this.#record(this.#flight); // T6
    if (spent > this.#purse) this.#verdict = "fuel-exhausted";
    else if (this.#watched && this.#isLate()) this.#end();
    if (this.#verdict !== null) return 1;
    const next = Math.min(this.#nextSlice(), this.#purse - spent);
    this.#given = spent + next;
    this.#counter.value = BigInt(next);
    return 0;
  };

  /** The realm's own words: nobody else writes these two. */
  #record(words: Int32Array): void {
    this.#number = ((words[FLIGHT.calls] ?? 0) + 1) | 0 || 1;
    words[FLIGHT.calls] = this.#number;
    words[FLIGHT.package] = this.#package;
  }

  #isLate(): boolean {
    return this.#isStopped() || this.#isToStop() || performance.now() >= this.#nextEnd();
  }

  #isToStop(): boolean {
    return this.#flight !== undefined && Atomics.load(this.#flight, FLIGHT.stop) === this.#number;
  }

  /** Of all calls that go on (T5). */
  #nextEnd(): number {
    let next = this.#ends;
    for (const { ends } of this.#alarms) next = Math.min(next, ends);
    return next;
  }

  #isStopped(): boolean {
    return this.#stop !== undefined && Atomics.load(this.#stop, 0) !== 0;
  }

  #end(): void {
    this.#verdict = this.#isStopped() ? "cancelled" : "deadline-exceeded";
  }

  /** (T4) */
  #nextSlice(): number {
    if (!this.#watched) return UNWATCHED;
    const now = performance.now();
    const took = now - this.#lastTick;
    this.#lastTick = now;
    if (took < AIM / 2) this.#slice = Math.min(this.#slice * 2, LARGEST_SLICE);
    else if (took > AIM) this.#slice = Math.max(Math.floor(this.#slice / Math.min(took / AIM, 64)), FIRST_SLICE);
    return this.#slice;
  }
}
