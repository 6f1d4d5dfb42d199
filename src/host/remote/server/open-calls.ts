/** The calls of an instance that are going on, by number, with what they hold. */
import { MOST_BYTES, MOST_CALLS } from "../frames/kinds.ts";
import { Broken } from "../frames/reader.ts";

interface Call {
  readonly bytes: number;
  lent: readonly number[];
  stop?: AbortController;
}

const NONE: readonly number[] = [];

export class Open {
  readonly #calls = new Map<number, Call>();
  #bytes = 0;

  /** @throws {Broken} when `judged`, for a number that is going on, too many calls or too many bytes of them */
  add(number: number, bytes: number, judged: boolean = false): void {
    if (judged) {
      if (this.#calls.has(number)) throw new Broken(`call ${number} twice`);
      if (this.#calls.size >= MOST_CALLS) throw new Broken("too many calls at once");
      if (this.#bytes + bytes > 2 * MOST_BYTES) throw new Broken("too many bytes of calls at once");
    }
    this.#bytes += bytes;
    this.#calls.set(number, { bytes, lent: NONE });
  }

  has(number: number): boolean {
    return this.#calls.has(number);
  }

  /** What was lent for a call: the very array is its mark. */
  lend(number: number, lent: readonly number[]): void {
    const call = this.#calls.get(number);
    if (call !== undefined) call.lent = lent;
  }

  /** Aborts when the call is given up. */
  signal(number: number): AbortSignal | undefined {
    const call = this.#calls.get(number);
    if (call === undefined) return undefined;
    call.stop ??= new AbortController();
    return call.stop.signal;
  }

  /** One that is over, or that nothing can stop, goes its way. */
  giveUp(number: number): void {
    this.#calls.get(number)?.stop?.abort();
  }

  /** The call that something was lent for; undefined when it is over. */
  lentTo(lent: readonly number[]): number | undefined {
    for (const [number, call] of this.#calls) if (call.lent === lent) return number;
    return undefined;
  }

  /** Any of them; 0 when there is none. */
  get first(): number {
    const [first = 0] = this.#calls.keys();
    return first;
  }

  /** What was lent for it. */
  delete(number: number): readonly number[] {
    const call = this.#calls.get(number);
    this.#calls.delete(number);
    this.#bytes -= call?.bytes ?? 0;
    return call?.lent ?? NONE;
  }
}
