/**
 * What one worker's runs write into their logs, on its way into the store.
 *
 *   L1  It takes credit, together with what runs show. Credit is given back when there is room: a run whose store is slow waits.
 */
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import * as frames from "../said/frames.ts";
import { faultBytes } from "../links/links.node.ts";
import type { ToWorker } from "../said/messages.ts";
import type { Running } from "../running.ts";
import { HEAD } from "../said/shown.ts";
import { storedOf } from "./answering.ts";
import type { StoredRun } from "./stored-run.ts";
import { readAppended } from "./wire.ts";

export interface Written {
  readonly kind: number;
  readonly frame: Uint8Array<ArrayBuffer>;
  /** Stands behind the number of the run. */
  readonly reader: Reader;
}

export class LogFrames {
  readonly #post: (message: ToWorker) => void;
  readonly #moved: (run: Running) => void;
  /** Credit that was taken and not given back. */
  owed = 0;

  /** @param moved another's entry is in the run's log where its worker took its own to be */
  constructor(post: (message: ToWorker) => void, moved: (run: Running) => void) {
    this.#post = post;
    this.#moved = moved;
  }

  /** @param run null: it is over @param shown credit that is taken by what runs show @throws {Broken} @throws {Fault} */
  written(run: Running | null, shown: number, written: Written): void {
    const cost = Math.min(written.frame.length, frames.MOST_SHOWN);
    this.owed += cost;
    if (this.owed + shown > frames.MOST_SHOWN) throw new Broken("more bytes for logs than there is credit"); // L1
    void this.#take(run, written).then(() => {
      this.owed -= cost;
      this.#post({ kind: "credit", bytes: cost });
    });
  }

  /** The worker hears how far the log of a run is durable. */
  watched(run: number, stored: StoredRun | null): Disposable | null {
    const lost = (why: Error): void => this.#post({ kind: "log-lost", run, fault: faultBytes(why) });
    return stored?.watch((lsn) => this.#post({ kind: "durable", run, lsn }), lost) ?? null;
  }

  /** Resolves when there is room for more. @throws {Broken} */
  #take(run: Running | null, { kind, frame, reader }: Written): Promise<void> {
    if (run === null) return Promise.resolve();
    const stored = storedOf(run);
    if (kind === frames.KEEP) return stored.keep(frame.subarray(HEAD));
    const room = stored.append(readAppended(reader), frame.length);
    if (room === false) this.#moved(run);
    return room === false ? Promise.resolve() : room;
  }
}
