/** Bytes of values in a log: in the entry, or beside the log when they are many. */
import { Fault } from "../../../fault.ts";
import { Blob } from "../../../journal/entry/entry.ts";
import type { Digest, Payload } from "../../../journal/entry/entry.ts";

/** Bytes beyond which a value lies beside the log. */
const LARGE = 16_384;

/** @param keep puts bytes beside the log */
export function payloadOf(bytes: Uint8Array, keep: (bytes: Uint8Array) => Digest): Payload {
  return bytes.length <= LARGE ? bytes : new Blob(keep(bytes), bytes.length);
}

/** Values beside the log are fetched before anybody looks into them. @throws {Fault} `blob-missing` */
export function here(payload: Payload): Uint8Array {
  if (payload instanceof Blob) throw new Fault("blob-missing", `The value ${payload.digest} was not fetched`);
  return payload;
}
