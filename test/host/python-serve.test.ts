import { describe, expect, it } from "vitest";
import { type Call, Calls, Results } from "../../src/host/python/worker/calls.ts";
import { CALLS, type Frame, frame, MORE, readFrame, readResults } from "../../src/host/python/worker/frame.ts";
import type { Interpreter } from "../../src/host/python/worker/interpreter.ts";
import { NO_HANDLES } from "../../src/host/python/failure.ts";
import { writeCall } from "../../src/host/python/requests.ts";
import { Writer } from "../../src/host/python/writer.ts";
import type { WitFunction } from "../../src/wit/types.ts";

/** Stands for Python's latest result. */
function result(size: number, failed = false): Interpreter {
  const copy = (to: Uint8Array, at: number): void => void to.fill(7, at, at + size);
  return { size, failed, copy, release: () => undefined } as unknown as Interpreter;
}

/** A worker's time and port. */
class Side {
  now = 0;
  readonly sent: { readonly frame: Frame; readonly sizes: readonly number[] }[] = [];
  readonly elapsed = (): number => this.now;
  readonly send = (message: ArrayBuffer): void => {
    const received = readFrame(message);
    if (received === null) throw new Error("no frame was sent");
    const sizes: number[] = [];
    expect(readResults(received, (_, failed, start, end) => sizes.push(failed ? start - end : end - start))).toBe(true);
    this.sent.push({ frame: received, sizes });
  };
  get sizes(): readonly (readonly number[])[] {
    return this.sent.map((one) => one.sizes);
  }
}

describe("the results of one message", () => {
  it("wait for each other while they come soon, and no longer", () => {
    const side = new Side();
    const results = new Results(10, side, true);
    for (const at of [0, 0.4, 0.9, 1.1, 1.2, 5]) {
      side.now = at;
      results.add(result(3));
      results.flushIfDue();
    }
    results.add(result(4, true));
    results.flush(true);
    expect(side.sizes).toEqual([[3, 3, 3, 3], [3, 3], [-4]]);
    expect(side.sent.map(({ frame: { a, b, d } }) => [a, b, d])).toEqual([
      [10, 4, MORE],
      [14, 2, MORE],
      [16, 1, 0],
    ]);
  });

  it("that nobody reads one by one wait until they are many", () => {
    const side = new Side();
    const results = new Results(1, side, false);
    for (let i = 0; i < 5; i += 1) {
      side.now += 1000;
      results.add(result(300_000));
      results.flushIfDue();
    }
    results.hurry();
    results.flush(true);
    expect(side.sizes).toEqual([[300_000, 300_000, 300_000, 300_000], [300_000]]);
  });

  it("do not wait while a call waits for the host", () => {
    const side = new Side();
    const results = new Results(1, side, true);
    results.hurry();
    results.add(result(1));
    results.hurry();
    results.add(result(2));
    results.flush(true);
    expect(side.sizes).toEqual([[1], [2]]);
  });

  it("go back in the buffer that came, when it has room", () => {
    const side = new Side();
    const buffer = new ArrayBuffer(100);
    const small = new Results(1, side, false);
    small.use(buffer);
    small.add(result(50));
    small.flush(true);
    const large = new Results(2, side, false);
    large.use(buffer);
    large.add(result(500));
    large.flush(true);
    expect(side.sizes).toEqual([[50], [500]]);
    expect(side.sent.map((one) => one.frame.body.buffer === buffer)).toEqual([true, false]);
  });
});

it("the calls of a message are read as they were written, large parameters beside the others", () => {
  const fn: WitFunction = {
    name: "f",
    shape: "function",
    async: false,
    resource: null,
    params: [
      { name: "a", type: { kind: "list", element: { kind: "u8" } } },
      { name: "b", type: { kind: "u32" } },
    ],
    result: null,
  };
  const writer = new Writer(NO_HANDLES, 0);
  const large = new Uint8Array(20_000).fill(9);
  writeCall(writer, { fn, number: 3 }, [Uint8Array.of(1), 2]);
  writeCall(writer, { fn: { ...fn, result: { kind: "list", element: { kind: "f64" } } }, number: 4 }, [large, 5]);
  const message = readFrame(frame({ kind: CALLS, a: 7, b: 2 }, writer.written()));
  if (message === null) throw new Error("no frame");
  const calls = new Calls(message);
  const plain = ({ number, marshal, floats, asides }: Call): unknown => ({
    number,
    marshal: [...marshal],
    floats,
    asides,
  });
  expect([calls.first, calls.count]).toEqual([7, 2]);
  expect(plain(calls.next())).toEqual({
    number: 3,
    marshal: [0x28, 2, 0, 0, 0, 0x73, 1, 0, 0, 0, 1, 0x69, 2, 0, 0, 0],
    floats: false,
    asides: [],
  });
  expect(plain(calls.next())).toEqual({
    number: 4,
    marshal: [0x28, 2, 0, 0, 0, 0x4e, 0x69, 5, 0, 0, 0],
    floats: true,
    asides: [{ param: 0, bytes: large }],
  });
});
