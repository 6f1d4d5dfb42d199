/** What runs in a worker ask of the engine, and wait for: commands, calls on other cores. */
import type { Fault } from "../../../fault.ts";
import { readFault } from "../../../host/remote/frames/fault-data.ts";
import { MOST_BYTES, OK } from "../../../host/remote/frames/kinds.ts";
import { bounded } from "../../../host/remote/frames/bounded.ts";
import type { Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import { GIVE_UP, MOST_ASKED } from "../said/frames.ts";

/** One question: what follows its number, and how its answer is read. */
export interface Ask<T> {
  readonly kind: number;
  readonly write: (to: Writer) => void;
  readonly read: (from: Reader) => T;
  readonly signal: AbortSignal;
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  /** It may take as long as a run: it is no part of how many there may be. */
  readonly isLong?: boolean;
}

interface Asked {
  readonly isLong: boolean;
  readonly bytes: number;
  readonly read: (from: Reader) => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: Fault) => void;
}

export class Asks {
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #open = new Map<number, Asked>();
  /** Those that are asked when others have been answered. */
  readonly #later: (() => void)[] = [];
  #last = 0;
  #bytes = 0;
  #long = 0;

  constructor(writer: Writer, reader: Reader) {
    this.#writer = writer;
    this.#reader = reader;
  }

  /** @throws {Fault} what could not be written; what the engine answered */
  ask<T>({ kind, write, read, signal, send, isLong = false }: Ask<T>): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      const ask = (): void => {
        let bytes: number;
        try {
          bytes = this.#sent(kind, write, send);
        } catch (fault) {
          return reject(fault);
        }
        const number = this.#last;
        this.#bytes += bytes;
        this.#open.set(number, { bytes, read, resolve, reject, isLong });
        if (isLong) this.#long += 1;
        const giveUp = (): void => {
          if (this.#open.has(number)) send(this.#writer.start(GIVE_UP, number).finish());
        };
        if (signal.aborted) giveUp();
        else signal.addEventListener("abort", giveUp, { once: true });
      };
      if (this.#hasRoom || isLong) ask();
      else this.#later.push(ask);
    }) as Promise<T>;
  }

  answered(question: number, bytes: Uint8Array<ArrayBuffer>): void {
    const asked = this.#open.get(question);
    if (asked === undefined) return;
    this.#open.delete(question);
    this.#bytes -= asked.bytes;
    if (asked.isLong) this.#long -= 1;
    const reader = this.#reader;
    reader.open(bytes);
    reader.u8();
    reader.u32(); // its kind and number, which are known
    if (reader.u8() === OK) asked.resolve(asked.read(reader));
    else asked.reject(readFault(reader, null));
    if (this.#hasRoom) this.#later.shift()?.();
  }

  get #hasRoom(): boolean {
    return this.#open.size - this.#long < MOST_ASKED && this.#bytes < MOST_BYTES;
  }

  /** How many bytes. @throws {Fault} */
  #sent(kind: number, write: (to: Writer) => void, send: Ask<unknown>["send"]): number {
    this.#last = (this.#last + 1) >>> 0;
    write(this.#writer.start(kind, this.#last));
    const frame = bounded(this.#writer.finish());
    send(frame);
    return frame.length;
  }
}
