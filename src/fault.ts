/**
 * The two kinds of thrown error that every room shares.
 *
 *   Fault   the world failed, or a guest did: stable `code`, plain message, foreign stack. Users see it.
 *   Defect  we erred: its message asks for a bug report. Nobody should ever see it.
 *
 * A mistake in a program is neither: it is a `Diagnostic` value of `src/lang`, collected and never thrown.
 */

/** One line of a stack trace in a guest's own source, innermost first. Lines and columns count from 1. */
export interface ForeignFrame {
  readonly function: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** What a fault can carry beside its code and message. */
export interface FaultDetails {
  /** `"sennit"`, `"program"`, or the name of the package that failed. */
  readonly source?: string;
  /** The guest's stack, innermost frame first. */
  readonly frames?: readonly ForeignFrame[];
  /** One action that would help. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** A failure at run time that is not our mistake. Callers match on `code`; wording is free to improve. */
export class Fault extends Error {
  readonly code: string;
  readonly source: string;
  readonly frames: readonly ForeignFrame[];
  readonly hint: string | undefined;

  constructor(code: string, message: string, details: FaultDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "Fault";
    this.code = code;
    this.source = details.source ?? "sennit";
    this.frames = details.frames ?? [];
    this.hint = details.hint;
  }
}

/** Our own mistake. */
export class Defect extends Error {
  constructor(message: string, cause?: unknown) {
    super(`${message} (this is a bug in sennit; please report it)`, cause === undefined ? undefined : { cause });
    this.name = "Defect";
  }
}
