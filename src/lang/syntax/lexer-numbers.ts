/** Numbers and durations: from their digits to an exact value, or to the reason why there is none. */

/** A literal's meaning, or what is wrong with it. */
export type NumberReading =
  | { readonly type: "INT" | "DURATION"; readonly value: number | bigint; readonly end: number }
  | { readonly type: "FLOAT"; readonly value: number; readonly end: number }
  | { readonly type: "INVALID"; readonly end: number; readonly problem: NumberProblem };

export type NumberProblem =
  | { readonly kind: "suffix"; readonly start: number; readonly suffix: string; readonly hint: string }
  | { readonly kind: "leading-zero"; readonly hint: string }
  | { readonly kind: "range"; readonly what: string; readonly hint: string };

const LARGEST = 2n ** 64n - 1n;
/** Nanoseconds of each unit, as a power of ten times a small factor. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1000n],
  ["ms", 1_000_000n],
  ["s", 1_000_000_000n],
  ["m", 60_000_000_000n],
  ["h", 3_600_000_000_000n],
  ["d", 86_400_000_000_000n],
]);

const HEX = /0[xX][0-9a-fA-F_]*/y;
const DECIMAL = /[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9][0-9_]*)?/y;
const DIGITS = /[0-9][0-9_]*/y;
const SUFFIX = /[A-Za-z0-9_]*/y;

/** Reads the number that starts at `start`. `digitsOnly`: after a `.`, where `t.0.1` is two indices (rule 37). */
export function readNumber(text: string, start: number, digitsOnly: boolean): NumberReading {
  const hex = digitsOnly ? null : matchAt(HEX, text, start);
  if (hex !== null) return readHex(text, start, hex[0]);
  const found = matchAt(digitsOnly ? DIGITS : DECIMAL, text, start);
  const written = found?.[0] ?? "";
  const end = start + written.length;
  const suffix = matchAt(SUFFIX, text, end)?.[0] ?? "";
  const digits = written.replaceAll("_", "");
  if (suffix !== "") return readSuffixed(digits, found?.[2] !== undefined, suffix, end);
  if (hasLeadingZero(digits)) return leadingZero(digits, end);
  if (found?.[1] === undefined && found?.[2] === undefined) return readInteger(digits, end);
  const value = Number(digits);
  if (Number.isFinite(value)) return { type: "FLOAT", value, end };
  return outOfRange("Float", "The largest Float is about 1.8e308; `inf` is infinity", end);
}

function readHex(text: string, start: number, written: string): NumberReading {
  const end = start + written.length;
  const suffix = matchAt(SUFFIX, text, end)?.[0] ?? "";
  if (suffix !== "") return badSuffix(end, suffix, "A hexadecimal number has the digits 0–9 and a–f");
  const digits = written
    .slice(2)
    .replaceAll("_", "")
    .replace(/^0+(?=.)/, "");
  if (digits === "") return badSuffix(start + 1, written.slice(1), "Write digits after it: `0x5d`");
  if (digits.length > 16) return tooLargeInt(end);
  return { type: "INT", value: compact(BigInt(`0x${digits}`)), end };
}

function readInteger(digits: string, end: number): NumberReading {
  if (digits.length > 20) return tooLargeInt(end);
  const value = BigInt(digits);
  return value > LARGEST ? tooLargeInt(end) : { type: "INT", value: compact(value), end };
}

function readSuffixed(digits: string, hasExponent: boolean, suffix: string, at: number): NumberReading {
  const unit = UNITS.get(suffix);
  if (unit === undefined || hasExponent) return badSuffix(at, suffix, suffixHint(digits, suffix));
  if (hasLeadingZero(digits)) return leadingZero(digits, at + suffix.length);
  return readDuration(digits, unit, at + suffix.length);
}

function readDuration(digits: string, unit: bigint, end: number): NumberReading {
  const [whole = "0", fraction = ""] = digits.split(".");
  const decimals = fraction.replace(/0+$/, "");
  if (whole.length > 20) return tooLong(end);
  // A day has 10^13 × 8.64 ns: more decimals than that cannot give whole nanoseconds.
  if (decimals.length > 15) return tooFine(end);
  const scale = 10n ** BigInt(decimals.length);
  const scaled = BigInt(whole + decimals) * unit;
  if (scaled % scale !== 0n) return tooFine(end);
  const value = scaled / scale;
  return value > LARGEST ? tooLong(end) : { type: "DURATION", value: compact(value), end };
}

function suffixHint(digits: string, suffix: string): string {
  const unit = unitMeant(suffix);
  if (unit !== undefined && !digits.includes("e")) return `Write \`${digits}${unit}\``;
  if (/^(d|h|m|s|ms|us|ns)[0-9]/.test(suffix)) return "A duration has one unit: `90s`, not `1m30s`";
  return "Durations end in `ns us ms s m h d`; anything else needs a space or an operator before it";
}

/** `days` → `d`, `sec` → `s`: by what people write elsewhere. */
function unitMeant(suffix: string): string | undefined {
  const word = suffix.toLowerCase();
  if (/^(d|days?)$/.test(word)) return "d";
  if (/^(h|hrs?|hours?)$/.test(word)) return "h";
  if (/^(m|mins?|minutes?)$/.test(word)) return "m";
  if (/^(s|secs?|seconds?)$/.test(word)) return "s";
  if (/^(ms|millis|msecs?|milliseconds?)$/.test(word)) return "ms";
  if (/^(us|micros|usecs?|microseconds?)$/.test(word)) return "us";
  if (/^(ns|nanos|nsecs?|nanoseconds?)$/.test(word)) return "ns";
  return undefined;
}

function hasLeadingZero(digits: string): boolean {
  return /^0[0-9]/.test(digits);
}

function leadingZero(digits: string, end: number): NumberReading {
  const hint = `Write \`${digits.replace(/^0+(?=[0-9])/, "").slice(0, 40)}\``;
  return { type: "INVALID", end, problem: { kind: "leading-zero", hint } };
}

function badSuffix(start: number, suffix: string, hint: string): NumberReading {
  return { type: "INVALID", end: start + suffix.length, problem: { kind: "suffix", start, suffix, hint } };
}

function outOfRange(what: string, hint: string, end: number): NumberReading {
  return { type: "INVALID", end, problem: { kind: "range", what, hint } };
}

function tooLargeInt(end: number): NumberReading {
  return outOfRange("Int", "An Int goes from -9223372036854775808 to 18446744073709551615", end);
}

function tooLong(end: number): NumberReading {
  return outOfRange("Duration", "The longest Duration is 18446744073709551615ns, about 584 years", end);
}

function tooFine(end: number): NumberReading {
  return outOfRange("Duration", "A Duration is a whole number of nanoseconds", end);
}

function compact(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
