/** A kept thread that does what it is told: a guest without walls. */
import { readFileSync } from "node:fs";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { FLIGHT } from "../../../src/host/keeper/flight.ts";
import { kept } from "../../../src/host/keeper/kept.node.ts";

const { port, flight, run } = kept();

/** A word that no module of ours uses: it grows while the thread spins. */
export const TURNS = 7;

const deeds: Readonly<Record<string, (milliseconds: number) => unknown>> = {
  look: () => ({
    env: Object.keys(process.env),
    argv: process.argv.slice(2),
    main: isMainThread,
    read: outcome(() => readFileSync("/etc/hostname")),
    here: outcome(() => readFileSync("package.json")),
    thread: outcome(() => new Worker("", { eval: true })),
  }),
  spin: () => {
    for (;;) Atomics.add(flight, TURNS, 1);
  },
  spinSoftly: () => {
    Atomics.add(flight, FLIGHT.calls, 1);
    while (Atomics.load(flight, FLIGHT.stop) !== Atomics.load(flight, FLIGHT.calls)) Atomics.add(flight, TURNS, 1);
    return "stopped";
  },
  block: (milliseconds) => Atomics.wait(flight, TURNS, 0, milliseconds),
  callOften: (milliseconds) => {
    const ends = performance.now() + milliseconds;
    while (performance.now() < ends) Atomics.add(flight, FLIGHT.calls, 1);
    return "called";
  },
  fill: () => {
    const held: unknown[] = [];
    for (;;) held.push(Array.from({ length: 100_000 }, () => ({})));
  },
  print: () => {
    for (let line = 0; line < 1000; line++) console.log("x".repeat(1000));
    return "printed";
  },
  tellTheKeeper: () => parentPort?.postMessage("hello"),
  floods: () => {
    for (;;) port.postMessage(new ArrayBuffer(8));
  },
  run: (number) => run(number),
  end: () => port.close(),
  fail: () => {
    throw new Error("on purpose");
  },
};

function outcome(act: () => unknown): unknown {
  try {
    act();
    return "done";
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : String(error);
  }
}

port.on("message", ([name, milliseconds]: readonly [string, number]) => {
  port.postMessage({ name, answer: deeds[name]?.(milliseconds) });
});
