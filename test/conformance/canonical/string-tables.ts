/** Strings in every encoding: what bytes mean, and into which bytes texts go. The reference's texts, and texts that are none. */
import type { StringEncoding } from "../../../src/host/component/abi/abi.ts";
import { string } from "./types.ts";
import { INVALID, TRAPPED, type Lift, type Lower, type Refused, type Vectors } from "./vectors.ts";

/** The high bit of a length says that a latin1+utf16 string is UTF-16. */
const TAG = 0x8000_0000;
const PAGE = 65536;

const TEXTS: readonly string[] = [
  "",
  "a",
  "hi",
  "\0",
  "a\0b",
  "\u0080",
  "\u0080b",
  "ab\u00efc",
  "\u01ffy",
  "xy\u01ff",
  "a\ud7ffb",
  "a\u02ff\u03ff\u04ffbc",
  "\uf123",
  "\uf123\uf123abc",
  "abcdef\uf123",
  // Beyond the reference's: astral, a byte order mark, what transcode.wast and strings.wast carry.
  "\u{1f370}",
  "h\u00f6\u2603\u{1f370}",
  "\ufeffbom",
  "\u{10ffff}",
  "\u00ff",
  "\u0100",
  "\u2603\ufe0f\u00f6\u30c4",
  // Long ones, whose last character decides.
  ...["\u007f", "\u0080", "\u00ff", "\u0100", "\u07ff", "\u0800", "\uffff", "\u{10000}"].map(
    (last) => "x".repeat(100) + last,
  ),
];

const ENCODINGS: readonly StringEncoding[] = ["utf8", "utf16", "latin1+utf16"];

interface Form {
  /** The length, with its tag. */
  readonly units: number;
  readonly bytes: readonly number[];
}

/** All forms in which a guest may give the text; the first is the one that a host writes. */
function forms(text: string, encoding: StringEncoding): readonly Form[] {
  const wide = { units: text.length, bytes: utf16(text) };
  const isLatin = [...text].every((each) => each.charCodeAt(0) < 0x100);
  switch (encoding) {
    case "utf8":
      return [utf8(text)].map((bytes) => ({ units: bytes.length, bytes }));
    case "utf16":
      return [wide];
    case "latin1+utf16": {
      const tagged = { units: (text.length | TAG) >>> 0, bytes: wide.bytes };
      return isLatin ? [{ units: text.length, bytes: [...text].map((each) => each.charCodeAt(0)) }, tagged] : [tagged];
    }
  }
}

function utf8(text: string): readonly number[] {
  return [...new TextEncoder().encode(text)];
}

function utf16(text: string): readonly number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at)).flatMap((unit) => [
    unit & 0xff,
    unit >> 8,
  ]);
}

function lift(encoding: StringEncoding, text: string, units: number, bytes: readonly number[]): Lift {
  const tagged = encoding === "latin1+utf16" && units >= TAG ? " tagged" : "";
  return {
    name: `strings: ${encoding}${tagged} ${JSON.stringify(text)}`,
    type: string,
    core: [0, units],
    memory: bytes,
    expect: text,
  };
}

function lower(encoding: StringEncoding, text: string): Lower {
  const [{ units, bytes } = { units: 0, bytes: [] }] = forms(text, encoding);
  return {
    name: `strings: ${JSON.stringify(text)} to ${encoding}`,
    type: string,
    value: text,
    core: [null, units],
    bytes: { behind: 0, are: bytes },
  };
}

function refused(
  name: string,
  core: readonly [number, number],
  expect: Refused | string,
  memory?: readonly number[],
): Lift {
  return { name, type: string, core, expect, ...(memory === undefined ? {} : { memory }) };
}

/** Pointers and lengths that leave memory, or are not aligned. */
function nowhere(encoding: StringEncoding): readonly Lift[] {
  const unit = encoding === "utf16" ? 2 : 1;
  const name = (what: string): string => `strings: ${encoding} ${what}`;
  const everywhere = [
    refused(name("empty at the end of memory"), [PAGE, 0], ""),
    refused(name("empty in the middle"), [100, 0], ""),
    refused(name("up to the end of memory"), [PAGE - 2, 2 / unit], "\0".repeat(2 / unit)),
    refused(name("empty beyond memory"), [0xdead_beee, 0], TRAPPED),
    refused(name("empty just beyond memory"), [PAGE + 2, 0], TRAPPED),
    refused(name("one unit too long"), [PAGE - 2, 2 / unit + 1], TRAPPED),
    refused(name("from beyond memory"), [0x8000_0000, 1], TRAPPED),
    refused(name("round the end of addresses"), [0xffff_fffe, 4], TRAPPED),
    refused(name("as long as a length can be"), [0, 0x7fff_ffff], TRAPPED),
    refused(name("longer than memory"), [0, PAGE / unit + 1], TRAPPED),
  ];
  if (encoding === "utf8") return [...everywhere, refused(name("2^32 - 1 long"), [2, 0xffff_ffff], TRAPPED)];
  const odd = [
    refused(name("empty at an odd address"), [1, 0], TRAPPED),
    refused(name("at an odd address"), [1, 1], TRAPPED),
    refused(name("all bits of the length"), [0, 0xffff_ffff], TRAPPED),
  ];
  if (encoding === "utf16")
    return [...everywhere, ...odd, refused(name("length of which twice is 0"), [0, TAG], TRAPPED)];
  return [
    ...everywhere,
    ...odd,
    refused(name("empty and tagged"), [0, TAG], ""),
    refused(name("empty and tagged at an odd address"), [1, TAG], TRAPPED),
    refused(name("tagged, half of it beyond memory"), [PAGE - 2, (TAG | 2) >>> 0], TRAPPED),
  ];
}

/** Bytes that are no text. Every byte is a Latin-1 character. */
function malformed(encoding: StringEncoding): readonly Lift[] {
  if (encoding === "utf8") {
    return Object.entries(BAD_UTF8).map(([what, bytes]) =>
      refused(`strings: utf8 ${what}`, [0, bytes.length], INVALID, bytes),
    );
  }
  const tag = encoding === "utf16" ? 0 : TAG;
  return Object.entries(BAD_UTF16).map(([what, bytes]) =>
    refused(`strings: ${encoding} ${what}`, [0, (bytes.length / 2 + tag) >>> 0], INVALID, bytes),
  );
}

const BAD_UTF8: Readonly<Record<string, readonly number[]>> = {
  "the byte ff": [0xff],
  "a lead byte alone": [0xc3],
  "a continuation alone": [0x61, 0x80, 0x62],
  "a lead byte before a letter": [0xc3, 0x61],
  "three bytes cut to two": [0xe2, 0x98],
  "four bytes cut to three": [0xf0, 0x9f, 0x8d],
  "an overlong slash": [0xc0, 0xaf],
  "an overlong slash of three": [0xe0, 0x80, 0xaf],
  "an overlong slash of four": [0xf0, 0x80, 0x80, 0xaf],
  "an overlong NUL": [0xc0, 0x80],
  "a high surrogate": [0xed, 0xa0, 0x80],
  "a low surrogate": [0xed, 0xbf, 0xbf],
  "a pair of surrogates": [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  "a character beyond the last": [0xf4, 0x90, 0x80, 0x80],
  "a lead byte of five": [0xf8, 0x88, 0x80, 0x80, 0x80],
};

const BAD_UTF16: Readonly<Record<string, readonly number[]>> = {
  "a high surrogate alone": [0x3c, 0xd8],
  "a low surrogate alone": [0x70, 0xdf],
  "a pair in the wrong order": [0x70, 0xdf, 0x3c, 0xd8],
  "a high surrogate before a letter": [0x3c, 0xd8, 0x61, 0],
  "two high surrogates and a low one": [0x3c, 0xd8, 0x3c, 0xd8, 0x70, 0xdf],
};

export const STRINGS: readonly Vectors[] = ENCODINGS.map((encoding) => ({
  encoding,
  lifts: [
    ...TEXTS.flatMap((text) => forms(text, encoding).map(({ units, bytes }) => lift(encoding, text, units, bytes))),
    ...nowhere(encoding),
    ...malformed(encoding),
  ],
  lowers: TEXTS.map((text) => lower(encoding, text)),
}));
