/**
 * The budget of what jco's script lifts (HAZARDS 15). The script has none: `repair.ts` puts a call before each loop that reads
 * a list or a map, and texts and lists of numbers go through functions of ours anyway (script.ts).
 *
 *   W1  A list is in the guest's memory, and paid for, before its first element is read.
 *   W2  It costs what the dearest type costs whose elements have its size: the script knows sizes, and no types.
 *   W3  jco's form of a value is dearer than ours: a list with one element has room for 17, flags are an object.
 *   W4  Whoever exceeds the budget is ended, even when it catches what is thrown through it.
 */
import { LiftBudget, type LiftLimits, OVERHEAD } from "../../../wit/budget.ts";
import type { ElementCosts } from "./costs.ts";

/** Handles that an instance holds at once, as when it is linked directly. */
const MOST_HANDLES = 2 ** 20;
/** Resources that it ever makes, by their representations: usually addresses, which are used again. */
const MOST_OWNED = 2 ** 22;

/** Of an array that grows from nothing, in bytes. */
const GROWN_ARRAY = 168;

/** Counts what one instance's script lifts. */
export class Lifting {
  readonly #budget: LiftBudget;
  readonly #costs: ElementCosts;
  readonly #failed: (thrown: unknown) => unknown;
  #handles = 0;
  #owned = 0;

  /** @param failed ends the instance, and gives back what is to be thrown (W4) */
  constructor(costs: ElementCosts, limits: LiftLimits, failed: (thrown: unknown) => unknown) {
    this.#budget = new LiftBudget(limits);
    this.#costs = costs;
    this.#failed = failed;
  }

  /** Before the guest is entered, and whenever something was lifted of it. */
  reset(): void {
    this.#budget.reset();
  }

  /** Before the elements of a list are read. The script may take what lies in the upper half of memory for negative. */
  readonly list = (count: number, size: number, at: number, memory?: WebAssembly.Memory): void => {
    refuseOutside(count >>> 0, size, at >>> 0, memory);
    if (count !== 0) this.#spend(count >>> 0, size, GROWN_ARRAY); // W3
  };

  /** Before the entries of a map are. */
  readonly map = (count: number, size: number, at: number, memory?: WebAssembly.Memory): void => {
    refuseOutside(count >>> 0, size, at >>> 0, memory);
    this.#spend(count >>> 0, size, OVERHEAD.map);
  };

  /** The bytes of a list of numbers; reading beyond memory would cut it short. */
  readonly slice = (buffer: ArrayBuffer, start: number, end: number): ArrayBuffer => {
    if (start < 0 || end < start || end > buffer.byteLength) throw outside();
    this.#bytes(end - start + OVERHEAD.typedArray);
    return buffer.slice(start, end);
  };

  /** Before a text of so many bytes is decoded. */
  text(bytes: number): void {
    this.#bytes(bytes);
  }

  /** Before a table of handles grows. */
  readonly handle = (): void => {
    this.#handles += 1;
    if (this.#handles > MOST_HANDLES) throw new WebAssembly.RuntimeError("too many handles");
  };

  /** Before a representation is remembered for good. */
  readonly owned = (): void => {
    this.#owned += 1;
    if (this.#owned > MOST_OWNED) throw new WebAssembly.RuntimeError("too many resources");
  };

  #spend(count: number, size: number, own: number): void {
    const { nodes, bytes } = this.#costs.of(size);
    try {
      this.#budget.nodes(count * nodes);
      this.#budget.bytes(count * bytes + own);
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }

  #bytes(count: number): void {
    try {
      this.#budget.bytes(count);
    } catch (thrown) {
      throw this.#failed(thrown);
    }
  }
}

/** W1 */
function refuseOutside(count: number, size: number, at: number, memory: WebAssembly.Memory | undefined): void {
  if (memory !== undefined && at + count * size > memory.buffer.byteLength) throw outside();
}

function outside(): WebAssembly.RuntimeError {
  return new WebAssembly.RuntimeError("out of bounds memory access");
}
