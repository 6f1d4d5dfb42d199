/**
 * jco 0.15 gives up on the string encoding `latin1+utf16`. What makes a component valid is the same for every encoding, so
 * it is shown one that says `utf16` in its place. Nothing is ever linked from what jco makes of that one.
 */
import type { LinkPlan } from "../../../wit/plan.ts";

const UTF16 = 0x01;

/** The bytes whose validity is that of the component's: its own, unless jco would give up on them. */
export function asValidated(bytes: Uint8Array, { compactStrings }: LinkPlan): Uint8Array {
  if (compactStrings.length === 0) return bytes;
  const copy = bytes.slice();
  for (const at of compactStrings) copy[at] = UTF16;
  return copy;
}
