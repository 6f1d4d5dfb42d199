/**
 * What a guest says without wanting an answer: lines of its log, how far it has come, handles it dropped.
 *
 *   N1  Collected until there is something to be sent after them, or a frame is full.
 *   N2  Never more than the caller gave credit for is on its way. What has to wait is bounded: lines beyond it are
 *       counted instead; the latest progress replaces an earlier one; dropped handles are as many as there were handles.
 */
import type { LogLine } from "../../plugin.ts";
import { LOG, MOST_NOTE_BYTES, MOST_NOTE_LINES, MOST_NOTES, PROGRESS, RELEASE } from "../frames/kinds.ts";
import { writeLine } from "../frames/line.ts";
import type { Writer } from "../frames/writer.ts";

/** Characters of lines that wait for credit. */
const MOST_WAITING = 2 ** 20;
/** A line alone must fit into a frame, whatever its characters are. */
const MOST_LINE = MOST_NOTE_BYTES / 4;

export class Notes {
  readonly #writer: Writer;
  readonly #send: (frame: Uint8Array<ArrayBuffer>) => void;
  #credit = MOST_NOTES;
  #lines: LogLine[] = [];
  #characters = 0;
  #dropped = 0;
  #progress: readonly [done: number, total: number | null, text: string | null] | undefined;
  #released: number[] = [];

  constructor(writer: Writer, send: (frame: Uint8Array<ArrayBuffer>) => void) {
    this.#writer = writer;
    this.#send = send;
  }

  log({ level, text }: LogLine): void {
    if (this.#characters > MOST_WAITING) {
      this.#dropped += 1;
      return;
    }
    this.#lines.push({ level, text: text.length > MOST_LINE ? `${text.slice(0, MOST_LINE)} …` : text });
    this.#characters += text.length + 16;
    if (this.#characters > MOST_NOTE_BYTES / 4) this.flush();
  }

  progress(done: number, total: number | null, text: string | null): void {
    this.#progress = [done, total, text === null ? null : text.slice(0, MOST_LINE)];
    if (this.#credit > MOST_NOTES / 2) this.flush();
  }

  release(handle: number): void {
    this.#released.push(handle);
  }

  granted(count: number): void {
    this.#credit += count;
    this.flush();
  }

  /** Must not be called while a frame is being written. */
  flush(): void {
    while (this.#credit > 0 && this.#lines.length > 0) this.#sendLines();
    if (this.#credit > 0 && this.#progress !== undefined) this.#sendProgress(this.#progress);
    while (this.#credit > 0 && this.#released.length > 0) this.#sendReleased();
  }

  #sendLines(): void {
    if (this.#dropped > 0) this.#lines.push({ level: "warn", text: `${this.#dropped} lines were left out here` });
    this.#dropped = 0;
    const count = this.#fitting();
    const lines = this.#lines.splice(0, count);
    const writer = this.#writer.start(LOG, 0);
    writer.u32(lines.length);
    for (const line of lines) {
      writeLine(writer, line);
      this.#characters -= line.text.length + 16;
    }
    this.#spend();
  }

  /** How many of the lines go into one frame. */
  #fitting(): number {
    let bytes = 16;
    let count = 0;
    for (const { text } of this.#lines) {
      bytes += 5 + 3 * text.length;
      if (bytes > MOST_NOTE_BYTES || count === MOST_NOTE_LINES) break;
      count += 1;
    }
    return Math.max(1, count);
  }

  #sendProgress([done, total, text]: readonly [number, number | null, string | null]): void {
    this.#progress = undefined;
    const writer = this.#writer.start(PROGRESS, 0);
    writer.f64(done);
    writer.f64(total ?? Number.NaN);
    writer.u8(text === null ? 0 : 1);
    writer.text((text ?? "").toWellFormed());
    this.#spend();
  }

  #sendReleased(): void {
    const handles = this.#released.splice(0, MOST_NOTE_LINES);
    const writer = this.#writer.start(RELEASE, 0);
    writer.u32(handles.length);
    for (const handle of handles) writer.f64(handle);
    this.#spend();
  }

  #spend(): void {
    this.#credit -= 1;
    this.#send(this.#writer.finish());
  }
}
