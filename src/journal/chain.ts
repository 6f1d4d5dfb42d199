/**
 * The hash chain of a log: the link of each row of entries is made of the link before it, its position and its bytes, and of
 * how many entries these are. It finds rot and torn ends. It does not find whoever writes a whole new chain: that takes a key (HAZARDS 31).
 *
 *   K1  Where entries were forgotten, the link of the first row after them is taken as it stands: nobody can make it anew.
 */

/** sha256. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** Bytes of a link. */
export const LINK = 16;

/** Before the first entry. */
export const ROOT: Uint8Array = new Uint8Array(LINK);

/** @param count a row of one entry is linked as it was before rows could have several */
export function link(hash: Hash, before: Uint8Array, lsn: number, body: Uint8Array, count = 1): Uint8Array {
  const head = LINK + 8 + (count === 1 ? 0 : 4);
  const bytes = new Uint8Array(head + body.length);
  const view = new DataView(bytes.buffer);
  bytes.set(before);
  view.setFloat64(LINK, lsn);
  if (count !== 1) view.setUint32(LINK + 8, count);
  bytes.set(body, head);
  return hash(bytes).slice(0, LINK);
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
