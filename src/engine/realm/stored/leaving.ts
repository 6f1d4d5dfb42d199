/** What leaves a stored run over a connection: calls of what lives outside wait for the log, but for those that only read. */
import { CALL } from "../../../host/remote/frames/kinds.ts";
import { functionsOf } from "../../../wit/types.ts";
import type { LoadedPackage } from "../../load/loaded.ts";
import { isOutside } from "../../durable/calls/groups.ts";

const HEAD = 5;

/** Whether a frame of the worker's waits, on a connection to this package. */
export function waitsForLog(pack: LoadedPackage | undefined, frame: Uint8Array): boolean {
  if (frame[0] !== CALL || pack === undefined || !isOutside(pack)) return false;
  if (frame.length < HEAD + 4) return true;
  const number = new DataView(frame.buffer, frame.byteOffset).getUint32(HEAD, true);
  const name = [...functionsOf(pack.plugin.world.exports)][number]?.[0];
  return name === undefined || pack.plugin.manifest.effects[name] !== "read";
}
