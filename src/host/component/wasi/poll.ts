/**
 * `wasi:io/poll` and `wasi:clocks`: time, and waiting for it or for the engine.
 */
import { integer, Opaque, type Value } from "../../../wit/value.ts";
import type { WasiContext } from "./context.ts";
import { object, type WasiTable } from "./table.ts";

/** Something that happens once, and never fails. */
export interface Event {
  readonly happened: boolean;
  readonly when: Promise<void>;
}

/** Ready at a moment of the guest's clock, in nanoseconds, or at an event. */
class Pollable extends Opaque {
  override readonly opaque = "pollable";
  readonly at: bigint | null;
  readonly event: Event | null;
  /** Until its moment, from the first time somebody waited for it. */
  #slept: Promise<void> | undefined;

  constructor(at: bigint | null, event: Event | null) {
    super();
    this.at = at;
    this.event = event;
  }

  static moment(at: bigint): Pollable {
    return new Pollable(at, null);
  }

  isReady(context: WasiContext): boolean {
    if (this.event !== null) return this.event.happened;
    return this.at === 0n || (this.at !== null && this.at <= context.monotonic);
  }

  /** Waits, when it is the first of all that are waited for. */
  wait(context: WasiContext): Promise<void> {
    if (this.event !== null) return this.event.when;
    const { at } = this;
    if (at === null) return Promise.resolve();
    this.#slept ??= context.sleep(Number(at - context.monotonic) / 1e6).then(() => {
      if (at > context.monotonic) context.advance(at - context.monotonic); // something else may have come first
    });
    return this.#slept;
  }
}

/** A pollable of something that never makes anybody wait. */
export function alwaysReady(): Value {
  return Pollable.moment(0n);
}

export function readyAt(event: Event): Value {
  return new Pollable(null, event);
}

/** Indices of the pollables that are ready; waits for the first when none is. */
function poll(context: WasiContext, [list]: readonly Value[]): Value | Promise<Value> {
  const all = (list as readonly Value[]).map((each) => object(each, Pollable));
  const ready = (): Value => Uint32Array.from([...all.keys()].filter((at) => all[at]?.isReady(context) === true));
  if (all.length === 0 || all.some((each) => each.isReady(context))) return ready();
  const waited = waitForAny(context, all);
  return waited instanceof Promise ? waited.then(ready) : ready();
}

function block(context: WasiContext, [self]: readonly Value[]): Value | Promise<Value> {
  const pollable = object(self, Pollable);
  return pollable.isReady(context) ? null : waitForAny(context, [pollable]);
}

/** A guest that may suspend waits; for any other its own clock leaps, and the call goes on. None of them is ready. */
function waitForAny(context: WasiContext, all: readonly Pollable[]): null | Promise<null> {
  const timed = all.filter(({ at }) => at !== null);
  const [first] = timed.toSorted((a, b) => ((a.at ?? 0n) < (b.at ?? 0n) ? -1 : 1));
  if (!context.suspends) {
    if (first !== undefined) context.advance((first.at ?? 0n) - context.monotonic);
    return null;
  }
  const events = all.filter(({ event }) => event !== null);
  const awaited = first === undefined ? events : [first, ...events];
  return Promise.race(awaited.map((each) => each.wait(context))).then(() => {
    if (events.length > 0) context.readClock(); // the world went on meanwhile
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
        (context, [self]) => object(self, Pollable).isReady(context),
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
      "subscribe-instant": ["u64 => own<pollable>", (_, [at]) => Pollable.moment(BigInt(at as number | bigint))],
      "subscribe-duration": [
        "u64 => own<pollable>",
        (context, [time]) => Pollable.moment(context.monotonic + BigInt(time as number | bigint)),
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
