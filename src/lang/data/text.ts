/** Strings as sequences of Unicode scalar values (rule 44). */

/** How many scalar values: UTF-16 units but for the second halves of pairs. */
export function lengthOf(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) length--;
  }
  return length;
}

/** From one scalar value up to and without another. */
export function sliceScalars(text: string, from: number, to: number): string {
  return [...text].slice(from, to).join("");
}

export function reverseScalars(text: string): string {
  return [...text].toReversed().join("");
}

/** Unicode's White_Space, which does not change (stability policy: code points only ever join it; pinned to 15.1). */
const SPACE = "\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
const EDGES: RegExp = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "gu");

export function trimSpace(text: string): string {
  return text.replace(EDGES, "");
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Null for what is no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}
