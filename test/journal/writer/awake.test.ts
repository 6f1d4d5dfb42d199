import { MessageChannel, Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";

import { Answering, Asking, newCounts } from "../../../src/journal/writer/awake.node.ts";

const open: Disposable[] = [];
afterEach(() => open.splice(0).forEach((each) => each[Symbol.dispose]()));

/** Asks, and gives what is answered; the other side doubles. */
function doubling(there: (setup: { port: MessageChannel["port2"]; counts: Int32Array<SharedArrayBuffer> }) => void): {
  readonly ask: (number: number) => Promise<number>;
} {
  const { port1, port2 } = new MessageChannel();
  const counts = newCounts();
  there({ port: port2, counts });
  const waiting: ((answer: number) => void)[] = [];
  const asking = new Asking<number, number>(port1, counts, (answer) => waiting.shift()?.(answer));
  open.push({ [Symbol.dispose]: () => port1.close() });
  return { ask: (number) => new Promise((resolve) => (waiting.push(resolve), asking.ask(number, []))) };
}

const there = new URL("awake-thread.ts", import.meta.url);

it("answers each question once and in order, asked one by one, many at once, and after a rest", async () => {
  const { ask } = doubling(({ port, counts }) => {
    const worker = new Worker(there, { workerData: { port, counts }, transferList: [port] });
    open.push({ [Symbol.dispose]: () => void worker.terminate() });
  });
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 200; n++) expect(await ask(n)).toBe(2 * n);
    const many = Array.from({ length: 200 }, (_, n) => n);
    expect(await Promise.all(many.map(ask))).toEqual(many.map((n) => 2 * n));
    await new Promise((resolve) => void setTimeout(resolve, 20)); // both sides have fallen asleep: that is what is tried
  }
});

it("keeps nothing else of the asking thread from its turn", async () => {
  const { ask } = doubling(({ port, counts }) => void new Answering<number, number>(port, counts, (n) => 2 * n));
  let turns = 0;
  const other = setInterval(() => (turns += 1), 1);
  const until = performance.now() + 50;
  while (performance.now() < until) expect(await ask(3)).toBe(6);
  clearInterval(other);
  expect(turns).toBeGreaterThan(5);
});
