/**
 * What the WASI functions of one instance share: its clock, its random numbers, its output, how it sleeps.
 *
 *   W1  The clock stands still while the guest computes (HAZARDS 22): it is read when a call first looks at it, and moves
 *       in that call only when the guest has waited. A call that does not look at it costs nothing.
 *   W2  Nothing of the host shows: no arguments, no environment, no files, no sockets; `exit` ends the instance only.
 */
import { SeededBytes } from "../../seeded.ts";
import type { InstanceOptions } from "../../plugin.ts";

export class WasiContext {
  readonly random: SeededBytes;
  readonly stdout: LineWriter;
  readonly stderr: LineWriter;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** True when the guest's calls to `poll` and `block` may suspend it (JSPI). */
  readonly suspends: boolean;
  readonly #now: () => number;
  readonly #start: number;
  #milliseconds: number;
  #stale = false;

  constructor(options: InstanceOptions, suspends: boolean) {
    this.suspends = suspends;
    this.random = new SeededBytes(options.seed);
    this.stdout = new LineWriter((text) => options.log({ level: "info", text }));
    this.stderr = new LineWriter((text) => options.log({ level: "warn", text }));
    this.sleep = options.sleep;
    this.#now = options.now;
    this.#start = options.now();
    this.#milliseconds = this.#start;
  }

  /** Called at the start of every call: who looks at the clock next sees the time (W1). */
  readClock(): void {
    this.#stale = true;
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

  /** Gives out a line that has no end yet: at the end of a call. */
  flush(): void {
    this.stdout.flush();
    this.stderr.flush();
  }
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
