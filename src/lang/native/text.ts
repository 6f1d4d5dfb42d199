/** Natives over texts. Positions and lengths count Unicode scalar values. */
import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { elements } from "../data/any-data.ts";
import { clipped } from "./list.ts";
import { printForm } from "../data/print.ts";
import type { Native } from "./type.ts";
import { lower, upper } from "../data/text-case.ts";
import { decodeUtf8, encodeUtf8, lengthOf, reverseScalars, sliceScalars, trimSpace } from "../data/text.ts";

function bytesOf(list: Value): Value {
  return Uint8Array.from(elements(list), (item) => {
    if ((item as number) < 0 || (item as number) > 255)
      throw new Fault("out-of-range", `${String(item)} is no byte, 0 to 255`);
    return Number(item);
  });
}

function textOf(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  if (text === null) throw new Fault("invalid-text", "The bytes are no UTF-8");
  return text;
}

/** `replace` by "" of "" would put `by` everywhere and end nowhere useful: nothing to replace. */
function replaceAll(text: string, what: string, by: string): string {
  return what === "" ? text : text.split(what).join(by);
}

export const texts: Readonly<Record<string, Native>> = {
  "len/1": ([text]) => lengthOf(text as string),
  "reverse/1": ([text]) => reverseScalars(text as string),
  "contains/1": ([text, part]) => (text as string).includes(part as string),
  "split/0": ([text, separator]) =>
    separator === "" ? [...(text as string)] : (text as string).split(separator as string),
  "trim/0": ([text]) => trimSpace(text as string),
  "upper/0": ([text]) => upper(text as string),
  "lower/0": ([text]) => lower(text as string),
  "replace/0": ([text, what, by]) => replaceAll(text as string, what as string, by as string),
  "starts_with/0": ([text, start]) => (text as string).startsWith(start as string),
  "ends_with/0": ([text, end]) => (text as string).endsWith(end as string),
  "slice/1": ([text, from, to]) => {
    const [start, end] = clipped(lengthOf(text as string), from!, to);
    return sliceScalars(text as string, start, end);
  },
  "chars/0": ([text]) => [...(text as string)],
  "str/0": ([value], [of], all) => printForm(value!, of!, all),
  "bytes/0": ([text]) => encodeUtf8(text as string),
  "bytes/1": ([list]) => bytesOf(list!),
  "text/0": ([bytes]) => textOf(bytes as Uint8Array),
};
