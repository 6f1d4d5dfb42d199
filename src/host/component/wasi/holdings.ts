/**
 * What the host keeps on behalf of one instance: the objects of WASI's resources that it has, and the bytes behind them.
 *
 *   K1  There is an end to both. A guest that wants more ends (`memory-limit`): some of these functions have no error to answer.
 *   K2  Whatever the guest lets go of, or gives away for good, is forgotten; with the instance, all of it.
 */
import { Fault } from "../../../fault.ts";
import { Opaque } from "../../../wit/value.ts";

/** Objects at once: descriptors, streams, requests and their parts. Pollables are not counted: they hold nothing. */
export const MOST_OBJECTS = 4096;
/** Bytes at once: bodies, headers, listings. */
export const MOST_BYTES: number = 128 * 1024 * 1024;

export class Holdings {
  readonly #held = new Map<Opaque, number>();
  #bytes = 0;

  /** How many objects there are. */
  get count(): number {
    return this.#held.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps an object, or tells how many bytes it has now. @throws {Fault} `memory-limit` (K1) */
  hold<T extends Opaque>(object: T, bytes = 0): T {
    const before = this.#held.get(object);
    if (before === undefined && this.#held.size >= MOST_OBJECTS) throw tooMuch(`${MOST_OBJECTS} open things`);
    const after = this.#bytes - (before ?? 0) + bytes;
    if (after > MOST_BYTES) throw tooMuch(`${MOST_BYTES} bytes`);
    this.#bytes = after;
    this.#held.set(object, bytes);
    return object;
  }

  has(object: Opaque): boolean {
    return this.#held.has(object);
  }

  /** Whether so many more are allowed. */
  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= MOST_BYTES;
  }

  /** Forgets an object. Twice is nothing. */
  drop(object: unknown): void {
    if (!(object instanceof Opaque) || !this.#held.has(object)) return;
    this.#bytes -= this.#held.get(object) ?? 0;
    this.#held.delete(object);
    letGo(object);
  }

  close(): void {
    for (const object of this.#held.keys()) letGo(object);
    this.#held.clear();
    this.#bytes = 0;
  }
}

/** Some objects have somebody waiting for them. */
function letGo(object: Opaque): void {
  if ("letGo" in object && typeof object.letGo === "function") object.letGo();
}

function tooMuch(what: string): Fault {
  return new Fault("memory-limit", `The plugin holds more than ${what} of the host`, {
    hint: "Close files, streams and responses once they were read.",
  });
}
