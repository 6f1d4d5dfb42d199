/**
 * What a worker says unasked: lines that Python prints, and handles that it lets go of (HAZARDS 14).
 *
 *   K1  Only so many notes may come before others had their turn in this thread; the next is a breach.
 *   K2  What calls may print is bounded here too: the worker's own bound is the worker's word.
 */
import type { LogLine } from "../plugin.ts";
import { Mismatch } from "./marshal.ts";
import * as frames from "./worker/frame.ts";

export interface NotesParts {
  /** Shared with the worker. */
  readonly words: Int32Array;
  readonly log: (line: LogLine) => void;
  readonly release: (handle: number) => void;
  /** Runs something when other work of this thread had its turn. */
  readonly later: (run: () => void) => void;
}

const MOST_BYTES = frames.NOTE_BYTES + 4 * frames.LONGEST_LINE;
/** With what the worker adds to it. */
const LINES_OF_CALL = frames.LINES_OF_CALL + 1024;

export class Notes {
  readonly #parts: NotesParts;
  readonly #decoder = new TextDecoder();
  #sinceTurn = 0;
  #mayPrint = 2 * LINES_OF_CALL;

  constructor(parts: NotesParts) {
    this.#parts = parts;
  }

  /** So many calls more begin, which may print. */
  allow(calls: number, isFirst: boolean): void {
    this.#mayPrint = (isFirst ? LINES_OF_CALL : this.#mayPrint) + calls * LINES_OF_CALL;
  }

  /** Reads one; throws a Mismatch when it is more than may be, or none. */
  take({ a: lines, b: handles, body }: frames.Frame): void {
    this.#spend(lines, handles, body.length);
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const end = body.length - 4 * handles;
    let at = 0;
    for (let i = 0; i < lines; i += 1) {
      if (at + 4 > end) throw broken();
      const head = view.getUint32(at, true);
      const from = at + 4;
      at = from + (head & ~frames.FAILED);
      if (at > end) throw broken();
      const text = this.#decoder.decode(body.subarray(from, at));
      this.#parts.log({ level: head >= frames.FAILED ? "warn" : "info", text });
    }
    if (at !== end) throw broken();
    for (; at < body.length; at += 4) this.#parts.release(view.getUint32(at, true));
  }

  #spend(lines: number, handles: number, bytes: number): void {
    this.#mayPrint -= bytes - 4 * handles;
    this.#sinceTurn += 1;
    if (this.#sinceTurn > frames.NOTES_CREDIT) throw new Mismatch(`more than ${frames.NOTES_CREDIT} notes at once`);
    if (lines > frames.NOTE_LINES + 1 || handles > frames.NOTE_HANDLES || bytes > MOST_BYTES || 4 * handles > bytes)
      throw broken();
    if (this.#mayPrint < 0) throw new Mismatch("more lines than a call may print");
    if (this.#sinceTurn === 1) this.#parts.later(() => this.#acknowledge());
  }

  #acknowledge(): void {
    const { words } = this.#parts;
    Atomics.add(words, frames.ACKNOWLEDGED, this.#sinceTurn);
    Atomics.notify(words, frames.ACKNOWLEDGED);
    this.#sinceTurn = 0;
  }
}

function broken(): Mismatch {
  return new Mismatch("a note that is none");
}
