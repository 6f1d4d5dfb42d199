/** What is too large for the other side is refused here. */
import { Fault } from "../../../fault.ts";
import { MOST_BYTES } from "./kinds.ts";

/** @throws {Fault} `value-too-large` for a frame that the other side would have to refuse */
export function bounded(frame: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (frame.length <= MOST_BYTES) return frame;
  throw new Fault("value-too-large", `${frame.length} bytes are too many for one call of a plugin elsewhere`, {
    hint: "Pass large data in parts.",
  });
}
