/** The worker's ends of its connections: each is a channel to one instance outside, for `RemoteInstance`. */
import type { MessagePort } from "node:worker_threads";
import type { Fault } from "../../fault.ts";
import type { CallLimits } from "../../host/meter/meter.ts";
import type { PythonConnection } from "../../host/python/connection.node.ts";
import type { Channel, Ended } from "../../host/remote/channel.ts";
import type { Writer } from "../../host/remote/writer.ts";
import type { Death } from "./messages.ts";
import { CLOSE, CONNECT, FRAME } from "./frames.ts";

interface AskedPython {
  readonly ready: (connection: PythonConnection) => void;
  readonly refuse: (fault: Fault) => void;
  readonly close: () => void;
  readonly gone: PromiseWithResolvers<Error | null>;
}

export class Connections {
  readonly #writer: Writer;
  readonly #send: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly #open = new Map<number, Connection>();
  readonly #python = new Map<number, AskedPython>();
  #last = 0;

  constructor(writer: Writer, send: (frame: Uint8Array<ArrayBuffer>) => void) {
    this.#writer = writer;
    this.#send = send;
  }

  /** A connection of a run to a fresh instance of a package. */
  connect(run: number, pack: number): Channel {
    const number = this.#ask(run, pack, {});
    const connection = new Connection(
      (frame) => this.#frame(number, frame),
      () => {
        this.#open.delete(number);
        this.#send(this.#writer.start(CLOSE, number).finish());
      },
    );
    this.#open.set(number, connection);
    return connection;
  }

  /** A Python worker that has served nobody. @throws {Fault} why there is none */
  connectPython(run: number, pack: number, limits: CallLimits): Promise<PythonConnection> {
    const number = this.#ask(run, pack, limits);
    const close = (): void => {
      if (this.#python.delete(number)) this.#send(this.#writer.start(CLOSE, number).finish());
    };
    return new Promise((ready, refuse) => {
      this.#python.set(number, { ready, refuse, close, gone: Promise.withResolvers() });
    });
  }

  python(number: number, port: MessagePort, stops: Int32Array): void {
    const asked = this.#python.get(number);
    if (asked === undefined) return port.close(); // its run gave it up
    const terminate = (): Promise<void> => {
      asked.close();
      asked.gone.resolve(null);
      return Promise.resolve();
    };
    asked.ready({ port, stops, gone: asked.gone.promise, terminate });
  }

  noPython(number: number, fault: Fault): void {
    this.#python.get(number)?.refuse(fault);
    this.#python.delete(number);
  }

  pythonGone(number: number, death: Death | null): void {
    const error = death === null ? null : Object.assign(new Error(death.message), death);
    this.#python.get(number)?.gone.resolve(error);
    this.#python.delete(number);
  }

  #ask(run: number, pack: number, { fuel, deadline }: CallLimits): number {
    this.#last = (this.#last + 1) >>> 0;
    const writer = this.#writer.start(CONNECT, this.#last);
    writer.u32(run);
    writer.u32(pack);
    writer.f64(fuel ?? Number.NaN);
    writer.f64(deadline ?? Number.NaN);
    this.#send(writer.finish());
    return this.#last;
  }

  received(number: number, bytes: ArrayBuffer): void {
    this.#open.get(number)?.receive(new Uint8Array(bytes));
  }

  /** The engine ended it. */
  gone(number: number, ended: Ended): void {
    this.#open.get(number)?.end(ended);
    this.#open.delete(number);
  }

  #frame(number: number, frame: Uint8Array): void {
    const writer = this.#writer.start(FRAME, number);
    writer.raw(frame);
    this.#send(writer.finish());
  }
}

class Connection implements Channel {
  readonly gone: Promise<Ended>;
  readonly #frame: (frame: Uint8Array) => void;
  readonly #close: () => void;
  #receive: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  #ended: (ended: Ended) => void = () => {};
  #isOpen = true;

  constructor(frame: (frame: Uint8Array) => void, close: () => void) {
    this.#frame = frame;
    this.#close = close;
    this.gone = new Promise((resolve) => (this.#ended = resolve));
  }

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#isOpen) this.#frame(frame);
  }

  listen(receive: (frame: Uint8Array<ArrayBuffer> | null) => void): void {
    this.#receive = receive;
  }

  receive(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#isOpen) this.#receive(frame);
  }

  end(ended: Ended): void {
    this.#isOpen = false;
    this.#ended(ended);
  }

  kill(): Promise<void> {
    if (this.#isOpen) this.#close();
    this.end({ code: "plugin-trapped", why: "its connection was closed" });
    return Promise.resolve();
  }
}
