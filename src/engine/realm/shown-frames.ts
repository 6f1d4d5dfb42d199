/** What one worker's runs show, as it comes: pieces of records, which take credit. */
import { Unframer } from "../../host/remote/ways/pipe.ts";
import { Broken, Reader } from "../../host/remote/frames/reader.ts";
import { LiftBudget } from "../../wit/budget.ts";
import type { RunEvent } from "../platform/ports.ts";
import { MOST_SHOWN } from "./said/frames.ts";
import { NO_HANDLES } from "../../host/remote/frames/no-handles.ts";
import { HEAD, readEvent, TAPE } from "./said/shown.ts";

/** What a record says of a run. */
export interface Heard {
  /** Its bytes, from behind the number of the run. */
  readonly shows: (run: number, kind: number, record: Uint8Array, event: RunEvent) => void;
  readonly tape: (run: number, bytes: Uint8Array) => void;
  readonly credit: (bytes: number) => void;
}

export class ShownFrames {
  readonly #heard: Heard;
  readonly #reader = new Reader(NO_HANDLES, new LiftBudget());
  readonly #unframer: Unframer;
  /** Credit that was taken and not given back. */
  spent = 0;

  constructor(heard: Heard) {
    this.#heard = heard;
    this.#unframer = new Unframer((record) => this.#show(record));
  }

  /** @param owed credit that is taken by something else @throws {Broken} */
  piece(bytes: Uint8Array, owed: number): void {
    this.spent += bytes.length;
    if (this.spent + owed > MOST_SHOWN) throw new Broken(`more than ${MOST_SHOWN} bytes shown at once`);
    const isFirst = this.spent === bytes.length;
    this.#unframer.push(bytes);
    if (!isFirst) return;
    setImmediate(() => {
      const { spent } = this;
      this.spent = 0;
      this.#heard.credit(spent);
    });
  }

  #show(record: Uint8Array<ArrayBuffer> | null): void {
    if (record === null) throw new Broken("it shows more than can be");
    const reader = this.#reader;
    reader.open(record);
    const kind = reader.u8();
    const run = reader.u32();
    const rest = record.subarray(HEAD);
    if (kind === TAPE) return this.#heard.tape(run, rest);
    this.#heard.shows(run, kind, rest, readEvent(kind, reader));
  }
}
