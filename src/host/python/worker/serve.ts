/**
 * Serves the frames of one Python instance: calls into `sennit_calls`, imports and sleeps out of it.
 */
import { SeededBytes } from "../../seeded.ts";
import {
  ANSWER,
  BIND,
  CALL,
  FAILURE,
  HEADER,
  IMPORT,
  LOG,
  RELEASE,
  RESULT,
  SLEEP,
  frame,
  readFrame,
  writeHeader,
} from "./frame.ts";

/** The module `sennit_calls` as JavaScript sees it. */
export interface Guest {
  readonly dispatch: Callable;
  readonly accept: Callable;
  readonly dispatch_waiting: Callable;
  readonly take: Callable;
  readonly reserve: Callable;
  readonly release_export: Callable;
  readonly bind: Callable;
  readonly connect: Callable;
}
interface Callable {
  (...args: unknown[]): unknown;
  callPromising(...args: unknown[]): Promise<unknown>;
}
interface HeldBuffer {
  getBuffer(type: "u8"): { readonly data: Uint8Array; release(): void };
  destroy(): void;
}

export interface Surroundings {
  readonly port: { on(event: "message", receive: (message: unknown) => void): unknown };
  readonly send: (message: ArrayBuffer) => void;
  readonly fatal: (error: unknown) => void;
  readonly clock: { now: number; seed: SeededBytes; sleep: (milliseconds: number, then: () => void) => void };
  readonly waits: boolean;
  /** The linear memory, asked anew each time because it moves when it grows. */
  readonly heap: () => Uint8Array;
}

/** Starts serving; gives the function that takes what Python prints. */
export function serve(around: Surroundings, guest: Guest): (stream: number, line: string) => void {
  const { send, clock, heap } = around;
  const { dispatch, accept, dispatch_waiting: dispatchWaiting, take, reserve } = guest;
  const waiting = new Map<number, (body: Uint8Array) => void>();
  const encoder = new TextEncoder();
  let size = 0;
  let address = 0;
  let lastImport = 0;

  const locate = (atLeast: number): void => {
    const proxy = reserve(atLeast) as HeldBuffer;
    const buffer = proxy.getBuffer("u8");
    address = buffer.data.byteOffset;
    size = buffer.data.length;
    buffer.release();
    proxy.destroy();
  };
  const give = (body: Uint8Array): void => {
    if (body.length > size) locate(body.length);
    heap().set(body, address);
  };
  const copyOut = (kind: number, a: number, b: number, length: number): void => {
    if (length > size) locate(length); // Python has grown the buffer to put a longer value there
    const message = new ArrayBuffer(HEADER + length);
    new Uint8Array(message, HEADER).set(heap().subarray(address, address + length));
    writeHeader(message, kind, a, b, 0);
    send(message);
  };
  const answer = (call: number, length: number): void => {
    if (length >= 0) copyOut(RESULT, call, 0, length);
    else copyOut(FAILURE, call, 0, -1 - length);
  };
  const ask = (kind: number, a: number, c: number): Promise<Uint8Array> =>
    new Promise((resolve) => {
      lastImport += 1;
      waiting.set(lastImport, resolve);
      if (kind === SLEEP) send(frame(SLEEP, lastImport, 0, c));
      else copyOut(IMPORT, lastImport, a, c);
    });

  const wait = async (call: number, number: number, length: number): Promise<void> => {
    accept(call, length); // now, for `callPromising` begins later
    await dispatchWaiting.callPromising(call, number);
    answer(call, take(call) as number);
  };
  const call = (id: number, number: number, body: Uint8Array): void => {
    if (number === BIND) clock.seed = new SeededBytes(body.slice(-32));
    give(body);
    if (around.waits || number === BIND) wait(id, number === BIND ? 0 : number, body.length).catch(around.fatal);
    else answer(id, dispatch(number, body.length) as number);
  };

  clock.sleep = (milliseconds, then) => void ask(SLEEP, 0, milliseconds).then(() => then());
  guest.connect(
    (number: number, length: number) => ask(IMPORT, number, length),
    (milliseconds: number) => ask(SLEEP, 0, milliseconds),
    (handle: number) => send(frame(RELEASE, handle, 0, 0)),
  );
  locate(0);
  around.port.on("message", (message) => {
    const received = readFrame(message);
    if (received === null) return;
    try {
      if (received.kind === RELEASE) return void guest.release_export(received.a);
      clock.now = received.c;
      if (received.kind === CALL) return call(received.a, received.b, received.body);
      const resolve = waiting.get(received.a);
      if (received.kind !== ANSWER || resolve === undefined) return;
      waiting.delete(received.a);
      resolve(received.body);
    } catch (error) {
      around.fatal(error);
    }
  });
  return (stream, line) => send(frame(LOG, stream, 0, 0, encoder.encode(line.slice(0, 1 << 16))));
}
