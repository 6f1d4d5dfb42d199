/** Own data properties of plain objects (L1 of plain.ts). */
import { Misfit, misfit } from "./misfit.ts";

/** @throws {Misfit} when it is missing, or a getter */
export function property(plain: unknown, name: string): unknown {
  refuseNonObject(plain, `an object with \`${name}\``);
  const found = Object.getOwnPropertyDescriptor(plain, name);
  if (found === undefined) throw new Misfit("type-mismatch", `.${name} is missing`);
  if (!("value" in found)) throw new Misfit("type-mismatch", `.${name} is a getter, which is not called`);
  return found.value;
}

export function optional(plain: unknown, name: string): unknown {
  return hasOwn(plain, name) ? property(plain, name) : null;
}

export function hasOwn(plain: unknown, name: string): boolean {
  refuseNonObject(plain, `an object with \`${name}\``);
  return Object.hasOwn(plain, name);
}

/** @throws {Misfit} */
export function refuseNonObject(plain: unknown, want: string): asserts plain is object {
  if (typeof plain !== "object" || plain === null) throw misfit(want, plain);
}
