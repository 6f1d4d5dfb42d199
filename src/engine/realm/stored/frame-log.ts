/**
 * The log of a stored run, as its worker has it: what the run writes goes to the engine in order, what is durable is heard from
 * there.
 *
 *   G1  Positions are counted here, and are the true ones: where somebody else's entry took one meanwhile, the engine takes
 *       nothing of what comes, and begins the run again elsewhere from its log.
 *   G2  What the run writes takes credit, and leaves before whatever the run asks for after it.
 */
import { createHash } from "node:crypto";
import type { Digest, Lsn } from "../../../journal/entry/entry.ts";
import type { HeaderChange } from "../../../journal/store.ts";
import { readFault } from "../../../host/remote/frames/fault-data.ts";
import type { Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import type { LogPort } from "../../durable/log/log-port.ts";
import type { Numbered } from "../../durable/log/recorded.ts";
import type { Asks } from "../worker/asks.ts";
import * as frames from "../said/frames.ts";
import type { Outbox } from "../worker/outbox.ts";
import { numbered, readChunk, readEntries, writeAppended, type StoredStart } from "./wire.ts";

export interface FrameLogParts {
  readonly run: number;
  readonly start: StoredStart;
  readonly asks: Asks;
  readonly outbox: Outbox;
  readonly writer: Writer;
}

interface Wait {
  readonly upto: Lsn;
  readonly resolve: () => void;
}

const NEVER = new AbortController().signal;

export class FrameLog implements LogPort {
  readonly lost: Promise<Error>;
  readonly forget: LogPort["forget"];
  readonly #parts: FrameLogParts;
  readonly #lose: (why: Error) => void;
  readonly #watchers = new Set<() => void>();
  #waits: Wait[] = [];
  #last: Lsn;
  #durable: Lsn;

  constructor(parts: FrameLogParts) {
    this.#parts = parts;
    this.#last = parts.start.last;
    this.#durable = parts.start.durable;
    const { promise, resolve } = Promise.withResolvers<Error>();
    this.lost = promise;
    this.#lose = resolve;
    const forget = (below: Lsn): Promise<void> =>
      this.#ask(
        frames.LOG_FORGET,
        (to) => to.f64(below),
        () => {},
      );
    this.forget = parts.start.forgets ? forget : undefined;
  }

  append(entries: readonly Uint8Array[], change?: HeaderChange): Lsn {
    const { run, outbox, writer } = this.#parts;
    writeAppended(writer.start(frames.APPEND, run), { first: this.#last + 1, entries, change });
    outbox.spend(writer.finish());
    this.#last += entries.length;
    return this.#last;
  }

  durable(): Lsn {
    return this.#durable;
  }

  flushed(upto: Lsn): Promise<void> {
    if (upto <= this.#durable) return Promise.resolve();
    return new Promise((resolve) => this.#waits.push({ upto, resolve }));
  }

  keep(bytes: Uint8Array): Digest {
    const { run, outbox, writer } = this.#parts;
    writer.start(frames.KEEP, run).raw(bytes);
    outbox.spend(writer.finish());
    return createHash("sha256").update(bytes).digest("hex");
  }

  blob(digest: Digest): Promise<Uint8Array> {
    return this.#ask(frames.LOG_BLOB, (to) => to.text(digest), readChunk);
  }

  async entries(from: Lsn, most?: number): Promise<readonly Numbered[]> {
    const write = (to: Writer): void => (to.f64(from), to.f64(most ?? 0));
    return numbered(await this.#ask(frames.LOG_ENTRIES, write, readEntries));
  }

  watch(told: () => void): Disposable {
    this.#watchers.add(told);
    return { [Symbol.dispose]: () => void this.#watchers.delete(told) };
  }

  /** The engine says how far the log is durable. */
  grown(durable: Lsn): void {
    this.#durable = Math.max(this.#durable, durable);
    this.#last = Math.max(this.#last, durable);
    const over = this.#waits.filter(({ upto }) => upto <= durable);
    this.#waits = this.#waits.filter(({ upto }) => upto > durable);
    for (const { resolve } of over) resolve();
    for (const told of this.#watchers) told();
  }

  /** @param fault as bytes */
  isLost(reader: Reader, fault: Uint8Array<ArrayBuffer>): void {
    reader.open(fault);
    this.#lose(readFault(reader, null));
  }

  #ask<T>(kind: number, write: (to: Writer) => void, read: (from: Reader) => T): Promise<T> {
    const { run, asks, outbox } = this.#parts;
    return asks.ask({
      kind,
      write: (to) => (to.u32(run), write(to)),
      read,
      signal: NEVER,
      send: (frame) => outbox.send(frame),
    });
  }
}
