/**
 * The counter of a metered Python (`../../meter/README.md` says what is counted).
 *
 *   U1  It exists before any code of Python's, and no code of Python's can name it: an import of the module, in a closure.
 *   U2  What a call costs is what was given less what is left. What the worker does on its own behalf costs nothing.
 *   U3  Once the fuel is spent, every later look at the counter traps.
 */
import { type Counter, webAssembly } from "./wasm.ts";

/** More than any code spends while somebody waits for it. */
const UNLIMITED: number = 2 ** 52;
/** What loading a plugin's modules and making its objects may spend: some seconds' worth. */
const LOADING = 10_000_000_000;

export class Fuel {
  readonly #counter: Counter = new webAssembly.Global({ value: "i64", mutable: true }, BigInt(UNLIMITED));
  #ofCall = UNLIMITED;
  #given = UNLIMITED;
  #isOut = false;

  /** What the metered module imports. */
  readonly imports: Record<string, unknown> = { counter: this.#counter, tick: () => this.#tick() };

  /** How much each call has from now on. */
  limit(units: number): void {
    this.#ofCall = Math.min(units, UNLIMITED);
  }

  /** The plugin's own start begins: its modules, or its objects. */
  beginStart(): void {
    this.#load(Math.max(this.#ofCall, LOADING));
  }

  begin(): void {
    this.#load(this.#ofCall);
  }

  /** What is done for the host until the next `begin`. */
  exempt(): void {
    this.#load(UNLIMITED);
  }

  /** Since the latest `begin`. */
  get spent(): number {
    return this.#given - Number(this.#counter.value);
  }

  get isOut(): boolean {
    return this.#isOut;
  }

  #load(units: number): void {
    if (this.#isOut) return; // U3
    this.#given = units;
    this.#counter.value = BigInt(units);
  }

  /** 0: go on. Anything else: trap. */
  #tick(): number {
    if (this.spent > this.#given) this.#isOut = true;
    return this.#isOut ? 1 : 0;
  }
}
