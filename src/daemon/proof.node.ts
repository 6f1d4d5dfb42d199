/**
 * The daemon's token, and how either side shows that it knows it.
 *
 *   P1  A client sends its token only to who has proved to have it: the port of a daemon that died may be somebody else's now.
 *   P2  Comparing takes the same time wherever two tokens differ.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export function newToken(): string {
  return randomBytes(32).toString("hex");
}

export function newNonce(): string {
  return randomBytes(16).toString("hex");
}

export function isNonce(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** P1 */
export function proofOf(token: string, nonce: string): string {
  return createHmac("sha256", token).update(`sennit hello ${nonce}`).digest("hex");
}

/** P2 */
export function isSameSecret(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
