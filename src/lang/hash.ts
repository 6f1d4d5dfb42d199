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

const C: readonly number[] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];
/** How far the product and then the lane of each of the four lanes is rotated, and what is added. */
const PRODUCT_ROTATION: readonly number[] = [15, 16, 17, 18];
const LANE_ROTATION: readonly number[] = [19, 17, 15, 13];
const LANE_ADDEND: readonly number[] = [0x561ccd1b, 0x0bcaa747, 0x96cd1c35, 0x32ac3b17];

function scramble(word: number, lane: number): number {
  return Math.imul(rotate(Math.imul(word, C[lane]!), PRODUCT_ROTATION[lane]!), C[(lane + 1) & 3]!);
}

/** Four 32-bit words. */
export function hash128(bytes: Uint8Array, seed = 0): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const h = [seed, seed, seed, seed];
  const blocks = bytes.length >>> 4;
  for (let block = 0; block < blocks; block++) {
    for (let lane = 0; lane < 4; lane++) {
      const mixed = h[lane]! ^ scramble(view.getInt32(block * 16 + lane * 4, true), lane);
      const turned = (rotate(mixed, LANE_ROTATION[lane]!) + h[(lane + 1) & 3]!) | 0;
      h[lane] = (Math.imul(turned, 5) + LANE_ADDEND[lane]!) | 0;
    }
  }
  const tail = new Uint8Array(16);
  tail.set(bytes.subarray(blocks * 16));
  const rest = new DataView(tail.buffer);
  for (let lane = 3; lane >= 0; lane--) h[lane]! ^= scramble(rest.getInt32(lane * 4, true), lane);
  for (let lane = 0; lane < 4; lane++) h[lane]! ^= bytes.length;
  spread(h);
  for (let lane = 0; lane < 4; lane++) h[lane] = finish(h[lane]!);
  spread(h);
  return Uint32Array.from(h, (word) => word >>> 0);
}

function spread(h: number[]): void {
  h[0] = (h[0]! + h[1]! + h[2]! + h[3]!) | 0;
  for (let lane = 1; lane < 4; lane++) h[lane] = (h[lane]! + h[0]) | 0;
}

/** Eight hex digits a word. */
export function hex(words: Uint32Array): string {
  let text = "";
  for (const word of words) text += word.toString(16).padStart(8, "0");
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
  const h = Uint32Array.from(primes(8), (p) => fraction(p, 2n));
  const w = new Uint32Array(64);
  for (let at = 0; at < padded.length; at += 64) compress(h, w, view, at);
  return hex(h);
}

function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(((bytes.length + 8) & ~63) + 64);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(padded.length - 8, BigInt(bytes.length) * 8n);
  return padded;
}

function compress(h: Uint32Array, w: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15]!;
    const y = w[i - 2]!;
    const s0 = rotate(x, 25) ^ rotate(x, 14) ^ (x >>> 3);
    const s1 = rotate(y, 15) ^ rotate(y, 13) ^ (y >>> 10);
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1;
  }
  let [a, b, c, d, e, f, g, k] = h as unknown as [number, number, number, number, number, number, number, number];
  for (let i = 0; i < 64; i++) {
    const s1 = rotate(e, 26) ^ rotate(e, 21) ^ rotate(e, 7);
    const t1 = (k + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i]! + w[i]!) | 0;
    const s0 = rotate(a, 30) ^ rotate(a, 19) ^ rotate(a, 10);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [k, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0];
  }
  [a, b, c, d, e, f, g, k].forEach((word, i) => (h[i]! += word));
}
