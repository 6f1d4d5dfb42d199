/**
 * Entry of a core pool's thread: opens the packages that it is sent, and answers one call at a time, each in a fresh instance.
 * Here is nothing that could grant anything: an instance has no imports.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Defect } from "../../fault.ts";
import { LiftBudget } from "../../wit/budget.ts";
import { type FunctionKey, functionsOf, type WitFunction } from "../../wit/types.ts";
import { kept } from "../keeper/kept.node.ts";
import { recorded } from "../meter/recorded.ts";
import type { InstanceOptions, Plugin } from "../plugin.ts";
import { argumentsCodec, codecOrNothing } from "../remote/frames/codec.ts";
import { writeFault } from "../remote/frames/fault-data.ts";
import { FAILED, OK } from "../remote/frames/kinds.ts";
import { Notes } from "../remote/server/notes.ts";
import { filesOf, unpackParcel } from "../remote/frames/parcel.ts";
import { threadPort } from "../remote/ways/ports.node.ts";
import { Reader } from "../remote/frames/reader.ts";
import { openParcel } from "../remote/server/realm.node.ts";
import { Writer } from "../remote/frames/writer.ts";
import { ANSWER, CALL, CREDIT, OPEN, STAYING, STARTED } from "./protocol.ts";

interface Package {
  readonly plugin: Promise<Plugin>;
  /** By the plugin's own order. */
  exports: readonly [FunctionKey, WitFunction][];
}

/** Where the arguments begin in the frame of a call. */
const ARGUMENTS = 5 + 4 + 4 + 8 + 32;

const UNLIMITED = { nodes: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

const { flight } = kept();
const port = threadPort();
const writer = new Writer(STAYING);
const reader = new Reader(STAYING, new LiftBudget(UNLIMITED));
const notes = new Notes(writer, port.send);
const packages = new Map<number, Package>();

port.listen((frame) => {
  reader.open(frame);
  const kind = reader.u8();
  const number = reader.u32();
  switch (kind) {
    case OPEN:
      return open(number, frame.subarray(5));
    case CALL:
      return void answer(number, frame);
    case CREDIT:
      return notes.granted(number);
    default:
      throw new Defect(`a frame of kind ${kind}`);
  }
});

/** A package is opened once and stays as long as the thread does. Why it cannot be is told at its first call. */
function open(number: number, parcel: Uint8Array): void {
  const plugin = openParcel(filesOf(unpackParcel(parcel)));
  plugin.catch(() => {});
  packages.set(number, {
    plugin: plugin.then((opened) => recorded(opened, { words: flight, package: number })),
    exports: [],
  });
}

async function answer(number: number, frame: Uint8Array<ArrayBuffer>): Promise<void> {
  let answered: Uint8Array<ArrayBuffer>;
  try {
    answered = await call(number, frame);
  } catch (thrown) {
    notes.flush();
    writer.start(ANSWER, number).u8(FAILED);
    writeFault(writer, thrown, "core-call-failed");
    answered = writer.finish();
  }
  port.send(answered);
}

async function call(number: number, frame: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const pack = packages.get(reader.u32());
  const [at, now, seed] = [reader.u32(), reader.f64(), reader.raw(32)];
  const plugin = await pack?.plugin;
  if (pack === undefined || plugin === undefined) throw new Defect("a call of a package that was not sent");
  if (pack.exports.length === 0) pack.exports = [...functionsOf(plugin.world.exports)];
  const [key, fn] = pack.exports[at] ?? [];
  if (key === undefined || fn === undefined) throw new Defect("a call of no function");
  await using instance = await plugin.instantiate(optionsOf(seed, now));
  reader.open(frame.subarray(ARGUMENTS));
  const args = argumentsCodec(fn).read(reader);
  port.send(writer.start(STARTED, number).finish());
  const value = await instance.call(key, args);
  notes.flush();
  writer.start(ANSWER, number).u8(OK);
  codecOrNothing(fn.result).write(writer, value);
  return writer.finish();
}

function optionsOf(seed: Uint8Array, now: number): InstanceOptions {
  return {
    id: 1,
    imports: new Map(),
    seed,
    now: () => now,
    log: (line) => notes.log(line),
    sleep: (milliseconds) => delay(milliseconds),
  };
}
