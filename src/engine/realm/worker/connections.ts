/** The worker's ends of its connections: each is a channel to one instance outside, for `RemoteInstance`. */
import type { MessagePort } from "node:worker_threads";
import type { Fault } from "../../../fault.ts";
import type { CallLimits } from "../../../host/meter/meter.ts";
import type { PythonConnection } from "../../../host/python/connection.node.ts";
import type { Channel, Ended } from "../../../host/remote/ways/channel.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import type { Own } from "../again/own.ts";
import type { Death } from "../said/messages.ts";
import { CLOSE, CONNECT, FRAME } from "../said/frames.ts";

interface AskedPython {
  readonly own: Own;
  /** Where its messages come from, and what is said of it. */
  readonly source: number;
  readonly ready: (connection: PythonConnection) => void;
  readonly refuse: (fault: Fault) => void;
  readonly close: () => void;
  readonly gone: PromiseWithResolvers<Error | null>;
}

export class Connections {
  readonly #writer: Writer;
  /** Those that were closed, too, until their run is over: what still comes is an event. */
  readonly #open = new Map<number, Connection>();
  readonly #python = new Map<number, AskedPython>();
  #last = 0;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** A connection of a run to a fresh instance of a package. */
  connect(own: Own, pack: number): Channel {
    const number = this.#ask(own, pack, {});
    const connection = new Connection(
      own,
      (frame) => own.send(this.#framed(number, frame)),
      () => own.send(this.#writer.start(CLOSE, number).finish()),
    );
    this.#open.set(number, connection);
    return connection;
  }

  /** A Python worker that has served nobody. @throws {Fault} why there is none */
  connectPython(own: Own, pack: number, limits: CallLimits): Promise<PythonConnection> {
    const number = this.#ask(own, pack, limits);
    const source = own.gate.source();
    const close = (): void => {
      if (this.#python.delete(number)) own.send(this.#writer.start(CLOSE, number).finish());
    };
    return new Promise((ready, refuse) => {
      this.#python.set(number, { own, source, ready, refuse, close, gone: Promise.withResolvers() });
    });
  }

  /** The run is over. */
  forget(own: Own): void {
    for (const [number, connection] of this.#open) if (connection.own === own) this.#open.delete(number);
  }

  python(number: number, port: MessagePort, stops: Int32Array): void {
    const asked = this.#python.get(number);
    if (asked === undefined) return port.close(); // its run gave it up
    const terminate = (): Promise<void> => {
      asked.close();
      asked.gone.resolve(null);
      return Promise.resolve();
    };
    const { gate } = asked.own;
    const inTurn = (work: () => void): void => gate.event(asked.source, work);
    inTurn(() => asked.ready({ port, stops, gone: asked.gone.promise, terminate, inTurn }));
  }

  noPython(number: number, fault: Fault): void {
    const asked = this.#python.get(number);
    this.#python.delete(number);
    asked?.own.gate.event(asked.source, () => asked.refuse(fault));
  }

  pythonGone(number: number, death: Death | null): void {
    const error = death === null ? null : Object.assign(new Error(death.message), death);
    const asked = this.#python.get(number);
    this.#python.delete(number);
    asked?.own.gate.event(asked.source, () => asked.gone.resolve(error));
  }

  #ask({ run, send }: Own, pack: number, { fuel, deadline }: CallLimits): number {
    this.#last = (this.#last + 1) >>> 0;
    const writer = this.#writer.start(CONNECT, this.#last);
    writer.u32(run);
    writer.u32(pack);
    writer.f64(fuel ?? Number.NaN);
    writer.f64(deadline ?? Number.NaN);
    send(writer.finish());
    return this.#last;
  }

  received(number: number, bytes: ArrayBuffer): void {
    this.#open.get(number)?.receive(new Uint8Array(bytes));
  }

  /** The engine ended it. */
  gone(number: number, ended: Ended): void {
    this.#open.get(number)?.goes(ended);
  }

  #framed(number: number, frame: Uint8Array): Uint8Array<ArrayBuffer> {
    const writer = this.#writer.start(FRAME, number);
    writer.raw(frame);
    return writer.finish();
  }
}

class Connection implements Channel {
  readonly gone: Promise<Ended>;
  readonly own: Own;
  readonly #source: number;
  readonly #frame: (frame: Uint8Array) => void;
  readonly #close: () => void;
  #receive: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  #ended: (ended: Ended) => void = () => {};
  #isOpen = true;

  constructor(own: Own, frame: (frame: Uint8Array) => void, close: () => void) {
    this.own = own;
    this.#source = own.gate.source();
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
    this.own.gate.event(this.#source, () => {
      if (this.#isOpen) this.#receive(frame);
    });
  }

  /** What is behind it is gone. */
  goes(ended: Ended): void {
    this.own.gate.event(this.#source, () => this.end(ended));
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
