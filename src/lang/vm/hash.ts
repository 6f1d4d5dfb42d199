/**
 * The two hashes of the language, in pure arithmetic.
 *
 *   `hash128`  MurmurHash3 x86 128 (public domain algorithm by A. Appleby): effect identities. Spreads well, is not
 *              cryptographic, and need not be: whoever can choose a site can write the program.
 *   `sha256`   FIPS 180-4: the digest that pins snapshots to the code they belong to.
 */

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function finish(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

const C1 = 0x239b961b | 0;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5 | 0;
const C4 = 0xa1e38b93 | 0;

/** The four lanes of the hash that is being made: nothing keeps them from one hash to the next. */
const h: Int32Array = new Int32Array(4);

function addBlock(w1: number, w2: number, w3: number, w4: number): void {
  h[0]! ^= Math.imul(rotate(Math.imul(w1, C1), 15), C2);
  h[0] = Math.imul(rotate(h[0]!, 19) + h[1]!, 5) + 0x561ccd1b;
  h[1]! ^= Math.imul(rotate(Math.imul(w2, C2), 16), C3);
  h[1] = Math.imul(rotate(h[1]!, 17) + h[2]!, 5) + 0x0bcaa747;
  h[2]! ^= Math.imul(rotate(Math.imul(w3, C3), 17), C4);
  h[2] = Math.imul(rotate(h[2]!, 15) + h[3]!, 5) + 0x96cd1c35;
  h[3]! ^= Math.imul(rotate(Math.imul(w4, C4), 18), C1);
  h[3] = Math.imul(rotate(h[3]!, 13) + h[0]!, 5) + 0x32ac3b17;
}

/** The last words, 0 where the bytes end, and the count of all bytes. */
function addRest(w1: number, w2: number, w3: number, w4: number, length: number): Uint32Array {
  h[3]! ^= Math.imul(rotate(Math.imul(w4, C4), 18), C1) ^ length;
  h[2]! ^= Math.imul(rotate(Math.imul(w3, C3), 17), C4) ^ length;
  h[1]! ^= Math.imul(rotate(Math.imul(w2, C2), 16), C3) ^ length;
  h[0]! ^= Math.imul(rotate(Math.imul(w1, C1), 15), C2) ^ length;
  spread();
  for (let lane = 0; lane < 4; lane++) h[lane] = finish(h[lane]!);
  spread();
  return new Uint32Array(h);
}

function spread(): void {
  h[0] = h[0]! + h[1]! + h[2]! + h[3]!;
  for (let lane = 1; lane < 4; lane++) h[lane] = h[lane]! + h[0]!;
}

/** Four 32-bit words. */
export function hash128(bytes: Uint8Array): Uint32Array {
  const padded = new Uint8Array((bytes.length | 15) + 1);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const word = (at: number): number => view.getInt32(at, true);
  const whole = bytes.length & ~15;
  h.fill(0);
  for (let at = 0; at < whole; at += 16) addBlock(word(at), word(at + 4), word(at + 8), word(at + 12));
  return addRest(word(whole), word(whole + 4), word(whole + 8), word(whole + 12), bytes.length);
}

/** `hash128` of the 40 bytes of two hashes and a number, all little-endian, without making the bytes. */
export function hashNode(parent: Uint32Array, site: Uint32Array, n: number): Uint32Array {
  h.fill(0);
  addBlock(parent[0]!, parent[1]!, parent[2]!, parent[3]!);
  addBlock(site[0]!, site[1]!, site[2]!, site[3]!);
  return addRest(n | 0, Math.floor(n / 2 ** 32), 0, 0, 40);
}

const DIGITS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Eight hex digits a word. */
export function hex(words: Uint32Array): string {
  let text = "";
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    text += DIGITS[word >>> 24]! + DIGITS[(word >>> 16) & 255]! + DIGITS[(word >>> 8) & 255]! + DIGITS[word & 255]!;
  }
  return text;
}

const ROUNDS: Uint32Array = roundConstants();

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes, computed exactly with integers. */
function roundConstants(): Uint32Array {
  return Uint32Array.from(primes(64), (p) => fraction(p, 3n));
}

function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let n = 2n; found.length < count; n++) if (found.every((p) => n % p !== 0n)) found.push(n);
  return found;
}

function power(x: bigint, n: bigint): bigint {
  return n === 2n ? x * x : x * x * x;
}

function fraction(p: bigint, root: bigint): number {
  const target = p << (32n * root);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (power(middle, root) <= target) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}

/** Lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  const padded = pad(bytes);
  const view = new DataView(padded.buffer);
  const state = Uint32Array.from(primes(8), (p) => fraction(p, 2n));
  const w = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) compress(state, w, view, at);
  return hex(state);
}

function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(((bytes.length + 8) & ~63) + 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return padded;
}

function compress(state: Uint32Array, w: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = rotate(x, 25) ^ rotate(x, 14) ^ (x >>> 3);
    const s1 = rotate(y, 15) ^ rotate(y, 13) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, k] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7);
    const t1 = (k + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!) | 0;
    const s0 = rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, k].forEach((word, i) => (state[i]! += word));
}
