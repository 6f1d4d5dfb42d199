/**
 * What a message to another thread costs on this machine whatever is done with it: the floor of every call into Python.
 * The bytes are copied into a buffer that is handed over, and out of it on the other side; the same buffer comes back.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";

import type { Report } from "./report.ts";

const THREAD = `
  const { parentPort } = require("node:worker_threads");
  const memory = new Uint8Array(new WebAssembly.Memory({ initial: 32 }).buffer);
  parentPort.on("message", (buffer) => {
    memory.set(new Uint8Array(buffer), 65536);
    parentPort.postMessage(buffer, [buffer]);
  });`;

export async function benchThreadAlone(report: Report, bytes: Uint8Array): Promise<void> {
  await benchMessage(report, "a message of 64 bytes", bytes.subarray(0, 64));
  await benchMessage(report, "a message with 1 MB of bytes", bytes);
}

async function benchMessage(report: Report, what: string, bytes: Uint8Array): Promise<void> {
  const worker = new Worker(THREAD, { eval: true });
  try {
    let buffer = new ArrayBuffer(bytes.length);
    const run = async (): Promise<number> => {
      new Uint8Array(buffer).set(bytes);
      worker.postMessage(buffer, [buffer]);
      [buffer] = (await once(worker, "message")) as [ArrayBuffer];
      return buffer.byteLength;
    };
    await report.measure({
      group: "Python",
      what: `a bare thread (engine), ${what}, there and back`,
      excludes: "everything but the two copies and the two messages: no call of Python can cost less on this machine",
      expected: bytes.length,
      contenders: [{ by: "engine", run }],
    });
  } finally {
    await worker.terminate();
  }
}
