/** What every store does by its buffer alone, and by knowing what is durable of a run. */
import { Defect } from "../../fault.ts";
import { Buffer } from "./buffer.ts";
import type { BufferOptions } from "./buffer.ts";
import type { Digest, Lsn } from "../entry/entry.ts";
import type { Hash } from "../chain.ts";
import { hexOfBytes } from "../entry/hex.ts";
import { Signals } from "./signals.ts";
import type { Signalled } from "./signals.ts";
import type { HeaderChange, NewRun, RunHeader } from "../store.ts";

export interface DurableSide {
  /** @throws {Fault} `unknown-run` */
  readonly known: (run: string) => RunHeader;
  /** The position of what this sender sent. */
  readonly sender: (run: string, sender: string) => number | undefined;
  readonly hash: Hash;
}

export abstract class BufferedStore {
  protected readonly buffer: Buffer;
  readonly #durable: DurableSide;
  readonly #signals: Signals;

  constructor(options: BufferOptions, durable: DurableSide) {
    this.buffer = new Buffer(options);
    this.#durable = durable;
    this.#signals = new Signals({
      known: durable.sender,
      append: (run, sender, entry) => this.#appendSignal(run, sender, entry),
    });
  }

  get lost(): Promise<Error> {
    return this.buffer.lost;
  }

  create(run: NewRun): Promise<boolean> {
    return this.buffer.create(run);
  }

  async open(run: string): Promise<RunHeader> {
    const header = this.#durable.known(run);
    this.buffer.open(run, header.durable);
    return header;
  }

  close(run: string): Promise<void> {
    return this.buffer.close(run);
  }

  append(run: string, entries: readonly Uint8Array[], change?: HeaderChange): Lsn {
    return this.buffer.append(run, entries, change);
  }

  signal(run: string, sender: string, entry: Uint8Array): Promise<Signalled> {
    return this.#signals.signal(run, sender, entry);
  }

  async sent(run: string, sender: string): Promise<boolean> {
    return this.#durable.sender(run, sender) !== undefined;
  }

  durable(run: string): Lsn {
    return this.buffer.durable(run);
  }

  flushed(run: string, upto: Lsn): Promise<void> {
    return this.buffer.flushed(run, upto);
  }

  watch(told: (run: string, durable: Lsn) => void): Disposable {
    return this.buffer.watch(told);
  }

  mark(run: string, reader: string, lsn: Lsn): void {
    this.buffer.mark({ run, reader, lsn });
  }

  keep(run: string, bytes: Uint8Array): Digest {
    const digest = this.#durable.hash(bytes);
    this.buffer.keep({ run, digest, bytes: bytes.slice() });
    return hexOfBytes(digest);
  }

  set(key: string, value: Uint8Array | null): Promise<void> {
    return this.buffer.set({ key, value: value?.slice() ?? null });
  }

  /** Whoever changes a log from outside of its run must have closed it. */
  protected refuseOpen(run: string): void {
    if (this.buffer.isOpen(run)) throw new Defect(`the run ${run} is open`);
  }

  async #appendSignal(run: string, sender: string, entry: Uint8Array): Promise<Lsn> {
    const isOurs = !this.buffer.isOpen(run);
    if (isOurs) await this.open(run);
    const lsn = this.buffer.append(run, [entry], {}, sender);
    await this.buffer.flushed(run, lsn);
    if (isOurs) await this.buffer.close(run);
    return lsn;
  }
}
