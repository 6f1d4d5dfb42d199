/**
 * The hash chain of a log: each entry's link is made of the link before it, its position and its bytes. It finds rot and
 * torn ends. It does not find whoever writes a whole new chain: that takes a key (HAZARDS 31).
 *
 *   K1  Where entries were forgotten, the link of the first one after them is taken as it stands: nobody can make it anew.
 */

/** sha256. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** Bytes of a link. */
export const LINK = 16;

/** Before the first entry. */
export const ROOT: Uint8Array = new Uint8Array(LINK);

export function link(hash: Hash, before: Uint8Array, lsn: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LINK + 8 + body.length);
  bytes.set(before);
  new DataView(bytes.buffer).setFloat64(LINK, lsn);
  bytes.set(body, LINK + 8);
  return hash(bytes).slice(0, LINK);
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
