/** `json_encode` and `json_decode`. */
import { Fault } from "../../fault.ts";
import { AnyFloat } from "../../wit/any.ts";
import type { AnyValue } from "../../wit/any.ts";
import { plainOf } from "../data/any-data.ts";
import { parseJson } from "../data/text-json.ts";
import { printFloat } from "../data/print.ts";
import type { Native } from "./type.ts";

/** Records are objects, cases `{"name": payload}`, tuples arrays; nan, inf and Bytes are refused. */
function write(data: AnyValue): string {
  if (data instanceof AnyFloat) {
    if (!Number.isFinite(data.value)) throw new Fault("out-of-range", `JSON has no ${printFloat(data.value)}`);
    return printFloat(data.value);
  }
  if (data instanceof Uint8Array)
    throw new Fault("type-mismatch", "JSON has no Bytes", { hint: "Encode them as text first" });
  if (Array.isArray(data)) return `[${(data as readonly AnyValue[]).map(write).join(",")}]`;
  if (data instanceof Map) {
    const entries = [...(data as ReadonlyMap<string, AnyValue>)];
    return `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${write(value)}`).join(",")}}`;
  }
  return typeof data === "bigint" ? String(data) : JSON.stringify(data);
}

export const jsonNatives: Readonly<Record<string, Native>> = {
  "json_encode/0": ([value], [of], all) => write(plainOf(value!, of!, all)),
  "json_decode/0": ([text]) => parseJson(text as string),
};
