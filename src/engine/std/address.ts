/**
 * Addresses by whom they reach (HAZARDS 34): what a public name must never lead to.
 *
 *   never   the link itself, where clouds keep their credentials, and what is no single machine: refused, granted or not
 *   local   this machine and private networks: reached when the address itself was granted
 *   public  everybody's
 *
 *   D1  An IPv4 address inside an IPv6 one (mapped, translated, 6to4) is judged as the IPv4 address it leads to.
 */

export type AddressKind = "never" | "local" | "public";

/** What cannot be read as an address is `never`. */
export function addressKind(address: string): AddressKind {
  const bytes = addressBytes(address);
  if (bytes === null) return "never";
  return bytes.length === 4 ? kind4(bytes) : kind6(bytes);
}

export function isLoopback(address: string): boolean {
  const bytes = addressBytes(address);
  if (bytes === null) return false;
  const inner = bytes.length === 16 && hasPrefix(bytes, MAPPED, 96) ? bytes.slice(12) : bytes;
  return inner.length === 4 ? inner[0] === 127 : inner.every((byte, at) => byte === (at === 15 ? 1 : 0));
}

/** Address and length of each prefix. */
type Prefixes = readonly (readonly [address: readonly number[], bits: number])[];

const NEVER4: Prefixes = [
  [[0, 0, 0, 0], 8], // "this network": Linux takes it for this machine
  [[169, 254, 0, 0], 16], // link-local
  [[168, 63, 129, 16], 32], // a cloud's own service for its machines
  [[192, 0, 0, 0], 24], // protocols, and a cloud's credentials
  [[224, 0, 0, 0], 3], // multicast, reserved, broadcast
];

const LOCAL4: Prefixes = [
  [[127, 0, 0, 0], 8],
  [[10, 0, 0, 0], 8],
  [[172, 16, 0, 0], 12],
  [[192, 168, 0, 0], 16],
  [[100, 64, 0, 0], 10], // behind a carrier's translation
  [[198, 18, 0, 0], 15], // measurements
];

function kind4(bytes: readonly number[]): AddressKind {
  if (isIn(bytes, NEVER4)) return "never";
  return isIn(bytes, LOCAL4) ? "local" : "public";
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

const NEVER6: Prefixes = [
  [[0xfe, 0x80], 9], // link-local, and the site-local ones of old
  [[0xff], 8], // multicast
  [[0x20, 0x01, 0, 0], 32], // tunnels that hide where they end
  [[0x01, 0, 0, 0, 0, 0, 0, 0], 64], // discarded
  [[0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54], 128], // clouds' credentials
  [[0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x02, 0x54], 128],
];

const LOCAL6: Prefixes = [
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128],
  [[0xfc], 7],
  [[0, 0x64, 0xff, 0x9b, 0, 1], 48], // translated within a network
];

function kind6(bytes: readonly number[]): AddressKind {
  if (isIn(bytes, NEVER6)) return "never";
  if (isIn(bytes, LOCAL6)) return "local";
  const inner = inner4(bytes); // D1
  return inner === null ? "public" : kind4(inner);
}

function inner4(bytes: readonly number[]): readonly number[] | null {
  const isLast = [MAPPED, [0, 0x64, 0xff, 0x9b], []].some((prefix) => hasPrefix(bytes, prefix, 96));
  if (isLast) return bytes.slice(12);
  return hasPrefix(bytes, [0x20, 0x02], 16) ? bytes.slice(2, 6) : null;
}

function isIn(bytes: readonly number[], prefixes: Prefixes): boolean {
  return prefixes.some(([prefix, bits]) => hasPrefix(bytes, prefix, bits));
}

/** A prefix that is shorter than its bits ends in zeros. */
function hasPrefix(bytes: readonly number[], prefix: readonly number[], bits: number): boolean {
  for (let at = 0; at * 8 < bits; at++) {
    const mask = 0xff & (0xff << Math.max(0, 8 - (bits - at * 8)));
    if (((bytes[at] ?? 0) & mask) !== ((prefix[at] ?? 0) & mask)) return false;
  }
  return true;
}

/** 4 or 16 bytes. IPv6 may stand in brackets and carry a zone. */
function addressBytes(address: string): readonly number[] | null {
  const plain = address.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(plain)) {
    const bytes = plain.split(".").map(Number);
    return bytes.every((byte) => byte <= 255) ? bytes : null;
  }
  if (!plain.includes(":") || !URL.canParse(`http://[${plain}]/`)) return null;
  return groupBytes(new URL(`http://[${plain}]/`).hostname.slice(1, -1));
}

/** Of the one form that URLs give an IPv6 address: hexadecimal groups, with at most one `::`. */
function groupBytes(text: string): readonly number[] {
  const [head = "", tail = ""] = text.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [first, last] = [groups(head), groups(tail)];
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0");
  return [...first, ...zeros, ...last].flatMap((group) => {
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}
