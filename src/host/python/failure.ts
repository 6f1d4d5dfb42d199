/**
 * Makes a Fault from the failure record that the guest side (`sennit_failure.py`) sends. The record is untrusted: it is
 * read like any value, and a broken one still gives a Fault.
 */
import { Fault, type ForeignFrame } from "../../fault.ts";
import { LiftBudget } from "../../wit/budget.ts";
import type { WitType } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { outOfMemory } from "../package/limits.ts";
import { codecOf } from "./codec.ts";
import { type HandleTable, Mismatch } from "./marshal.ts";
import { Reader } from "./reader.ts";

const TEXT: WitType = { kind: "string" };
const COUNT: WitType = { kind: "u32" };
const RECORD: WitType = {
  kind: "tuple",
  items: [COUNT, COUNT, TEXT, TEXT, { kind: "list", element: { kind: "tuple", items: [TEXT, TEXT, COUNT, COUNT] } }],
};

export const NO_HANDLES: HandleTable = {
  lower: () => {
    throw new Mismatch("there are no handles here");
  },
  lift: () => {
    throw new Mismatch("there are no handles here");
  },
};

/** More than any honest record needs. */
const LIMITS = { nodes: 10_000, bytes: 1 << 20 };

/** Kind of a failure record: an exception of the plugin's, a failed import, a plugin that does not fit its world. */
export const FAILURE_KIND = { exception: 0, failedImport: 1, misfit: 2 } as const;

export interface FailureRecord {
  readonly kind: number;
  /** Which import failed. */
  readonly number: number;
  readonly type: string;
  readonly message: string;
  readonly frames: readonly ForeignFrame[];
}

/** Reads a record; a forged one becomes a record that says so. */
export function readFailure(bytes: Uint8Array<ArrayBuffer>): FailureRecord {
  try {
    const reader = new Reader(NO_HANDLES, new LiftBudget(LIMITS));
    reader.open(bytes);
    const [kind, number, type, message, frames] = codecOf(RECORD).decode(reader) as [
      number,
      number,
      string,
      string,
      Value[],
    ];
    return { kind, number, type, message, frames: frames.map(frameOf) };
  } catch (error) {
    if (!(error instanceof Mismatch) && !(error instanceof Fault)) throw error;
    return { kind: 0, number: 0, type: "broken", message: "it failed in a way that it could not describe", frames: [] };
  }
}

function frameOf(value: Value): ForeignFrame {
  const [name, file, line, column] = value as unknown as [string, string, number, number];
  return { function: name, file, ...(line > 0 ? { line } : {}), ...(column > 0 ? { column } : {}) };
}

/** Whose failure it is. */
export interface Failing {
  readonly source: string;
  /** What it was doing, and a colon: "mean: ". */
  readonly doing: string;
  readonly loading: boolean;
  /** Bytes that it may have. */
  readonly memory: number;
}

/** The fault of a call (or of loading) that failed. */
export function failureFault(record: FailureRecord, { source, doing, loading, memory }: Failing): Fault {
  const [top] = record.frames;
  const place = top?.file === undefined ? "" : ` (${top.file}${top.line === undefined ? "" : `:${top.line}`})`;
  const what =
    record.kind === FAILURE_KIND.misfit ? record.message : `${record.type}: ${record.message}`.replace(/: $/, "");
  const text = `${source}: ${doing}${what}${place}`;
  if (record.type === "MemoryError") return outOfMemory(source, text, memory, { frames: record.frames });
  return new Fault(codeOf(record, loading), text, { source, frames: record.frames });
}

function codeOf({ kind, type }: FailureRecord, loading: boolean): string {
  const misfit = kind === FAILURE_KIND.misfit;
  if (loading) return misfit || isSyntax(type) ? "plugin-invalid" : "plugin-trapped";
  return misfit ? "plugin-invalid-value" : "plugin-trapped";
}

function isSyntax(type: string): boolean {
  return type === "SyntaxError" || type === "IndentationError" || type === "TabError";
}
