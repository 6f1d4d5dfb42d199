/** What an instance is started with, as both sides of the wall know it; and its state, on its way out and in again. */
import type { Value } from "../../../wit/value.ts";
import type { InstanceOptions } from "../../plugin.ts";
import { limitsOf } from "./call-limits.ts";
import { MOST_BYTES } from "./kinds.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** Names of imports that a caller gives at a start. */
const MOST_GIVEN = 65_536;
/** What stands around a state in a frame. */
const ROOM = 64;

export interface Start {
  readonly id: number;
  readonly now: number;
  readonly seed: Uint8Array;
  readonly limits: InstanceOptions["limits"];
  /** The keys of the imports that somebody gives. */
  readonly given: ReadonlySet<string>;
  readonly state: Uint8Array | null;
}

/** Of a run's calls, a flag shared with this thread stays here. */
export function writeStart(to: Writer, { id, seed, imports, now, limits, state }: InstanceOptions): void {
  to.f64(id);
  to.f64(now());
  to.raw(seed);
  to.f64(limits?.fuel ?? Number.NaN);
  to.f64(limits?.deadline ?? Number.NaN);
  to.u32(imports.size);
  for (const key of imports.keys()) to.text(key);
  writeState(to, state ?? null);
}

/** To its end. @throws {Broken} */
export function readStart(from: Reader): Start {
  const id = from.whole();
  const now = from.f64();
  const seed = from.raw(32);
  const limits = limitsOf(from.f64(), from.f64());
  const given = new Set(Array.from({ length: from.index(MOST_GIVEN) }, () => from.text()));
  return { id, now, seed, limits, given, state: readState(from) };
}

/** One that is too large for a frame is none. */
export function writeState(to: Writer, value: Value): void {
  const isThere = value instanceof Uint8Array && value.length <= MOST_BYTES - ROOM;
  to.u8(isThere ? 1 : 0);
  if (isThere) to.raw(value);
}

/** The rest of a frame. What it means is judged by whoever takes it up. @throws {Broken} */
export function readState(from: Reader): Uint8Array | null {
  if (from.flag()) return from.rest();
  from.close();
  return null;
}
