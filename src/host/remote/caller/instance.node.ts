/**
 * The caller's side of an instance in another realm (H2–H6 of plugin.ts): it is the judge of everything the realm says.
 *
 *   I1  Questions and answers are matched by number; an answer to nothing, a question during nothing, a value that is not
 *       of its type, more than the credit: the first breach ends the realm.
 *   I2  One call at a time, unless the manifest says `overlap`; the others wait here.
 *   I3  A call that is not over soon after its deadline ends the realm: usually the realm's own meter was first.
 *   I4  A failed import ends its call with the import's own error, as it would in this thread.
 *   I5  A call whose signal aborts is not sent any more, or the realm is told to stop it: its answer is waited for.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Fault } from "../../../fault.ts";
import { LiftBudget } from "../../../wit/budget.ts";
import { type FunctionKey, functionsOf, type World } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { callChain } from "../../call-chain.node.ts";
import type { Limits } from "../../manifest.ts";
import { liftLimitsOf } from "../../meter/limits.ts";
import { raiseHint } from "../../package/limits.ts";
import type { CallEffect, Instance, InstanceOptions } from "../../plugin.ts";
import type { Channel, Ended } from "../ways/channel.ts";
import { Credit } from "./credit.ts";
import { readFault } from "../frames/fault-data.ts";
import * as frames from "../frames/kinds.ts";
import { Tickets } from "./handles.ts";
import { type Order, PendingCalls } from "./pending.ts";
import { Questions } from "./questions.ts";
import { Broken, Reader } from "../frames/reader.ts";
import { readState, writeStart } from "../frames/start.ts";
import { type Export, exportOf, importOf } from "./targets.ts";
import { Unasked } from "./unasked.ts";
import { Writer } from "../frames/writer.ts";

/** Milliseconds that saving may take. */
const SAVE_DEADLINE = 30_000;

export interface InstanceParts {
  /** The name of the package. */
  readonly source: string;
  readonly world: World;
  readonly overlap: boolean;
  /** Its calls stop when they are given up. */
  readonly abortable?: boolean;
  readonly limits: Limits;
  /** Milliseconds that starting may take. */
  readonly startDeadline: number;
  /** Its state can be saved. */
  readonly isSaved?: boolean;
  /** Behind it is a realm that has opened the package. */
  readonly channel: Channel;
}

export class RemoteInstance implements Instance {
  readonly id: number;
  readonly #parts: InstanceParts;
  readonly #options: InstanceOptions;
  readonly #tickets: Tickets;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #unasked: Unasked;
  /** Milliseconds of one call. */
  readonly #deadline: number | undefined;
  readonly #exports: ReadonlyMap<FunctionKey, Export>;
  readonly #pending: PendingCalls;
  readonly #questions: Questions;
  #alive = true;
  #cause: unknown;

  constructor(parts: InstanceParts, options: InstanceOptions) {
    const { world, channel } = parts;
    this.id = options.id;
    this.#parts = parts;
    this.#options = options;
    this.#tickets = new Tickets(options.id, world);
    this.#writer = new Writer(this.#tickets);
    this.#reader = new Reader(
      this.#tickets,
      new LiftBudget(liftLimitsOf({ name: parts.source, limits: parts.limits })),
    );
    const credit = new Credit(
      (count) => {
        if (this.#alive) channel.send(this.#writer.start(frames.CREDIT, count).finish());
      },
      () => this.#pending.size > 0,
    );
    this.#unasked = new Unasked({ options, tickets: this.#tickets, reader: this.#reader, credit });
    this.#pending = new PendingCalls({
      source: parts.source,
      overlap: parts.overlap,
      channel,
      writer: this.#writer,
      tickets: this.#tickets,
      sent: () => credit.renew(),
      answered: () => this.#questions.forget(),
      late: (order) => this.#late(order),
    });
    this.#deadline = options.limits?.deadline ?? parts.limits.deadline;
    this.#exports = new Map([...functionsOf(world.exports)].map(exportOf));
    this.#questions = new Questions({
      imports: [...functionsOf(world.imports)].map(([key, fn]) => importOf(key, fn, options)),
      options,
      tickets: this.#tickets,
      reader: this.#reader,
      writer: this.#writer,
      // START has the number 1 and is called 0 by the realm, which knows no other name for it.
      contextOf: (call) => this.#pending.at(call === 0 ? 1 : call)?.order.inContext,
      enter: (work) => callChain.enter(this, work),
      send: (frame) => {
        if (this.#alive) channel.send(frame);
      },
    });
    channel.listen((frame) => this.#receive(frame));
    void channel.gone.then((ended) => this.#ended(ended));
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Makes the realm's instance. @throws {Fault} `link-failed`, `plugin-trapped`, `deadline-exceeded` */
  async start(): Promise<void> {
    const write = (to: Writer): void => writeStart(to, this.#options);
    await this.#ask(frames.START, "its start", this.#parts.startDeadline, nothing, write);
  }

  get save(): Instance["save"] {
    if (this.#parts.isSaved !== true) return undefined;
    return async () => {
      if (!this.#alive) throw this.#lost();
      if (!this.#pending.areNone || this.#tickets.size > 0) return null;
      return (await this.#ask(frames.SAVE, "its saving", SAVE_DEADLINE, readState, () => {})) as Uint8Array | null;
    };
  }

  get abortable(): boolean {
    return this.#parts.abortable === true;
  }

  call(key: FunctionKey, args: readonly Value[], signal?: AbortSignal, effect?: CallEffect): Value | Promise<Value> {
    const target = this.#exports.get(key);
    const { source, overlap } = this.#parts;
    if (target === undefined) throw this.#fault("unknown-function", `${source} has no function ${key}`);
    if (!this.#alive) throw this.#lost();
    target.check(args);
    if (!overlap) this.#refuseReentry();
    const write = (to: Writer): void => {
      to.u32(target.number);
      to.f64(this.#options.now());
      target.write(to, args, effect);
    };
    return this.#ask(frames.CALL, target.fn.name, this.#deadline, target.read, write, signal);
  }

  drop(handle: number): void | Promise<void> {
    if (!this.#alive) return;
    if (!this.#parts.overlap) this.#refuseReentry();
    const asked = this.#ask(frames.DROP, "a destructor", this.#deadline, nothing, (to) => to.f64(handle));
    return asked.then(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(this.#fault("plugin-lost", `${this.#parts.source} was closed`));
    await this.#parts.channel.kill();
  }

  #ask(
    kind: number,
    name: string,
    deadline: number | undefined,
    read: Order["read"],
    write: Order["write"],
    signal?: AbortSignal,
  ): Promise<Value> {
    const inContext = this.#questions.areNone ? anywhere : AsyncLocalStorage.snapshot();
    const order = { kind, name, deadline, write, read, inContext };
    return this.#pending.add(order, this.abortable ? signal : undefined);
  }

  /** I3 */
  #late({ name, deadline }: Order): void {
    const text = `${this.#parts.source} took longer in ${name} than the ${deadline} ms that it has`;
    this.#end(this.#fault("deadline-exceeded", text, { hint: raiseHint(this.#parts.source, "deadline") }));
  }

  #receive(frame: Uint8Array<ArrayBuffer> | null): void {
    if (!this.#alive) return;
    try {
      if (frame === null) throw new Broken("a message of another kind");
      if (frame.length > frames.MOST_BYTES) throw new Broken(`a message of ${frame.length} bytes`);
      this.#handle(frame);
    } catch (error) {
      if (error instanceof Broken) this.#breach(error);
      else if (error instanceof Fault) this.#end(this.#withSource(error));
      else throw error;
    }
  }

  #breach(error: Broken): void {
    this.#end(this.#fault("plugin-trapped", `${this.#parts.source} broke the protocol: ${error.message}`));
  }

  #handle(frame: Uint8Array<ArrayBuffer>): void {
    const reader = this.#reader;
    reader.open(frame);
    const kind = reader.u8();
    const number = reader.u32();
    switch (kind) {
      case frames.START:
      case frames.CALL:
      case frames.DROP:
      case frames.SAVE:
        return this.#answered(kind, number);
      case frames.IMPORT:
      case frames.CALLBACK:
      case frames.SLEEP:
        return this.#questions.asked(kind, number, frame.length);
      case frames.LOG:
      case frames.PROGRESS:
      case frames.RELEASE:
        return this.#unasked.heard(kind, frame.length);
      default:
        throw new Broken(`a message of kind ${kind}`);
    }
  }

  #answered(kind: number, number: number): void {
    const reader = this.#reader;
    const asked = this.#pending.at(number);
    if (asked?.order.kind !== kind) throw new Broken(`an answer to nothing, ${number}`);
    const lives = reader.flag();
    const status = reader.u8();
    if (status === frames.OK && lives) {
      const value = asked.order.read(reader);
      reader.close();
      this.#pending.settle(asked);
      asked.resolve(value);
    } else {
      const thrown = this.#thrown(status);
      reader.close();
      this.#pending.settle(asked);
      asked.reject(thrown);
      if (!lives) return this.#end(thrown);
    }
    this.#pending.sendNext();
  }

  #thrown(status: number): unknown {
    const reader = this.#reader;
    if (status === frames.FAILED) return readFault(reader, this.#parts.source);
    if (status !== frames.IMPORT_FAILED) throw new Broken(`an answer of status ${status}`);
    const question = reader.u32();
    return this.#questions.failureOf(question); // I4
  }

  #ended({ code, why }: Ended): void {
    if (!this.#alive) return;
    const { first } = this.#pending;
    const where = first === undefined ? "" : ` in ${first.order.name}`;
    this.#end(this.#fault(code, `${this.#parts.source} failed${where}: ${why}`));
  }

  /** Ends the instance, its realm, and everything that waits for them (H3, H6). */
  #end(cause: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#cause = cause;
    this.#tickets.clear();
    void this.#parts.channel.kill();
    this.#pending.end(cause, () => this.#lost());
  }

  #refuseReentry(): void {
    if (this.#pending.size === 0 || !callChain.includes(this)) return;
    const { source } = this.#parts;
    throw this.#fault("re-entrant", `${source} is called back while it is in the middle of a call`, {
      hint: "A callback given to a plugin may not call the same plugin.",
    });
  }

  #lost(): Fault {
    const why = this.#cause instanceof Error ? `: ${this.#cause.message}` : "";
    return this.#fault("plugin-lost", `${this.#parts.source} is gone${why}`, { cause: this.#cause });
  }

  #withSource(fault: Fault): Fault {
    const hint = fault.hint === undefined ? {} : { hint: fault.hint };
    return this.#fault(fault.code, fault.message, { cause: fault, ...hint });
  }

  #fault(code: string, message: string, more: { hint?: string; cause?: unknown } = {}): Fault {
    return new Fault(code, message, { source: this.#parts.source, ...more });
  }
}

const anywhere = <T>(work: () => T): T => work();
const nothing = (): Value => null;
