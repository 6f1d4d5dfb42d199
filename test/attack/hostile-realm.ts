/**
 * A thread or a process that was taken over: instead of serving its package it does what its source says, at the moment
 * that the source says. `<moment> <act>`, where the moment is `open`, `start` or `call`.
 */
import { Socket } from "node:net";
import { MessageChannel, parentPort, workerData } from "node:worker_threads";

import { FLIGHT } from "../../src/host/keeper/flight.ts";
import * as frames from "../../src/host/remote/frames/kinds.ts";
import { PIPE, pipePort, threadPort } from "../../src/host/remote/ways/ports.node.ts";

interface Raw {
  readonly postMessage: (message: unknown, transfer?: readonly object[]) => void;
  readonly close: () => void;
}

/** What the thread's frames go through, for what is no frame. */
const raw: Raw | null = ((workerData as { keeper?: { port: Raw } } | null)?.keeper?.port ?? parentPort) as Raw | null;
const flight = (workerData as { keeper?: { flight: Int32Array } } | null)?.keeper?.flight ?? new Int32Array(8);
const isThread = parentPort !== null;
const port = isThread ? threadPort() : pipePort();
let plan: readonly [moment: string, act: string] = ["", ""];

port.listen((frame) => {
  const kind = frame[0] ?? 0;
  const number = new DataView(frame.buffer, frame.byteOffset).getUint32(1, true);
  if (kind === frames.OPEN) plan = planIn(Buffer.from(frame).toString("latin1"));
  const moment = { [frames.OPEN]: "open", [frames.START]: "start", [frames.CALL]: "call" }[kind];
  if (moment === plan[0]) act(plan[1], kind, number);
  else if (moment !== undefined) answer(kind, number);
});

function planIn(parcel: string): readonly [string, string] {
  const [, moment = "", act = ""] = /-- PLAN (\w+) ([\w-]+)/.exec(parcel) ?? [];
  return [moment, act];
}

function message(kind: number, number: number, ...rest: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(5 + rest.length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, number, true);
  bytes.set(rest, 5);
  return bytes;
}

/** It lives, and all went well. A call's answer is the number 42. */
function answer(kind: number, number: number): void {
  port.send(message(kind, number, 1, frames.OK, ...(kind === frames.CALL ? [42, 0, 0, 0] : [])));
}

const line = (): Uint8Array<ArrayBuffer> => message(frames.LOG, 0, 1, 0, 0, 0, 2, 1, 0, 0, 0, 0x78);

/** The function never ends, but the thread looks busy or idle. */
function act(what: string, kind: number, number: number): void {
  switch (what) {
    case "silent":
      return;
    case "twice":
      answer(kind, number);
      return answer(kind, number);
    case "exit":
      return process.exit(0);
    case "exit-failed":
      return process.exit(134);
    case "throw":
      throw new Error("thrown\u001b[2J\nerror: the disk is full");
    case "spin":
      for (;;);
    case "spin-alive":
      for (;;) for (const word of [FLIGHT.calls, FLIGHT.beat]) Atomics.add(flight, word, 1);
    case "scribble":
      for (;;) for (let word = 0; word < flight.length; word++) Atomics.store(flight, word, Math.random() * 2 ** 32);
    case "database":
      return process.getBuiltinModule("node:sqlite") === undefined ? process.exit(0) : answer(kind, number);
    case "heap": {
      const kept: unknown[] = [];
      for (;;) kept.push(Array.from({ length: 10_000 }, () => ({})));
    }
    case "flood":
      for (let at = 0; at < 50_000; at++) port.send(line());
      return;
    case "flood-for-ever":
      for (;;) port.send(line());
    case "flood-after":
      answer(kind, number);
      for (let at = 0; at < 50_000; at++) port.send(line());
      return;
    case "sleep-for-ever":
      return asking(number);
    case "huge":
      return isThread ? port.send(new Uint8Array(frames.MOST_BYTES + 1)) : writeRaw(Buffer.alloc(4, 0xff));
    case "half":
      return isThread ? port.send(new Uint8Array(3)) : writeRaw(Buffer.of(0, 0, 1, 0, 1, 2));
    case "drip":
      return void setInterval(() => (isThread ? undefined : writeRaw(Buffer.of(1))), 20);
    case "close":
      raw?.close();
      return void setInterval(() => {}, 1000);
    case "print":
      for (let at = 0; at < 20_000; at++) process.stdout.write("spam\n".repeat(20));
      return;
    default:
      return post(what);
  }
}

/** A question, and another one whenever it was answered: it looks as if the guest were at work. */
function asking(call: number): void {
  const sleep = (at: number): void => {
    const bytes = message(frames.SLEEP, at, ...Array.from({ length: 12 }, () => 0));
    new DataView(bytes.buffer).setUint32(5, call, true);
    port.send(bytes);
  };
  sleep(1);
  port.listen((frame) => sleep(new DataView(frame.buffer, frame.byteOffset).getUint32(1, true) + 1));
}

let pipe: Socket | undefined;

function writeRaw(bytes: Uint8Array): void {
  pipe ??= new Socket({ fd: PIPE, writable: true });
  pipe.write(bytes);
}

/** What is no buffer of bytes. */
function post(what: string): void {
  const { port1, port2 } = new MessageChannel();
  const deep = JSON.parse(`${"[".repeat(10_000)}${"]".repeat(10_000)}`) as unknown;
  switch (what) {
    case "object":
      return raw?.postMessage({ kind: "answer", value: 42, byteLength: 5 });
    case "text":
      return raw?.postMessage("x".repeat(2 ** 20));
    case "view":
      return raw?.postMessage(message(frames.CALL, 2, 1, 0));
    case "shared":
      return raw?.postMessage(new SharedArrayBuffer(16));
    case "port":
      return raw?.postMessage(port2, [port2]);
    case "error":
      return raw?.postMessage(new Error("x", { cause: port1.constructor.name }));
    case "map":
      return raw?.postMessage(new Map([["__proto__", 1]]));
    case "deep":
      return raw?.postMessage(deep);
    case "undefined":
      return raw?.postMessage(undefined);
    default:
      throw new Error(`there is no ${what}`);
  }
}
