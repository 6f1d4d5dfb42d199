/**
 * The state of one directly linked instance, saved and taken up again: its cores, the handles that its guest holds, and what its
 * WASI remembers.
 *
 *   D4  Between calls that is all there is (G1, G2 of ../abi/guest.ts). What cannot be told makes that nothing is saved: a handle
 *       that the host holds, anything of WASI's but the standard streams, a handle of others.
 */
import type { Resource } from "../../../wit/types.ts";
import { type StateOwner, type StateReader, StateWriter } from "../../state/bytes.ts";
import { readCores, writeCores } from "../../state/cores.ts";
import type { HandleTable } from "../abi/handles.ts";
import { type KnownObjects, readHandles, writeHandles } from "../abi/saved-handles.ts";
import type { WasiContext } from "../wasi/context.ts";
import { numberOfStandard, standardStream } from "../wasi/streams.ts";

/** What there is of an instance. */
export interface DirectParts {
  readonly cores: readonly WebAssembly.Exports[];
  readonly handles: HandleTable;
  /** All that the component knows, in the order of its plan. */
  readonly resources: readonly Resource[];
  readonly wasi: WasiContext;
}

/** Null when something cannot be told now (D4). */
export function saveDirect({ cores, handles, resources, wasi }: DirectParts, owner: StateOwner): Uint8Array | null {
  if (wasi.requests > 0) return null;
  let streams = 0;
  const known: KnownObjects = {
    numberOf: (value) => {
      streams += 1;
      return numberOfStandard(value, wasi);
    },
    objectOf: () => undefined,
  };
  const to = new StateWriter(owner);
  const { calls, start, milliseconds } = wasi.progress;
  for (const each of [calls, start, milliseconds]) to.f64(each);
  const isWhole = writeHandles(handles, resources, known, to) && streams === wasi.holdings.count;
  return isWhole && writeCores(cores, to) ? to.finish() : null;
}

/** Takes the place of all state of an instance whose start code has not run. @throws {Fault} `state-invalid` */
export function restoreDirect({ cores, handles, resources, wasi }: DirectParts, from: StateReader): void {
  const known: KnownObjects = { numberOf: () => null, objectOf: (number) => standardStream(number, wasi) };
  wasi.goOn({ calls: from.whole(), start: from.time(), milliseconds: from.time() });
  readHandles(handles, resources, known, from);
  readCores(cores, from);
  from.close();
}
