/**
 * What one instance may spend, and has spent: the runtime of metered code.
 *
 *   T1  One counter serves all cores of an instance. It is loaded before any code of theirs runs.
 *   T2  A call's cost is what was loaded less what is left: the same every time, however often `tick` was asked.
 *   T3  The verdict is final: no later tick refills, so that a guest which catches what a trap became on its way through
 *       the host gets no further than its next look at the counter.
 *   T4  Slices are small enough for a deadline to be seen in time, and grow where the code turns out to be fast.
 */
import { Fault, type FaultDetails } from "../../fault.ts";
import { METER } from "./instrument.ts";

/** What one call may take. `Infinity`, or left out: as much as it likes. What is no number, or below zero, counts as zero. */
export interface CallLimits {
  /** Units of work, as metered code counts them. Waiting costs none. */
  readonly fuel?: number;
  /** Milliseconds, waiting included. */
  readonly deadline?: number;
  /** Another thread ends the instance by setting its first element to anything but 0. */
  readonly stop?: Int32Array;
}

/** Whether instances with these limits need metered code. */
export function isLimited({ fuel = Infinity, deadline = Infinity, stop }: CallLimits): boolean {
  return fuel !== Infinity || deadline !== Infinity || stop !== undefined;
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
  /** Whether somebody may end the call at a time that its cost does not tell. */
  readonly #watched: boolean;
  readonly #first: bigint;
  #given = 0;
  #slice = FIRST_SLICE;
  #ends = Infinity;
  #lastTick = 0;
  #verdict: Verdict | null = null;
  readonly #alarms = new Set<() => void>();

  constructor({ fuel = Infinity, deadline = Infinity, stop }: CallLimits) {
    this.#fuel = fuel >= 0 ? Math.floor(fuel) : 0;
    this.#deadline = deadline >= 0 ? deadline : 0;
    this.#stop = stop;
    this.#watched = deadline !== Infinity || stop !== undefined;
    const first = Math.min(this.#fuel, this.#watched ? FIRST_SLICE : UNWATCHED);
    this.#first = first === FIRST_SLICE ? FIRST : BigInt(first);
  }

  /** What cores import, with the module's name. */
  get imports(): Readonly<Record<typeof METER, Record<string, unknown>>> {
    return { [METER]: { counter: this.#counter, tick: this.#tick } };
  }

  /** A call begins, or start code: it has all of its fuel and time. */
  begin(): void {
    if (this.#verdict !== null) return;
    this.#counter.value = this.#first;
    this.#given = Number(this.#first);
    if (!this.#watched) return;
    this.#slice = FIRST_SLICE;
    this.#lastTick = performance.now();
    this.#ends = this.#lastTick + this.#deadline;
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

  /** Milliseconds until the call has to end. */
  get left(): number {
    return this.#ends - performance.now();
  }

  /** Where the host acts for the guest, no tick is asked. @throws {Fault} `deadline-exceeded`, `cancelled` */
  look(source: string, fn: string): void {
    if (this.#verdict === null && this.#isLate()) this.#end();
    const fault = this.fault(source, fn);
    if (fault !== undefined) throw fault;
  }

  /** Runs `over` with the fault when the call is still waiting at its deadline. Gives what forgets it. */
  alarm(source: string, fn: string, over: (fault: Fault) => void): () => void {
    if (!Number.isFinite(this.#ends)) return () => {};
    let timer: ReturnType<typeof setTimeout>;
    const forget = (): void => {
      clearTimeout(timer);
      this.#alarms.delete(forget);
    };
    const wait = (): void => {
      const left = Math.ceil(this.left);
      if (left <= 0) ring();
      else timer = setTimeout(wait, Math.min(left, LONGEST_TIMER));
    };
    const ring = (): void => {
      forget();
      this.#verdict ??= "deadline-exceeded";
      const fault = this.fault(source, fn);
      if (fault !== undefined) over(fault);
    };
    this.#alarms.add(forget);
    timer = setTimeout(wait, 0);
    return forget;
  }

  /** The instance has ended: no timer is left. */
  close(): void {
    for (const forget of this.#alarms) forget();
  }

  /** Why the instance was ended, if this is why. */
  fault(source: string, fn: string, details: Pick<FaultDetails, "frames"> = {}): Fault | undefined {
    switch (this.#verdict) {
      case null:
        return undefined;
      case "fuel-exhausted":
        return new Fault("fuel-exhausted", `${source} spent its ${this.#fuel} units of fuel in ${fn}`, {
          source,
          hint: "`sennit plugin inspect --cost` shows what a call costs; raise `fuel` in the package's limits if it really needs more.",
          ...details,
        });
      case "deadline-exceeded":
        return new Fault("deadline-exceeded", `${source} took longer than ${this.#deadline} ms in ${fn}`, {
          source,
          hint: "Raise `deadline` in the package's limits if it really needs more.",
          ...details,
        });
      case "cancelled":
        return new Fault("cancelled", `${source} was stopped in ${fn}`, { source, ...details });
    }
  }

  /** 0: the counter is loaded again. Anything else: the guest traps. */
  readonly #tick = (): number => {
    if (this.#verdict !== null) return 1; // T3
    const { spent } = this;
    if (spent > this.#fuel) this.#verdict = "fuel-exhausted";
    else if (this.#watched && this.#isLate()) this.#end();
    if (this.#verdict !== null) return 1;
    const next = Math.min(this.#nextSlice(), this.#fuel - spent);
    this.#given = spent + next;
    this.#counter.value = BigInt(next);
    return 0;
  };

  #isLate(): boolean {
    return this.#isStopped() || performance.now() >= this.#ends;
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
