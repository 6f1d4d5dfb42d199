/**
 * The one error that reading untrusted WIT data throws: component binaries (decoder) and canonical CBOR of `Any`.
 * It is not a `Fault`, because no package or program is known here yet: the host wraps it with the place it came from.
 */

export type WitErrorCode =
  /** The bytes are something else, such as a core module or text. */
  | "not-a-component"
  /** The bytes end in the middle of something. */
  | "truncated"
  /** The bytes break a rule of their format. */
  | "malformed"
  /** Well-formed, but a feature this host does not have. */
  | "unsupported"
  /** Nested deeper than the limit. */
  | "too-deep"
  /** More items, bytes or work than the limit. */
  | "too-large";

/** Bytes that cannot be read (or, when encoding, a value that has no bytes). Callers match on `code`. */
export class WitError extends Error {
  readonly code: WitErrorCode;
  /** Where in the bytes the trouble was noticed; null when there are no bytes, as in encoding. */
  readonly offset: number | null;

  constructor(code: WitErrorCode, message: string, offset: number | null) {
    super(offset === null ? message : `${message} (at byte ${offset})`);
    this.name = "WitError";
    this.code = code;
    this.offset = offset;
  }
}
