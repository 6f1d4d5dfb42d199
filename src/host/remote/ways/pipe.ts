/**
 * Frames on a stream of bytes: each has its length (u32, little-endian) before it.
 *
 *   F1  A length is judged before anything is kept for it; what is kept is at most twice what has arrived.
 *   F2  The work is in proportion to the bytes, into however small pieces they are cut.
 */
import { MOST_BYTES } from "../frames/kinds.ts";

const HEAD = 4;
const FIRST_SIZE = 65_536;

/** The bytes to be sent for a frame. */
export function framed(frame: Uint8Array): readonly Uint8Array[] {
  const head = new Uint8Array(HEAD);
  new DataView(head.buffer).setUint32(0, frame.length, true);
  return [head, frame];
}

/** Puts frames together from what arrives; gives null, and then nothing more, for a length that cannot be. */
export class Unframer {
  readonly #receive: (frame: Uint8Array<ArrayBuffer> | null) => void;
  #buffer = new Uint8Array(FIRST_SIZE);
  /** Bytes of frames that are not whole yet. */
  #held = 0;
  #broken = false;

  constructor(receive: (frame: Uint8Array<ArrayBuffer> | null) => void) {
    this.#receive = receive;
  }

  push(bytes: Uint8Array): void {
    if (this.#broken) return;
    this.#keep(bytes);
    let at = 0;
    for (let end = this.#endOf(at); end !== null && end <= this.#held; end = this.#endOf(at)) {
      this.#receive(this.#buffer.slice(at + HEAD, end));
      at = end;
    }
    this.#forget(this.#broken ? this.#held : at);
  }

  /** Where the frame that begins here ends; null when that cannot be said. */
  #endOf(at: number): number | null {
    if (this.#broken || this.#held - at < HEAD) return null;
    const length = new DataView(this.#buffer.buffer).getUint32(at, true);
    if (length <= MOST_BYTES) return at + HEAD + length;
    this.#broken = true;
    this.#receive(null);
    return null;
  }

  #keep(bytes: Uint8Array): void {
    const size = this.#held + bytes.length;
    if (size > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#held));
      larger.set(this.#buffer.subarray(0, this.#held));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#held);
    this.#held = size;
  }

  #forget(count: number): void {
    if (count === 0) return;
    this.#held -= count;
    if (this.#held === 0 && this.#buffer.length > FIRST_SIZE) this.#buffer = new Uint8Array(FIRST_SIZE);
    else this.#buffer.copyWithin(0, count, count + this.#held);
  }
}
