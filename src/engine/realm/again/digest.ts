/** A digest of what a run shows: not against those who would forge one, who would harm their own run only. */

export type Digest32 = number;

export const NOTHING_SHOWN: Digest32 = 0x811c9dc5 | 0;

/** Of what was shown before, and one more. */
export function digested(before: Digest32, kind: number, bytes: Uint8Array): Digest32 {
  let digest = Math.imul(before ^ kind, 0x01000193);
  digest = Math.imul(digest ^ bytes.length, 0x01000193);
  for (const byte of bytes) digest = Math.imul(digest ^ byte, 0x01000193);
  return digest;
}

export function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return true;
}
