/** How values of one type cross. */
import type { Value } from "../../../wit/value.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

export interface Codec {
  readonly write: (to: Writer, value: Value) => void;
  readonly read: (from: Reader) => Value;
}
