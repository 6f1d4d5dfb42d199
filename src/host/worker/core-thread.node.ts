/**
 * One thread of a core pool, from the pool's side, which judges all that it says. It never outlives the pool, and ends when it
 * is idle for long.
 *
 *   C1  It has the walls of L1 (../remote/ways/thread.node.ts). Where it serves Python, it may start that one's own thread.
 *   C2  It is asked for one call at a time, and says nothing else: what it says unasked takes credit, and the first breach
 *       ends it.
 *   C3  A call that is not over soon after its deadline is ended with its thread, by the keeper.
 */
import { Fault } from "../../fault.ts";
import { startKept } from "../keeper/keeper.node.ts";
import type { LogLine } from "../plugin.ts";
import type { Channel, Ended } from "../remote/ways/channel.ts";
import { Credit } from "../remote/caller/credit.ts";
import { readFault } from "../remote/frames/fault-data.ts";
import { FAILED, LOG, MOST_BYTES, MOST_NOTE_LINES, OK } from "../remote/frames/kinds.ts";
import { Broken } from "../remote/frames/reader.ts";
import type { Export } from "../remote/caller/targets.ts";
import { HEAP_MEGABYTES, threadChannel, threadFlags } from "../remote/ways/thread.node.ts";
import { Writer } from "../remote/frames/writer.ts";
import type { Value } from "../../wit/value.ts";
import { siblingModule } from "../sibling.ts";
import type { SentPackage } from "./core-package.ts";
import { ANSWER, CALL, CREDIT, OPEN, STARTED, STAYING } from "./protocol.ts";

export interface ThreadCall {
  readonly pack: SentPackage;
  readonly target: Export;
  /** All of the frame behind its head. */
  readonly body: Uint8Array;
  readonly log?: ((line: LogLine) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Current extends ThreadCall {
  readonly resolve: (value: Value) => void;
  readonly reject: (cause: unknown) => void;
  started: boolean;
}

/** Milliseconds until the guest's code has to be opened and started; Python's interpreter comes cold. */
const START = 30_000;
const PYTHON_START = 4 * START;
const LEVELS: readonly LogLine["level"][] = ["trace", "debug", "info", "warn", "error"];

const ENTRY = siblingModule("core-worker.node", import.meta.url);

export interface CoreThreadOptions {
  readonly forPython: boolean;
  /** Milliseconds after which it ends when it is idle. */
  readonly idle: number;
  /** The module that runs there; ours, but in tests. */
  readonly entry?: URL;
}

export class CoreThread {
  readonly forPython: boolean;
  readonly #channel: Channel;
  readonly #idle: number;
  readonly #gone: () => void;
  readonly #known = new Set<SentPackage>();
  readonly #writer = new Writer(STAYING);
  readonly #credit: Credit;
  #number = 0;
  #current: Current | undefined;
  #reserved = false;
  #alive = true;
  #timer: NodeJS.Timeout | undefined;

  constructor({ forPython, idle, entry = ENTRY }: CoreThreadOptions, gone: () => void) {
    this.forPython = forPython;
    this.#idle = idle;
    this.#gone = gone;
    const flags = threadFlags(entry, forPython ? ["python"] : ["component", "lua"]);
    const execArgv = forPython ? [...flags, "--allow-worker"] : flags; // C1
    this.#channel = threadChannel(startKept({ entry, execArgv, heapMegabytes: HEAP_MEGABYTES }));
    this.#credit = new Credit(
      (count) => this.#send(this.#writer.start(CREDIT, count).finish()),
      () => this.#current !== undefined,
    );
    this.#channel.listen((frame) => this.#receive(frame));
    void this.#channel.gone.then((ended) => this.#ended(ended));
  }

  get isFree(): boolean {
    return this.#alive && !this.#reserved;
  }

  /** Has this thread been sent this package before? */
  knows(pack: SentPackage): boolean {
    return this.#known.has(pack);
  }

  reserve(): void {
    clearTimeout(this.#timer);
    this.#reserved = true;
    this.#channel.hold?.(true);
  }

  release(): void {
    this.#reserved = false;
    if (!this.#alive) return;
    this.#channel.hold?.(false);
    this.#timer = setTimeout(() => void this.end(new Fault("plugin-lost", "idle")), this.#idle).unref();
  }

  /** Only while reserved, one at a time. @throws {Fault} (rejects with) what the call failed with */
  async call(asked: ThreadCall): Promise<Value> {
    const { signal, pack } = asked;
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const aborted = (): void => void this.end(signal?.reason);
    this.#current = { ...asked, resolve, reject, started: false };
    signal?.addEventListener("abort", aborted, { once: true });
    try {
      if (signal?.aborted === true) aborted();
      else if (this.#alive) this.#begin(asked);
      else throw pack.fault("plugin-lost", "A core call's thread ended before the call");
      return await promise;
    } finally {
      this.#current = undefined;
      this.#channel.allow?.(null);
      signal?.removeEventListener("abort", aborted);
    }
  }

  /** Stops the thread where it is; a call in it fails with the cause. */
  async end(cause: unknown): Promise<void> {
    this.#lost(cause);
    await this.#channel.kill();
  }

  #begin({ pack, body }: ThreadCall): void {
    this.#channel.allow?.(pack.isPython ? PYTHON_START : START);
    if (!this.#known.has(pack)) this.#frame(OPEN, pack.number, pack.parcel);
    this.#known.add(pack);
    this.#number = (this.#number + 1) >>> 0;
    this.#frame(CALL, this.#number, body);
    this.#credit.renew();
  }

  #frame(kind: number, number: number, body: Uint8Array): void {
    const writer = this.#writer.start(kind, number);
    writer.raw(body);
    this.#send(writer.finish());
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#alive) this.#channel.send(frame);
  }

  #receive(frame: Uint8Array<ArrayBuffer> | null): void {
    const current = this.#current;
    try {
      if (frame === null) throw new Broken("a message of another kind");
      if (frame.length > MOST_BYTES) throw new Broken(`a message of ${frame.length} bytes`);
      if (current === undefined) throw new Broken("a message during nothing");
      this.#handle(frame, current);
    } catch (thrown) {
      if (!(thrown instanceof Broken) && !(thrown instanceof Fault)) throw thrown;
      void this.end(this.#breach(thrown));
    }
  }

  #breach(thrown: Broken | Fault): Fault {
    if (thrown instanceof Fault) return thrown;
    const source = this.#current?.pack.source ?? "A core call";
    return new Fault("plugin-trapped", `${source} broke the protocol: ${thrown.message}`, { source });
  }

  #handle(frame: Uint8Array<ArrayBuffer>, current: Current): void {
    const { reader } = current.pack;
    reader.open(frame);
    const kind = reader.u8();
    const number = reader.u32();
    if (kind === LOG) return this.#log(current, frame.length);
    if (number !== this.#number) throw new Broken(`an answer to nothing, ${number}`);
    if (kind === STARTED && !current.started) return this.#started(current);
    if (kind !== ANSWER) throw new Broken(`a message of kind ${kind}`);
    this.#answered(current);
  }

  /** From here on it is the guest's time (C3). */
  #started(current: Current): void {
    current.started = true;
    current.pack.reader.close();
    const { deadline } = current.pack;
    this.#channel.allow?.(deadline === undefined || deadline === Infinity ? null : deadline);
  }

  #answered({ pack: { reader, source }, target, resolve, reject }: Current): void {
    const status = reader.u8();
    if (status !== OK && status !== FAILED) throw new Broken(`an answer of status ${status}`);
    const settle = status === OK ? after(resolve, target.read(reader)) : after(reject, readFault(reader, source));
    reader.close();
    this.#current = undefined;
    settle();
  }

  #log({ pack: { reader }, log }: Current, bytes: number): void {
    this.#credit.spend(bytes);
    for (let left = reader.index(MOST_NOTE_LINES + 1); left > 0; left--) {
      const level = LEVELS[reader.u8()];
      if (level === undefined) throw new Broken("a line of no level");
      log?.({ level, text: reader.text() });
    }
    reader.close();
  }

  #ended({ code, why }: Ended): void {
    const current = this.#current;
    const what =
      current === undefined ? "A core call's thread" : `${current.pack.source} failed in ${current.target.fn.name}`;
    const source = current === undefined ? {} : { source: current.pack.source };
    this.#lost(new Fault(code, `${what}: ${why}`, source));
  }

  #lost(cause: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    clearTimeout(this.#timer);
    this.#gone();
    this.#current?.reject(cause);
  }
}

function after<T>(act: (value: T) => void, value: T): () => void {
  return () => act(value);
}
