/**
 * How a guest fails at the boundary.
 *
 *   AbiTrap       it broke the ABI: a pointer out of range, a forged handle. As fatal as a trap of its own code.
 *   NotOfItsType  it gave what its WIT type does not have: half a character, a case that does not exist.
 *
 * What is too large is neither: a `Fault` with code `value-too-large`.
 */
import { Fault } from "../../../fault.ts";

/** Becomes `plugin-trapped`, as every `RuntimeError` does. */
export class AbiTrap extends WebAssembly.RuntimeError {
  override readonly name = "AbiTrap";
}

/** Becomes `plugin-invalid-value`. */
export class NotOfItsType extends TypeError {
  override readonly name = "NotOfItsType";
}

/** Most bytes of one string or list, either way: what the canonical ABI allows. */
export const MOST_BYTES: number = 2 ** 28 - 1;

export function tooLarge(what: string, bytes: number): Fault {
  return new Fault("value-too-large", `${what} of ${bytes} bytes is more than ${MOST_BYTES}, the most that crosses`, {
    hint: "Pass large data in parts.",
  });
}
