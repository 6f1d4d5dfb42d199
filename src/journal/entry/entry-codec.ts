/**
 * Entries as bytes: canonical CBOR of a list, the number of the kind and then its fields in order.
 *
 *   C1  One entry has one encoding, and what is read and written again gives the same bytes.
 *   C2  Bytes that no version of this project can have written are refused (`journal-invalid`); those of a newer one, whose
 *       kind is not known here, are told apart (`journal-newer`).
 */
import type { AnyValue } from "../../wit/any.ts";
import { decodeAny } from "../../wit/cbor.ts";
import { WitError } from "../../wit/error.ts";
import { Fault } from "../../fault.ts";
import type { Entry, EntryKind } from "./entry.ts";
import { EntryWriter } from "./entry-writer.ts";
import { BY_KIND, BY_NUMBER, takenBack } from "./fields.ts";
import type { KindSpec } from "./fields.ts";

const writer = new EntryWriter();

export function encodeEntry(entry: Entry): Uint8Array {
  const spec = BY_KIND.get(entry.kind) as KindSpec;
  const values = entry as unknown as Readonly<Record<string, unknown>>;
  const present = presentOf(spec, values);
  writer.start(spec.number, present.length);
  for (const [name, type] of present) writer.field(type, values[name]);
  return writer.finish();
}

/** @throws {Fault} `journal-invalid`, `journal-newer` (C2) */
export function decodeEntry(bytes: Uint8Array): Entry {
  const [number, ...data] = parts(bytes);
  const spec = BY_NUMBER.get(number as number);
  if (spec === undefined) throw unknown(number);
  const most = spec.fields.length;
  const isWhole =
    data.length <= most && spec.fields.slice(data.length).every(([, , optional]) => optional !== undefined);
  if (!isWhole) throw invalid(`a ${spec.kind} of ${data.length} fields`);
  const fields = spec.fields.slice(0, data.length).map(([name, type], at) => {
    return [name, takenBack(type, data[at], `${spec.kind}.${name}`)] as const;
  });
  return Object.fromEntries([["kind", spec.kind], ...fields]) as unknown as Entry;
}

/** Its fields without those at the end that are absent. */
function presentOf({ fields }: KindSpec, values: Readonly<Record<string, unknown>>): KindSpec["fields"] {
  let count = fields.length;
  while (fields[count - 1]?.[2] !== undefined && values[fields[count - 1]?.[0] ?? ""] === undefined) count--;
  return count === fields.length ? fields : fields.slice(0, count);
}

/** Which kind of entry bytes are, without looking at the rest of them. @throws {Fault} as `decodeEntry` */
export function kindOf(bytes: Uint8Array): EntryKind {
  // A list of less than 24 items, and a number below 24: one byte each.
  const spec = BY_NUMBER.get(bytes[1] ?? 0);
  const count = (bytes[0] ?? 0) - 0x81;
  // All but one field: the time may be absent.
  const isLikely = spec !== undefined && (count === spec.fields.length || count === spec.fields.length - 1);
  return isLikely ? spec.kind : decodeEntry(bytes).kind;
}

function parts(bytes: Uint8Array): readonly AnyValue[] {
  let data: AnyValue;
  try {
    data = decodeAny(bytes, { depth: 4 });
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    throw invalid(error.message);
  }
  if (Array.isArray(data) && data.length > 0) return data as readonly AnyValue[];
  throw invalid("it is no list");
}

function unknown(number: AnyValue | undefined): Fault {
  if (typeof number !== "number" || number < 1) return invalid("it has no kind");
  return new Fault("journal-newer", `An entry of kind ${number} was written by a newer version`, {
    hint: "Open it with the version that wrote it, or a later one.",
  });
}

function invalid(why: string): Fault {
  return new Fault("journal-invalid", `An entry of the journal cannot be read: ${why}`);
}
