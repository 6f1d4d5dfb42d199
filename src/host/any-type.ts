/** Which WIT type means untyped data. */
import type { WitType } from "../wit/types.ts";

const VALUES = /^sennit:host\/values(?:@|$)/;

/** Whether a type is `value` of `sennit:host/values`: bytes that are the canonical CBOR of an Any. */
export function isAnyType(type: WitType): boolean {
  if (type.kind !== "list" || type.element.kind !== "u8" || type.alias === undefined) return false;
  return type.alias.name === "value" && VALUES.test(type.alias.interface ?? "");
}
