/**
 * The realm's side: opens one package with the hosts of its language, starts one instance of it, and answers calls.
 *
 *   S1  One package and one instance, then the realm's life is over: it never serves another (D6).
 *   S2  Everything the instance asks of the outside is a question to the caller; here is nothing that could grant it.
 *   S3  What the guest says (log, progress, dropped handles) leaves in the order it was said, before the answer of the
 *       call it was said in; beyond the credit for it, lines are dropped and counted.
 */
import { LiftBudget } from "../../wit/budget.ts";
import { type FunctionKey, functionsOf, type WitFunction, type World } from "../../wit/types.ts";
import { Callback, Handle, Opaque, type Value } from "../../wit/value.ts";
import { Defect, Fault } from "../../fault.ts";
import type { PackageFiles } from "../manifest.ts";
import type { CallLimits } from "../meter/meter.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../plugin.ts";
import { exportedResources, resourcesOf } from "../world.ts";
import type { Port } from "./channel.ts";
import { argumentsCodec, codecOf, codecOrNothing } from "./codec.ts";
import { readFault, writeFault } from "./fault-data.ts";
import * as frames from "./frames.ts";
import { Notes } from "./notes.ts";
import { filesOf, unpackParcel } from "./parcel.ts";
import { Reader } from "./reader.ts";
import { type HandleMap, Writer } from "./writer.ts";

export interface Realm {
  readonly open: (files: PackageFiles) => Promise<Plugin>;
  /** Remembers which call its work belongs to, also across waiting, as well as the platform can. */
  readonly calls: { readonly run: <T>(call: number, work: () => T) => T; readonly current: () => number | undefined };
}

/** Serves until the realm is killed. */
export function serve(port: Port, realm: Realm): void {
  const server = new Server(port, realm);
  port.listen((frame) => server.receive(frame));
}

const UNLIMITED = { nodes: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
const CALLBACK_ARGUMENTS = codecOf({ kind: "list", element: { kind: "list", element: { kind: "u8" } } });
const BYTES = codecOf({ kind: "list", element: { kind: "u8" } });

interface Question {
  readonly read: (from: Reader) => Value;
  readonly resolve: (value: Value) => void;
  readonly reject: (thrown: unknown) => void;
}

type Target = { readonly key: FunctionKey } & ReturnType<typeof argumentsCodec> & {
    readonly result: ReturnType<typeof codecOrNothing>;
  };

class RemoteCallback extends Callback {
  readonly number: number;
  constructor(number: number, call: Callback["call"]) {
    super(call);
    this.number = number;
  }
}

class Server {
  readonly #port: Port;
  readonly #realm: Realm;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #notes: Notes;
  readonly #questions = new Map<number, Question>();
  /** Those that are asked when others have been answered. */
  readonly #later: (() => void)[] = [];
  /** Which failure of an import an error is. */
  readonly #failures = new WeakMap<object, number>();
  readonly #calls = new Set<number>();
  #exports: readonly Target[] = [];
  #isExported: (type: Parameters<HandleMap["take"]>[1]) => boolean = () => false;
  #plugin: Plugin | undefined;
  #instance: Instance | undefined;
  #id = 0;
  #now = 0;
  #asked = 0;

  constructor(port: Port, realm: Realm) {
    this.#port = port;
    this.#realm = realm;
    const handles: HandleMap = { give: numberOf, take: (number, type) => this.#handleOf(number, type) };
    this.#writer = new Writer(handles);
    this.#reader = new Reader(handles, new LiftBudget(UNLIMITED));
    this.#notes = new Notes(this.#writer, (frame) => port.send(frame));
  }

  receive(frame: Uint8Array<ArrayBuffer>): void {
    const reader = this.#reader;
    reader.open(frame);
    const kind = reader.u8();
    const number = reader.u32();
    switch (kind) {
      case frames.OPEN:
        return this.#answerLater(frames.OPEN, number, this.#open(frame.subarray(5)));
      case frames.START:
        return this.#answerLater(frames.START, number, this.#start());
      case frames.CALL:
        return this.#call(number);
      case frames.DROP:
        return this.#drop(number, reader.whole());
      case frames.ANSWER:
        return this.#answered(number);
      case frames.CREDIT:
        return this.#notes.granted(number);
      default:
        throw new Defect(`a frame of kind ${kind}`);
    }
  }

  async #open(bytes: Uint8Array): Promise<null> {
    this.#plugin = await this.#realm.open(filesOf(unpackParcel(bytes)));
    const { world } = this.#plugin;
    const exported = exportedResources(world);
    this.#isExported = (type) => exported.has(type.resource);
    this.#exports = [...functionsOf(world.exports)].map(([key, fn]) => {
      return { key, ...argumentsCodec(fn), result: codecOrNothing(fn.result) };
    });
    return null;
  }

  async #start(): Promise<null> {
    const reader = this.#reader;
    const plugin = this.#plugin;
    if (plugin === undefined || this.#instance !== undefined) throw new Defect("a start that cannot be (S1)");
    this.#id = reader.f64();
    this.#now = reader.f64();
    const seed = reader.raw(32);
    const limits = limitsOf(reader.f64(), reader.f64());
    const given = new Set(Array.from({ length: reader.u32() }, () => reader.text()));
    this.#calls.add(0);
    try {
      this.#instance = await plugin.instantiate({ ...this.#options(plugin.world, seed, given), limits });
    } finally {
      this.#calls.delete(0);
    }
    return null;
  }

  #options(world: World, seed: Uint8Array, given: ReadonlySet<string>): InstanceOptions {
    const imports = new Map<FunctionKey, ImportedFunction>();
    for (const key of given) imports.set(key, { colour: "async", call: () => null }); // for the words of `link-failed`
    [...functionsOf(world.imports)].forEach(([key, fn], number) => {
      if (given.has(key)) imports.set(key, { colour: "async", call: this.#importer(number, fn) });
    });
    for (const { name } of resourcesOf(world.imports)) {
      const drop: ImportedFunction = { colour: "sync", call: ([value]) => this.#release(value as Value) };
      imports.set(`${name.interface ?? ""}#[resource-drop]${name.name}`, drop);
    }
    return {
      id: this.#id,
      imports,
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

  #importer(number: number, fn: WitFunction): ImportedFunction["call"] {
    const { write } = argumentsCodec(fn);
    const { read } = codecOrNothing(fn.result);
    return (args) =>
      this.#ask(
        frames.IMPORT,
        () => {
          this.#writer.u32(number);
          write(this.#writer, args);
        },
        read,
      );
  }

  #release(value: Value): Value {
    this.#notes.release(numberOf(value));
    return null;
  }

  /** A question to the caller. It waits while too many others do. */
  #ask(kind: number, body: () => void, read: Question["read"]): Promise<Value> {
    const { promise, resolve, reject } = Promise.withResolvers<Value>();
    const call = this.#currentCall();
    const send = (): void => {
      try {
        this.#notes.flush();
        this.#asked = (this.#asked + 1) >>> 0;
        this.#writer.start(kind, this.#asked);
        this.#writer.u32(call);
        body();
        this.#port.send(this.#writer.finish());
        this.#questions.set(this.#asked, { read, resolve, reject });
      } catch (thrown) {
        reject(thrown);
      }
    };
    if (this.#questions.size < frames.MOST_QUESTIONS) send();
    else this.#later.push(send);
    return promise;
  }

  /** The call that is going on. Where the platform has lost it, any: the caller only needs one that is. */
  #currentCall(): number {
    const current = this.#realm.calls.current();
    if (current !== undefined && this.#calls.has(current)) return current;
    const [first = 0] = this.#calls;
    return first;
  }

  #answered(number: number): void {
    const reader = this.#reader;
    const question = this.#questions.get(number);
    if (question === undefined) throw new Defect(`an answer to question ${number}`);
    this.#questions.delete(number);
    this.#now = reader.f64();
    if (reader.u8() === frames.OK) question.resolve(question.read(reader));
    else question.reject(this.#importFailure(number));
    if (this.#questions.size < frames.MOST_QUESTIONS) this.#later.shift()?.();
  }

  #importFailure(number: number): Fault {
    const fault = readFault(this.#reader, null);
    this.#failures.set(fault, number);
    return fault;
  }

  #call(number: number): void {
    const reader = this.#reader;
    const target = this.#exports[reader.u32()];
    const instance = this.#instance;
    if (target === undefined || instance === undefined) throw new Defect("a call to nothing");
    this.#now = reader.f64();
    const args = target.read(reader);
    this.#run(frames.CALL, number, target.result.write, () => instance.call(target.key, args));
  }

  #drop(number: number, handle: number): void {
    const drop = (): Value | Promise<Value> => {
      const done = this.#instance?.drop(handle);
      return done instanceof Promise ? done.then(() => null) : null;
    };
    this.#run(frames.DROP, number, () => {}, drop);
  }

  #run(kind: number, number: number, write: Target["result"]["write"], work: () => Value | Promise<Value>): void {
    this.#calls.add(number);
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

  #succeeded(kind: number, number: number, write: Target["result"]["write"], value: Value): void {
    this.#calls.delete(number);
    this.#notes.flush();
    const writer = this.#writer.start(kind, number);
    writer.u8(this.#instance?.alive === true ? 1 : 0);
    writer.u8(frames.OK);
    write(writer, value);
    this.#port.send(writer.finish());
  }

  #failed(kind: number, number: number, thrown: unknown): void {
    this.#calls.delete(number);
    this.#notes.flush();
    const writer = this.#writer.start(kind, number);
    writer.u8(this.#instance?.alive === true ? 1 : 0);
    const failure = typeof thrown === "object" && thrown !== null ? this.#failures.get(thrown) : undefined;
    if (failure === undefined) {
      writer.u8(frames.FAILED);
      writeFault(writer, thrown, "plugin-trapped");
    } else {
      writer.u8(frames.IMPORT_FAILED);
      writer.u32(failure);
    }
    this.#port.send(writer.finish());
  }

  #answerLater(kind: number, number: number, work: Promise<null>): void {
    work.then(
      () => this.#succeeded(kind, number, () => {}, null),
      (thrown: unknown) => this.#failed(kind, number, thrown),
    );
  }

  #handleOf(number: number, type: Parameters<HandleMap["take"]>[1]): Value {
    if (this.#isExported(type)) return new Handle(this.#id, number);
    if (type.resource.name.name !== "callback") return new Handle(frames.FOREIGN, number);
    return new RemoteCallback(number, async (args) => {
      const body = (): void => {
        this.#writer.f64(number);
        CALLBACK_ARGUMENTS.write(this.#writer, args);
      };
      return (await this.#ask(frames.CALLBACK, body, BYTES.read)) as Uint8Array;
    });
  }
}

/** NaN stands for a limit that was not given. */
function limitsOf(fuel: number, deadline: number): CallLimits {
  return { ...(Number.isNaN(fuel) ? {} : { fuel }), ...(Number.isNaN(deadline) ? {} : { deadline }) };
}

function numberOf(value: Value): number {
  if (value instanceof RemoteCallback) return value.number;
  if (value instanceof Handle) return value.id;
  const what = value instanceof Opaque ? `a ${value.opaque}` : "this";
  throw new Fault("type-mismatch", `${what} is no resource that can leave`);
}
