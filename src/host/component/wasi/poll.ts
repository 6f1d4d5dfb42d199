/**
 * `wasi:io/poll` and `wasi:clocks`: time, and waiting for it.
 */
import { integer, Opaque, type Value } from "../../../wit/value.ts";
import type { WasiContext } from "./context.ts";
import { object, type WasiTable } from "./table.ts";

/** Ready at a moment of the guest's clock, in nanoseconds. */
class Pollable extends Opaque {
  override readonly opaque = "pollable";
  readonly at: bigint;
  constructor(at: bigint) {
    super();
    this.at = at;
  }
}

/** A pollable of something that never makes anybody wait. */
export function alwaysReady(): Value {
  return new Pollable(0n);
}

function isReady(context: WasiContext, { at }: Pollable): boolean {
  return at === 0n || at <= context.monotonic;
}

/** Indices of the pollables that are ready; waits for the earliest when none is. */
function poll(context: WasiContext, [list]: readonly Value[]): Value | Promise<Value> {
  const all = (list as readonly Value[]).map((each) => object(each, Pollable));
  const ready = (): Value => Uint32Array.from([...all.keys()].filter((at) => isReady(context, all[at] as Pollable)));
  const [first, ...others] = all;
  if (first === undefined || all.some((each) => isReady(context, each))) return ready();
  const waited = waitUntil(
    context,
    others.reduce((least, { at }) => (at < least ? at : least), first.at),
  );
  return waited instanceof Promise ? waited.then(ready) : ready();
}

function block(context: WasiContext, [self]: readonly Value[]): Value | Promise<Value> {
  return waitUntil(context, object(self, Pollable).at);
}

/** A guest that may suspend sleeps; for any other its own clock leaps, and the call goes on. */
function waitUntil(context: WasiContext, at: bigint): null | Promise<null> {
  const nanoseconds = at - context.monotonic;
  if (nanoseconds <= 0n) return null;
  if (!context.suspends) {
    context.advance(nanoseconds);
    return null;
  }
  return context.sleep(Number(nanoseconds) / 1e6).then(() => {
    context.advance(at - context.monotonic);
    return null;
  });
}

function datetime(milliseconds: number): Value {
  const seconds = Math.floor(milliseconds / 1000);
  return [Math.max(0, seconds), Math.floor((milliseconds - seconds * 1000) * 1e6)];
}

const RESOLUTION = 1_000_000;

const DATETIME = "record<u64, u32>";

export const pollTable: WasiTable = {
  "wasi:io/poll": {
    resources: ["pollable"],
    functions: {
      "[method]pollable.ready": [
        "borrow<pollable> => bool",
        (context, [self]) => isReady(context, object(self, Pollable)),
      ],
      "[method]pollable.block": ["borrow<pollable> => _", block],
      poll: ["list<borrow<pollable>> => list<u32>", poll],
    },
    waits: ["poll", "[method]pollable.block"],
  },
  "wasi:clocks/monotonic-clock": {
    functions: {
      now: ["=> u64", (context) => integer(context.monotonic)],
      resolution: ["=> u64", () => RESOLUTION],
      "subscribe-instant": ["u64 => own<pollable>", (_, [at]) => new Pollable(BigInt(at as number | bigint))],
      "subscribe-duration": [
        "u64 => own<pollable>",
        (context, [time]) => new Pollable(context.monotonic + BigInt(time as number | bigint)),
      ],
    },
  },
  "wasi:clocks/wall-clock": {
    functions: {
      now: [`=> ${DATETIME}`, (context) => datetime(context.wall)],
      resolution: [`=> ${DATETIME}`, () => [0, RESOLUTION]],
    },
  },
  "wasi:clocks/timezone": {
    functions: {
      display: [`${DATETIME} => record<s32, string, bool>`, () => [0, "UTC", false]],
      "utc-offset": [`${DATETIME} => s32`, () => 0],
    },
  },
};
