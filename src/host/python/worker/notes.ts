/**
 * What Python says unasked: lines that it prints, and handles of the host's that it lets go of.
 *
 *   N1  They leave in the order in which they came, before whatever else is sent. A line leaves at once while the host
 *       keeps up, and with others when it does not.
 *   N2  So many notes may be on their way; then this thread waits until the host has dealt with some (HAZARDS 14).
 *   N3  What a call prints is bounded: of the rest it is told how many lines they were.
 */
import * as frames from "./frame.ts";

/** Kept from before the realm is scrubbed (W2). */
const { load, wait } = Atomics;
/** How long to wait for the host at once, in milliseconds; and how often, before what there is is kept for later. */
const PATIENCE = 100;
const TRIES = 20;

export interface NotesParts {
  readonly send: (message: ArrayBuffer) => void;
  readonly words: Int32Array;
}

export class Notes {
  readonly #parts: NotesParts;
  readonly #encoder = new TextEncoder();
  #lines: { readonly error: boolean; readonly text: Uint8Array }[] = [];
  #bytes = 0;
  #handles: number[] = [];
  #sent = 0;
  #left: number = frames.LINES_OF_CALL;
  #dropped = 0;

  constructor(parts: NotesParts) {
    this.#parts = parts;
  }

  /** A call begins, which may print as much as any other (N3). */
  begin(): void {
    this.#tellDropped();
    this.#left = frames.LINES_OF_CALL;
  }

  /** @param stream 1 is Python's output, 2 its errors. */
  line(stream: number, line: string): void {
    const text = this.#encoder.encode(line.slice(0, frames.LONGEST_LINE));
    this.#left -= text.length + 4;
    if (this.#left < 0) {
      this.#dropped += 1;
      return;
    }
    this.#add(stream !== 1, text);
    const isFull = this.#bytes >= frames.NOTE_BYTES || this.#lines.length >= frames.NOTE_LINES;
    if (isFull || this.#underway < frames.NOTES_CREDIT / 2) this.#send();
  }

  release(handle: number): void {
    this.#handles.push(handle);
    if (this.#handles.length >= frames.NOTE_HANDLES) this.#send();
  }

  /** Before anything else is sent (N1). */
  flush(): void {
    this.#tellDropped();
    if (this.#lines.length > 0 || this.#handles.length > 0) this.#send();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    const bound = `a call may print ${frames.LINES_OF_CALL} bytes`;
    this.#add(true, this.#encoder.encode(`${this.#dropped} more lines were left out: ${bound}`));
    this.#dropped = 0;
  }

  #add(error: boolean, text: Uint8Array): void {
    this.#lines.push({ error, text });
    this.#bytes += text.length + 4;
  }

  #send(): void {
    if (!this.#hasCredit()) return; // a host that does not come round: nothing that is kept can grow without bound (N3)
    const lines = this.#lines.splice(0, frames.NOTE_LINES + 1);
    const handles = this.#handles.splice(0, frames.NOTE_HANDLES);
    const size = lines.reduce((sum, { text }) => sum + 4 + text.length, 0);
    const message = new ArrayBuffer(frames.HEADER + size + 4 * handles.length);
    const view = new DataView(message);
    let at = frames.HEADER;
    for (const { error, text } of lines) {
      view.setUint32(at, error ? text.length | frames.FAILED : text.length, true);
      new Uint8Array(message).set(text, at + 4);
      at += 4 + text.length;
    }
    handles.forEach((handle, i) => view.setUint32(at + 4 * i, handle, true));
    const length = message.byteLength - frames.HEADER;
    frames.writeHeader(message, { kind: frames.NOTES, a: lines.length, b: handles.length, length });
    this.#parts.send(message);
    this.#bytes -= size;
    this.#sent = (this.#sent + 1) | 0;
    if (this.#lines.length > 0 || this.#handles.length > 0) this.#send();
  }

  get #underway(): number {
    return (this.#sent - load(this.#parts.words, frames.ACKNOWLEDGED)) | 0;
  }

  /** N2. */
  #hasCredit(): boolean {
    const { words } = this.#parts;
    for (let tries = 0; tries < TRIES; tries += 1) {
      if (this.#underway < frames.NOTES_CREDIT) return true;
      if (load(words, frames.OVER) !== 0) return false;
      wait(words, frames.ACKNOWLEDGED, (this.#sent - frames.NOTES_CREDIT) | 0, PATIENCE);
    }
    return false;
  }
}
