/**
 * What the WASI functions of one instance share: its clock, its random numbers, its output, how it sleeps.
 *
 *   W1  The clock stands still while the guest computes (HAZARDS 22): it is read when a call first looks at it, and moves
 *       in that call only when the guest has waited, also for an import. A call that does not look at it costs nothing.
 *   W2  Nothing of the host shows that was not granted: no arguments, no environment, no files, no sockets; `exit` ends the
 *       instance only.
 *   W3  Random numbers follow from the instance's seed and the number of the call: what one call draws changes no other's.
 */
import { SeededBytes, seedOfCall } from "../../seeded.ts";
import type { InstanceOptions } from "../../plugin.ts";
import { Holdings } from "./holdings.ts";
import { NO_POWERS, type Powers } from "./powers.ts";

export class WasiContext {
  readonly stdout: LineWriter;
  readonly stderr: LineWriter;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** What the engine performs for this instance, under its grants. */
  readonly powers: Powers;
  readonly holdings: Holdings = new Holdings();
  /** Of http, under way. */
  requests = 0;
  /** True when the guest's calls to `poll` and `block` may suspend it (JSPI). */
  readonly suspends: boolean;
  readonly #seed: Uint8Array;
  /** Of this call, once something of it was drawn. */
  #random: SeededBytes | null = null;
  #calls = 0;
  readonly #now: () => number;
  #start: number;
  #milliseconds: number;
  #stale = false;

  constructor(options: InstanceOptions, suspends: boolean, powers: Powers = NO_POWERS) {
    this.suspends = suspends || powers.asks;
    this.powers = powers;
    this.#seed = options.seed;
    this.stdout = new LineWriter((text) => options.log({ level: "info", text }));
    this.stderr = new LineWriter((text) => options.log({ level: "warn", text }));
    this.sleep = options.sleep;
    this.#now = options.now;
    this.#start = options.now();
    this.#milliseconds = this.#start;
  }

  /** Called at the start of every call: it has the time, and chance of its own (W1, W3). */
  beginCall(): void {
    this.readClock();
    this.#calls += 1;
    this.#random = null;
  }

  /** The world went on: who looks at the clock next sees the time (W1). */
  readClock(): void {
    this.#stale = true;
  }

  /** W3 */
  get random(): SeededBytes {
    return (this.#random ??= new SeededBytes(seedOfCall(this.#seed, this.#calls)));
  }

  /** Lets the guest's clock show that it waited. */
  advance(nanoseconds: bigint): void {
    this.#milliseconds = this.wall + Number(nanoseconds) / 1e6;
  }

  /** Milliseconds since the epoch. The clock never goes back. */
  get wall(): number {
    if (this.#stale) {
      this.#stale = false;
      this.#milliseconds = Math.max(this.#milliseconds, this.#now());
    }
    return this.#milliseconds;
  }

  /** Nanoseconds since the instance began. */
  get monotonic(): bigint {
    return BigInt(Math.round((this.wall - this.#start) * 1e6));
  }

  /** What of it goes on in an instance that is made of a saved state: the calls so far, and the guest's clock. */
  get progress(): WasiProgress {
    return { calls: this.#calls, start: this.#start, milliseconds: this.#milliseconds };
  }

  goOn({ calls, start, milliseconds }: WasiProgress): void {
    this.#calls = calls;
    this.#start = start;
    this.#milliseconds = milliseconds;
  }

  /** Forgets what the guest had of the host. */
  close(): void {
    this.holdings.close();
  }

  /** Gives out a line that has no end yet: at the end of a call. */
  flush(): void {
    this.stdout.flush();
    this.stderr.flush();
  }
}

export interface WasiProgress {
  readonly calls: number;
  /** Milliseconds since the epoch: when the instance began, and what its clock showed last. */
  readonly start: number;
  readonly milliseconds: number;
}

/** Longest line kept in memory; a longer one is cut there. */
const LONGEST_LINE = 65_536;

/** Bytes in, lines of text out. Text that is not UTF-8 shows replacement characters. */
export class LineWriter {
  readonly #line: (text: string) => void;
  readonly #decoder: TextDecoder = new TextDecoder();
  #rest = "";
  /** Whether a line may have begun. */
  #open = false;

  constructor(line: (text: string) => void) {
    this.#line = line;
  }

  write(bytes: Uint8Array): void {
    this.#open = true;
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
    while (this.#rest.length > LONGEST_LINE) {
      this.#line(this.#rest.slice(0, LONGEST_LINE));
      this.#rest = this.#rest.slice(LONGEST_LINE);
    }
  }

  flush(): void {
    if (!this.#open) return;
    this.#open = false;
    const rest = this.#rest + this.#decoder.decode();
    this.#rest = "";
    if (rest !== "") this.#line(rest);
  }
}

/** Thrown through the guest by `exit`: the instance ends, and nothing else (W2). */
export class GuestExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit(${status})`);
    this.name = "GuestExit";
    this.status = status;
  }
}
