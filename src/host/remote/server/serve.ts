/**
 * The realm's side: opens one package with the hosts of its language, starts one instance of it, and answers calls.
 *
 *   S1  One package and one instance, then the realm's life is over: it never serves another (D6).
 *   S2  Everything the instance asks of the outside is a question to the caller; here is nothing that could grant it.
 *   S3  What the guest says (log, progress, dropped handles) leaves in the order it was said, before the answer of the
 *       call it was said in; beyond the credit for it, lines are dropped and counted.
 *   S6  A call that the caller has given up is stopped alone, where its instance can be: its answer is still due.
 *
 * The same serves packages of the engine to a caller that may lie, a run worker (`serveToStranger`):
 *
 *   S4  What the caller sends is charged before anything is allocated; what breaks the protocol is told, and nothing is
 *       heard of it any more. A handle is one that it was given here, a call is one that is not going on.
 *   S5  A function of the workflow is called during the call that brought it, and is given back when that is over.
 */
import { LiftBudget } from "../../../wit/budget.ts";
import { functionsOf, type World } from "../../../wit/types.ts";
import { type Callback, Handle, type Value } from "../../../wit/value.ts";
import { Open } from "./open-calls.ts";
import { Defect, Fault } from "../../../fault.ts";
import { withWasiPowers } from "../../component/wasi/powers.ts";
import { moved } from "../../moved.ts";
import type { Instance, InstanceOptions, Plugin } from "../../plugin.ts";
import { exportedResources } from "../../world.ts";
import { askedImports } from "./asked-imports.ts";
import { readEffect } from "../frames/call-effect.ts";
import type { Port } from "../ways/channel.ts";
import { argumentsCodec, codecOrNothing } from "../frames/codec.ts";
import { writeFault } from "../frames/fault-data.ts";
import * as frames from "../frames/kinds.ts";
import { type Question, Questions } from "./questions.ts";
import type { Realm, Serving, Stranger, Target } from "./serving.ts";
import { GivenHandles, numberOf, RemoteCallback } from "./leaving.ts";
import { Notes } from "./notes.ts";
import { readStart, writeState } from "../frames/start.ts";
import { bounded } from "../frames/bounded.ts";
import { CALLBACK_ANSWER, CALLBACK_ARGUMENTS } from "../frames/callback.ts";
import { filesOf, unpackParcel } from "../frames/parcel.ts";
import { Broken, Reader } from "../frames/reader.ts";
import { type HandleMap, type HandleType, Writer } from "../frames/writer.ts";

/** Serves until the realm is killed. */
export function serve(port: Port, realm: Realm): void {
  const server = new Server(port, realm, null);
  port.listen((frame) => server.receive(frame));
}

/** Serves one instance of a plugin that is open already (S4, S5). */
export function serveToStranger(
  plugin: Plugin,
  send: Port["send"],
  calls: Realm["calls"],
  stranger: Stranger,
): Serving {
  const open = (): Promise<Plugin> => Promise.reject(new Defect("a package that is open already"));
  const server = new Server({ send, listen: () => {} }, { open, calls }, stranger);
  server.adopt(plugin);
  return { receive: (frame) => server.receive(frame), close: () => server.close() };
}

const UNLIMITED = { nodes: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

class Server {
  readonly #port: Port;
  readonly #realm: Realm;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #notes: Notes;
  readonly #questions: Questions;
  readonly #calls = new Open();
  readonly #stranger: Stranger | null;
  /** S4: the handles that the caller was given and has not given back. */
  readonly #given = new GivenHandles();
  /** S5: the functions that came with the call whose arguments are being read. */
  #lent: number[] = [];
  #closed = false;
  #exports: readonly Target[] = [];
  #isExported: (type: Parameters<HandleMap["take"]>[1]) => boolean = () => false;
  #plugin: Plugin | undefined;
  #instance: Instance | undefined;
  #starting: Promise<null> | undefined;
  #id = 0;
  #now = 0;

  constructor(port: Port, realm: Realm, stranger: Stranger | null) {
    this.#port = port;
    this.#realm = realm;
    this.#stranger = stranger;
    const handles: HandleMap = {
      give: (value, type) => this.#numberOf(value, type),
      take: (number, type) => this.#handleOf(number, type),
    };
    this.#writer = new Writer(handles);
    this.#reader = new Reader(handles, new LiftBudget(...(stranger === null ? [UNLIMITED] : [])));
    const send = (frame: Uint8Array<ArrayBuffer>): void => this.#send(frame);
    this.#notes = new Notes(this.#writer, send);
    const isClosed = (): boolean => this.#closed;
    this.#questions = new Questions({ writer: this.#writer, notes: this.#notes, send, isClosed });
  }

  receive(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#stranger === null) return this.#handle(frame);
    if (this.#closed) return;
    try {
      this.#handle(frame);
    } catch (thrown) {
      this.#closed = true;
      if (thrown instanceof Broken) this.#stranger.broke(thrown);
      else if (thrown instanceof Fault) this.#stranger.broke(new Broken(thrown.message));
      else throw thrown;
    }
  }

  adopt(plugin: Plugin): void {
    this.#plugin = plugin;
    const { world } = plugin;
    const exported = exportedResources(world);
    this.#isExported = (type) => exported.has(type.resource);
    this.#exports = [...functionsOf(world.exports)].map(([key, fn]) => {
      return { key, ...argumentsCodec(fn), result: codecOrNothing(fn.result) };
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#questions.close();
    await this.#starting?.catch(() => {});
    await this.#instance?.[Symbol.asyncDispose]();
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.#closed) this.#port.send(frame);
  }

  #handle(frame: Uint8Array<ArrayBuffer>): void {
    const reader = this.#reader;
    reader.open(frame);
    const kind = reader.u8();
    const number = reader.u32();
    switch (kind) {
      case frames.OPEN:
        if (this.#stranger !== null) throw this.#mistake("opens what is open");
        return this.#answerLater(frames.OPEN, number, this.#open(frame.subarray(5)));
      case frames.START:
        return this.#answerLater(frames.START, number, this.#begin());
      case frames.CALL:
        return this.#call(number, frame.length);
      case frames.DROP:
        return this.#drop(number, reader.whole());
      case frames.SAVE:
        reader.close();
        return this.#save(number);
      case frames.ANSWER:
        return this.#answered(number);
      case frames.CREDIT:
        return this.#notes.granted(number);
      case frames.GIVE_UP:
        reader.close();
        return this.#calls.giveUp(number); // S6; it may have ended meanwhile
      default:
        throw this.#mistake(`a frame of kind ${kind}`);
    }
  }

  /** What no honest caller does: ours is a defect. */
  #mistake(what: string): Error {
    return this.#stranger === null ? new Defect(what) : new Broken(what);
  }

  async #open(bytes: Uint8Array): Promise<null> {
    this.adopt(await this.#realm.open(filesOf(unpackParcel(bytes))));
    return null;
  }

  #begin(): Promise<null> {
    const reader = this.#reader;
    const plugin = this.#plugin;
    if (plugin === undefined || this.#starting !== undefined) throw this.#mistake("a start that cannot be (S1)");
    const { id, now, seed, limits = {}, given, state } = readStart(reader);
    if (state !== null && this.#stranger !== null) throw this.#mistake("a state of what has none"); // S4
    this.#id = id;
    this.#now = now;
    this.#calls.add(0, 0);
    this.#starting = this.#start(plugin, {
      ...this.#options(withWasiPowers(plugin.world, plugin.manifest.wants), seed, given),
      limits,
      ...(state === null ? {} : { state }),
    });
    return this.#starting;
  }

  async #start(plugin: Plugin, options: InstanceOptions): Promise<null> {
    try {
      this.#instance = await plugin.instantiate(options);
    } finally {
      this.#calls.delete(0);
    }
    return null;
  }

  #options(world: World, seed: Uint8Array, given: ReadonlySet<string>): InstanceOptions {
    return {
      id: this.#id,
      imports: askedImports(world, given, {
        ask: (body, read) => this.#ask(frames.IMPORT, () => body(this.#writer), read),
        release: (value) => this.#notes.release(numberOf(value)),
      }),
      seed,
      now: () => this.#now,
      log: (line) => this.#notes.log(line),
      progress: (done, total, text) => this.#notes.progress(done, total, text),
      sleep: async (milliseconds) => {
        await this.#ask(
          frames.SLEEP,
          () => this.#writer.f64(milliseconds),
          () => null,
        );
      },
    };
  }

  #ask(kind: number, body: () => void, read: Question["read"], call: number = this.#currentCall()): Promise<Value> {
    return this.#questions.ask(kind, call, body, read);
  }

  /** The call that is going on. Where the platform has lost it, any: the caller only needs one that is. */
  #currentCall(): number {
    const current = this.#realm.calls.current();
    if (current !== undefined && this.#calls.has(current)) return current;
    return this.#calls.first;
  }

  #answered(number: number): void {
    const reader = this.#reader;
    const question = this.#questions.at(number);
    if (question === undefined) throw this.#mistake(`an answer to question ${number}`);
    this.#now = reader.f64();
    this.#questions.answered(number, question, reader);
  }

  #call(number: number, bytes: number): void {
    const reader = this.#reader;
    const target = this.#exports[reader.u32()];
    const instance = this.#instance;
    if (target === undefined || instance === undefined) throw this.#mistake("a call to nothing");
    this.#now = reader.f64();
    this.#calls.add(number, bytes, this.#stranger !== null);
    this.#lent = [];
    try {
      const args = target.read(reader);
      const effect = readEffect(reader);
      reader.close();
      this.#calls.lend(number, this.#lent);
      const signal = instance.abortable === true ? this.#calls.signal(number) : undefined;
      this.#run(frames.CALL, number, target.result.write, () => instance.call(target.key, args, signal, effect));
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      this.#failed(frames.CALL, number, thrown); // more than may be lifted
    }
  }

  #drop(number: number, handle: number): void {
    if (this.#stranger !== null) this.#given.drop(handle);
    this.#calls.add(number, 0, this.#stranger !== null);
    const drop = (): Value | Promise<Value> => {
      const done = this.#instance?.drop(handle);
      return done instanceof Promise ? done.then(() => null) : null;
    };
    this.#run(frames.DROP, number, () => {}, drop);
  }

  #save(number: number): void {
    this.#calls.add(number, 0, this.#stranger !== null);
    this.#run(frames.SAVE, number, writeState, () => this.#instance?.save?.() ?? null);
  }

  #run(kind: number, number: number, write: Target["result"]["write"], work: () => Value | Promise<Value>): void {
    try {
      const answer = this.#realm.calls.run(number, work);
      if (!(answer instanceof Promise)) return this.#succeeded(kind, number, write, answer);
      answer.then(
        (value) => this.#succeeded(kind, number, write, value),
        (thrown: unknown) => this.#failed(kind, number, thrown),
      );
    } catch (thrown) {
      this.#failed(kind, number, thrown);
    }
  }

  /** What the plugin answers may be too large for a frame, or what cannot leave. */
  #succeeded(kind: number, number: number, write: Target["result"]["write"], value: Value): void {
    if (this.#closed) return;
    try {
      this.#over(number);
      const writer = this.#writer.start(kind, number);
      writer.u8(this.#instance?.alive === true ? 1 : 0);
      writer.u8(frames.OK);
      write(writer, value);
      this.#send(bounded(writer.finish()));
    } catch (thrown) {
      this.#failed(kind, number, thrown);
    }
  }

  /** S5 */
  #over(number: number): void {
    const lent = this.#calls.delete(number);
    if (this.#stranger !== null) for (const callback of lent) this.#notes.release(callback);
    this.#notes.flush();
  }

  #failed(kind: number, number: number, thrown: unknown): void {
    this.#over(number);
    const writer = this.#writer.start(kind, number);
    writer.u8(this.#instance?.alive === true ? 1 : 0);
    const failure = this.#questions.failedWith(thrown);
    if (failure === undefined) {
      writer.u8(frames.FAILED);
      writeFault(writer, thrown, "plugin-trapped");
    } else {
      writer.u8(frames.IMPORT_FAILED);
      writer.u32(failure);
    }
    this.#send(writer.finish());
  }

  #answerLater(kind: number, number: number, work: Promise<null>): void {
    work.then(
      () => this.#succeeded(kind, number, () => {}, null),
      (thrown: unknown) => this.#failed(kind, number, thrown),
    );
  }

  #handleOf(number: number, type: HandleType): Value {
    if (this.#isExported(type)) {
      if (this.#stranger !== null) this.#given.use(number, type);
      return new Handle(this.#id, number);
    }
    if (type.resource.name.name !== "callback") return new Handle(frames.FOREIGN, number);
    this.#lent.push(number);
    return this.#callbackOf(number);
  }

  #callbackOf(number: number): Callback {
    const lent = this.#lent;
    const call = (args: readonly Uint8Array[], during?: number): Promise<Value> => {
      const body = (): void => {
        this.#writer.f64(number);
        CALLBACK_ARGUMENTS.write(this.#writer, args);
      };
      return this.#ask(frames.CALLBACK, body, CALLBACK_ANSWER.read, during);
    };
    return new RemoteCallback(number, async (args) => {
      if (this.#stranger === null) return (await call(args)) as Uint8Array;
      const during = this.#calls.lentTo(lent);
      if (during === undefined) throw moved(); // S5
      return (await call(args, during)) as Uint8Array;
    });
  }

  #numberOf(value: Value, type: HandleType): number {
    const number = numberOf(value);
    if (this.#stranger !== null && this.#isExported(type)) this.#given.add(number);
    return number;
  }
}
