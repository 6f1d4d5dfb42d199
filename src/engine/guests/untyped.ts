/** Untyped data between a run and its plugins, as canonical CBOR; what cannot be read or written is a fault. */
import { Fault } from "../../fault.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import type { AnyValue } from "../../wit/any.ts";
import { WitError } from "../../wit/error.ts";
import type { Value } from "../../wit/value.ts";

/**
 * What the plugin `source` gave.
 *
 * @throws {Fault} `plugin-invalid-value`
 */
export function readAny(bytes: Value, source: string): Value {
  try {
    return decodeAny(bytes as Uint8Array) as Value;
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    const message = `${source} gave an untyped value that cannot be read: ${error.message}`;
    throw new Fault("plugin-invalid-value", message, { source, cause: error });
  }
}

/** @throws {Fault} `out-of-range` for more data than a value may have, `type-mismatch` for what is no data */
export function writeAny(any: AnyValue): Uint8Array {
  try {
    return encodeAny(any);
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    const isLarge = error.code === "too-deep" || error.code === "too-large";
    throw new Fault(isLarge ? "out-of-range" : "type-mismatch", error.message, { cause: error });
  }
}
