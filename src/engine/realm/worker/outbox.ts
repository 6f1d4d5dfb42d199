/**
 * The worker's way out: everything leaves in the order in which it was said.
 *
 *   O1  What runs show takes credit; what was said after it waits behind it. The engine gives credit for whatever it has
 *       dealt with, and waits for nothing of the worker's to do so: what waits here will leave.
 *   O2  Who shows much is told to wait (`crowded`). What a guest logs meanwhile, which cannot wait, is counted beyond a bound.
 */
import { framed } from "../../../host/remote/ways/pipe.ts";
import { Writer } from "../../../host/remote/frames/writer.ts";
import { NO_HANDLES } from "../../../host/remote/frames/no-handles.ts";
import type { RunEvent } from "../../platform/ports.ts";
import { MOST_PIECE, MOST_SHOWN, MOST_WAITING, SHOWN } from "../said/frames.ts";
import { writeEvent, writeTape } from "../said/shown.ts";

/** Bytes that wait before a run is told to. */
const CROWDED = MOST_SHOWN;

export class Outbox {
  readonly #post: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly #writer = new Writer(NO_HANDLES);
  /** `cost` is 0 for what takes no credit. */
  #queue: { readonly frame: Uint8Array<ArrayBuffer>; readonly cost: number }[] = [];
  #waiting = 0;
  #credit = MOST_SHOWN;
  /** The piece that is being filled. */
  #piece: Uint8Array[] = [];
  #pieceBytes = 0;
  #scheduled = false;
  /** Lines of guests that were left out, by run. */
  readonly #leftOut = new Map<number, number>();
  #relieved: (() => void)[] = [];

  constructor(post: (frame: Uint8Array<ArrayBuffer>) => void) {
    this.#post = post;
  }

  get crowded(): boolean {
    return this.#waiting > CROWDED;
  }

  /** Resolves when it is not crowded any more. */
  relief(): Promise<void> {
    return this.crowded ? new Promise((resolve) => this.#relieved.push(resolve)) : Promise.resolve();
  }

  /** @throws {Fault} `out-of-range` */
  show(run: number, event: RunEvent): void {
    if (this.#waiting > MOST_WAITING && event.kind === "log" && event.source !== "program") {
      this.#leftOut.set(run, (this.#leftOut.get(run) ?? 0) + 1); // O2
      return;
    }
    const missing = this.#leftOut.get(run);
    if (missing !== undefined) {
      this.#leftOut.delete(run);
      this.#show(run, { kind: "log", level: "warn", source: "sennit", text: `${missing} lines were left out here` });
    }
    this.#show(run, event);
  }

  /** What reached a run: before what it shows after that. */
  tape(run: number, tape: Uint8Array): void {
    for (const part of framed(writeTape(this.#writer, run, tape))) this.#add(part);
    this.#schedule();
  }

  /** Takes no credit. */
  send(frame: Uint8Array<ArrayBuffer>): void {
    this.#closePiece();
    this.#queue.push({ frame, cost: 0 });
    this.#pump();
  }

  /** Takes credit: as much as it has bytes, and no more than there can be. */
  spend(frame: Uint8Array<ArrayBuffer>): void {
    this.#closePiece();
    const cost = Math.min(frame.length, MOST_SHOWN);
    this.#waiting += cost;
    this.#queue.push({ frame, cost });
    this.#pump();
  }

  /** Waits for nothing. */
  sendNow(frame: Uint8Array<ArrayBuffer>): void {
    this.#post(frame);
  }

  granted(bytes: number): void {
    this.#credit += bytes;
    this.#pump();
    if (!this.crowded) for (const resolve of this.#relieved.splice(0)) resolve();
  }

  #show(run: number, event: RunEvent): void {
    for (const part of framed(writeEvent(this.#writer, run, event))) this.#add(part);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#closePiece();
      this.#pump();
    });
  }

  #add(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + MOST_PIECE - this.#pieceBytes);
      this.#piece.push(part);
      this.#pieceBytes += part.length;
      this.#waiting += part.length;
      at += part.length;
      if (this.#pieceBytes === MOST_PIECE) this.#closePiece();
    }
    if (this.#queue.length > 0) this.#pump();
  }

  #closePiece(): void {
    if (this.#pieceBytes === 0) return;
    const writer = this.#writer.start(SHOWN, 0);
    for (const part of this.#piece) writer.raw(part);
    this.#queue.push({ frame: writer.finish(), cost: this.#pieceBytes });
    this.#piece = [];
    this.#pieceBytes = 0;
  }

  #pump(): void {
    let sent = 0;
    for (const { frame, cost } of this.#queue) {
      if (cost > this.#credit) break; // O1
      this.#credit -= cost;
      this.#waiting -= cost;
      this.#post(frame);
      sent += 1;
    }
    if (sent > 0) this.#queue = this.#queue.slice(sent);
  }
}
