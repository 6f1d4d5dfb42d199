/**
 * Which WIT type means untyped data, and whether bytes are such data. A guest gives any bytes it likes: they are looked at
 * where they come in (H5), so that nobody they are passed on to has to.
 */
import { decodeAny } from "../wit/cbor.ts";
import { WitError } from "../wit/error.ts";
import type { WitType } from "../wit/types.ts";
import type { Value } from "../wit/value.ts";

const VALUES = /^sennit:host\/values(?:@|$)/;

/** Whether a type is `value` of `sennit:host/values`: bytes that are the canonical CBOR of an Any. */
export function isAnyType(type: WitType): boolean {
  if (type.kind !== "list" || type.element.kind !== "u8" || type.alias === undefined) return false;
  return type.alias.name === "value" && VALUES.test(type.alias.interface ?? "");
}

/** What is wrong with an Any that a guest gave; null when it can be read. */
export function problemOfAny(bytes: Value): string | null {
  if (!(bytes instanceof Uint8Array)) return "an untyped value is bytes";
  try {
    decodeAny(bytes);
    return null;
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    return `the untyped value cannot be read: ${error.message}`;
  }
}
