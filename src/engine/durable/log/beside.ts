/** The values of entries: in the log, or beside it when they are large. */
import { Blob } from "../../../journal/entry/entry.ts";
import type { Entry, Payload } from "../../../journal/entry/entry.ts";

/** An entry as it is written: values that were fetched for a replay are put where they belong again. */
export function beside(entry: Entry, put: (bytes: Uint8Array) => Payload): Entry {
  const away = (payload: Payload): Payload => (payload instanceof Blob ? payload : put(payload));
  switch (entry.kind) {
    case "DONE":
    case "CBRET":
    case "SIG":
      return { ...entry, value: away(entry.value) };
    case "REQ":
      return { ...entry, input: away(entry.input) };
    case "CALL":
    case "CB":
      return { ...entry, args: away(entry.args) };
    case "MIGRATE":
      return { ...entry, map: away(entry.map) };
    default:
      return entry;
  }
}
