/** Escapes of string, character and bytes literals. */

export type EscapeReading =
  /** `length` counts from the backslash. */
  | { readonly kind: "text"; readonly text: string; readonly length: number }
  | { readonly kind: "byte"; readonly byte: number; readonly length: number }
  | { readonly kind: "unknown"; readonly escape: string; readonly length: number; readonly hint: string };

/** Where the escape stands: each literal has its own quote, only bytes have `\x`. */
export type EscapeContext = "string" | "interpolation" | "char" | "bytes";

const SIMPLE: Readonly<Record<string, string>> = {
  n: "\n",
  t: "\t",
  r: "\r",
  "0": "\0",
  "\\": "\\",
  '"': '"',
  "'": "'",
};
const UNICODE = /\\u\{([0-9a-fA-F]{1,6})\}/y;
const BYTE = /\\x([0-9a-fA-F]{2})/y;

/** Reads the escape whose backslash is at `at`. */
export function readEscape(text: string, at: number, context: EscapeContext): EscapeReading {
  const letter = text[at + 1] ?? "";
  if (letter === "u" && context !== "bytes") return readUnicode(text, at);
  if (letter === "x" && context === "bytes") return readByte(text, at);
  const plain = letter === "'" && context !== "char" ? undefined : SIMPLE[letter];
  if (plain !== undefined) return { kind: "text", text: plain, length: 2 };
  return unknown(text, at, 2, unknownHint(letter, context));
}

function readUnicode(text: string, at: number): EscapeReading {
  UNICODE.lastIndex = at;
  const found = UNICODE.exec(text);
  if (found === null) return unknown(text, at, 2, "Write one to six hexadecimal digits in braces: `\\u{1F600}`");
  const code = Number.parseInt(found[1] ?? "", 16);
  const isScalar = code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  if (!isScalar) return unknown(text, at, found[0].length, "A character is below 110000 and no surrogate (D800–DFFF)");
  return { kind: "text", text: String.fromCodePoint(code), length: found[0].length };
}

function readByte(text: string, at: number): EscapeReading {
  BYTE.lastIndex = at;
  const found = BYTE.exec(text);
  if (found === null) return unknown(text, at, 2, "Write two hexadecimal digits: `\\x0a`");
  return { kind: "byte", byte: Number.parseInt(found[1] ?? "", 16), length: 4 };
}

function unknown(text: string, at: number, length: number, hint: string): EscapeReading {
  const next = text.codePointAt(at + 1);
  const isPlain = next !== undefined && next !== 10 && next !== 13;
  const wide = length === 2 && isPlain ? 1 + String.fromCodePoint(next).length : length;
  const shown = isPlain ? wide : 1;
  return { kind: "unknown", escape: text.slice(at, at + shown), length: shown, hint };
}

function unknownHint(letter: string, context: EscapeContext): string {
  if (letter === "{" || letter === "}") return `Write \`${letter}${letter}\` for a brace`;
  if (letter === "x") return 'Write `\\u{41}`; `\\x41` is for bytes: `b"\\x41"`';
  if (letter === "u") return "Bytes are written `\\x0a`";
  if (context === "bytes") return 'Known are `\\n \\t \\r \\0 \\\\ \\"` and `\\x0a`';
  return 'Known are `\\n \\t \\r \\0 \\\\ \\"` and `\\u{…}`; a backslash itself is `\\\\`';
}
