/** Errors as the program sees them: from faults, from WIT errs, from raised values; with traces. */
import { Fault } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { CaseValue } from "../../wit/value.ts";
import { toAny } from "../data/any-data.ts";
import type { Fiber } from "./fiber.ts";
import { placeOf } from "../ir/ir.ts";
import { printForm } from "../data/print.ts";
import type { Type } from "../types.ts";
import { ErrorValue } from "../value.ts";
import type { TraceLine } from "../value.ts";
import type { Machine } from "./machine.ts";

/** Longer traces are of runaway recursion, and say the same line over and over. */
const TRACE_LINES = 64;

/** Innermost first, through the blocks that started this fiber. */
export function trace(m: Machine, fiber: Fiber): TraceLine[] {
  const lines: TraceLine[] = [];
  let at: Fiber | undefined = fiber;
  while (at !== undefined && lines.length < TRACE_LINES) {
    for (let i = at.frames.length - 1; i >= 0 && lines.length < TRACE_LINES; i--) {
      const { fn, pc } = at.frames[i]!;
      if (fn.file >= 0) lines.push({ package: null, function: fn.name, ...placeOf(m.ir, fn, pc) });
    }
    at = parentOf(m, at);
  }
  return lines;
}

function parentOf(m: Machine, fiber: Fiber): Fiber | undefined {
  switch (fiber.role.kind) {
    case "main":
      return undefined;
    case "branch":
      return m.fibers.get(m.groups.get(fiber.role.group)?.parent ?? -1);
    case "callback":
      return m.fibers.get(m.pending.get(fiber.role.call)?.fiber ?? -1);
  }
}

export function makeError(m: Machine, fiber: Fiber, code: string, message: string, value: Value = null): ErrorValue {
  return new ErrorValue({ code, message, value, trace: trace(m, fiber) });
}

/** What was thrown while an instruction ran. Anything but a fault is our mistake and goes on up. */
export function errorOf(m: Machine, fiber: Fiber, thrown: unknown): ErrorValue {
  if (thrown instanceof Fault) return fromFault(m, fiber, thrown);
  // V8's own limits: strings of 2^29 units, arrays of 2^32 elements, maps of 2^24 entries.
  if (
    thrown instanceof RangeError &&
    /^Invalid (string|array|typed array) length|^Map maximum size/.test(thrown.message)
  ) {
    return makeError(m, fiber, "out-of-range", "A value became too large for memory");
  }
  throw thrown;
}

function fromFault(m: Machine, fiber: Fiber, fault: Fault): ErrorValue {
  const foreign = fault.frames.map((frame) => ({
    package: fault.source,
    function: frame.function,
    file: frame.file ?? "",
    line: frame.line ?? 0,
    column: frame.column ?? 0,
  }));
  return new ErrorValue({
    code: fault.code,
    message: fault.hint === undefined ? fault.message : `${fault.message} (${fault.hint})`,
    source: fault.source,
    trace: [...foreign, ...trace(m, fiber)],
  });
}

/** An answer's error gets the places of the workflow below its own. */
export function withTrace(m: Machine, fiber: Fiber, error: ErrorValue): ErrorValue {
  if (error.trace.some((line) => line.package === null)) return error;
  return new ErrorValue({ ...error, trace: [...error.trace, ...trace(m, fiber)] });
}

/** `raise x`. */
export function raised(m: Machine, fiber: Fiber, value: Value, type: number): ErrorValue {
  const of = m.ir.types[type]!;
  const message = printForm(value, of, m.ir.types);
  return new ErrorValue({ ...makeError(m, fiber, "raised", message, toAny(value, of, type)), source: "program" });
}

/** A WIT err: the code is the case's name, kebab-case as in the WIT. */
export function fromErr(m: Machine, fiber: Fiber, payload: Value, err: number, source: string): ErrorValue {
  const type: Type | undefined = m.ir.types[err];
  if (type === undefined) return new ErrorValue({ code: "failed", message: "failed", source, trace: trace(m, fiber) });
  return new ErrorValue({
    code: codeOf(payload, type),
    message: messageOf(payload, type, m.ir.types),
    value: toAny(payload, type, err),
    source,
    trace: trace(m, fiber),
  });
}

function codeOf(payload: Value, type: Type): string {
  const name =
    type.kind === "variant" && payload instanceof CaseValue
      ? type.cases[payload.index]?.name
      : type.kind === "enum"
        ? type.cases[payload as number]
        : undefined;
  return name?.replaceAll("_", "-") ?? "failed";
}

/** A text says itself, as does a case that holds only a text. */
function messageOf(payload: Value, type: Type, types: readonly Type[]): string {
  if (
    type.kind === "variant" &&
    payload instanceof CaseValue &&
    type.cases[payload.index]?.payload?.kind === "String"
  ) {
    return payload.payload as string;
  }
  return printForm(payload, type, types);
}

/** The same error as part of a larger failure. */
export function within(error: ErrorValue, branch: number | null, suppressed: readonly ErrorValue[]): ErrorValue {
  if (suppressed.length === 0 && branch === null) return error;
  return new ErrorValue({ ...error, branch: branch ?? error.branch, suppressed: [...error.suppressed, ...suppressed] });
}
