/**
 * How a run ended, as bytes: a value of the program's type, an error as data, or that it was cancelled.
 *
 *   E1  An error's value crosses as untyped data; of what is none, nothing does. Its trace and the errors it suppressed are bounded.
 */
import { Fault } from "../../../fault.ts";
import { readFault, writeFault } from "../../../host/remote/frames/fault-data.ts";
import { Broken, type Reader } from "../../../host/remote/frames/reader.ts";
import type { Writer } from "../../../host/remote/frames/writer.ts";
import { plainAny } from "../../../lang/data/any-data.ts";
import type { Type } from "../../../lang/types.ts";
import { ErrorValue, type TraceLine } from "../../../lang/value.ts";
import type { Value } from "../../../wit/value.ts";
import type { RunResult } from "../../loop/run-options.ts";
import { dataCodec, readUntyped, writeUntyped } from "./data.ts";

const DONE = 0;
const FAILED = 1;
const CANCELLED = 2;
/** The worker itself failed in it. */
const BROKE = 3;

const MOST_LINES = 20_000;
const MOST_SUPPRESSED = 1000;
const MOST_DEPTH = 8;

/** @param types the program's, by which typed data in an error becomes untyped */
export function writeEnding(to: Writer, result: RunResult, type: Type, types: readonly Type[]): void {
  switch (result.state) {
    case "done":
      to.u8(DONE);
      return dataCodec(type).write(to, result.value);
    case "failed":
      to.u8(FAILED);
      return writeError(to, result.error, types, MOST_DEPTH);
    case "cancelled":
      return to.u8(CANCELLED);
  }
}

/** The run ended as no run may. */
export function writeBroke(to: Writer, thrown: unknown): void {
  to.u8(BROKE);
  writeFault(to, thrown, "run-lost");
}

/** @throws {Broken} @throws {Fault} `value-too-large`; what the worker failed with */
export function readEnding(from: Reader, type: Type): RunResult {
  const state = from.u8();
  switch (state) {
    case DONE:
      return { state: "done", value: dataCodec(type).read(from) };
    case FAILED:
      return { state: "failed", error: readError(from, MOST_DEPTH) };
    case CANCELLED:
      return { state: "cancelled" };
    case BROKE:
      throw readFault(from, null);
    default:
      throw new Broken(`a run that ended as ${state}`);
  }
}

function writeError(to: Writer, error: ErrorValue, types: readonly Type[], depth: number): void {
  for (const text of [error.code, error.message, error.source]) to.text(text.toWellFormed());
  to.f64(error.branch ?? -1);
  const trace = error.trace.slice(0, MOST_LINES);
  to.u32(trace.length);
  for (const line of trace) writeLine(to, line);
  writeUntyped(to, dataOf(error.value, types));
  const suppressed = depth === 0 ? [] : error.suppressed.slice(0, MOST_SUPPRESSED);
  to.u32(suppressed.length);
  for (const each of suppressed) writeError(to, each, types, depth - 1);
}

/** E1 */
function dataOf(any: Value, types: readonly Type[]): Value {
  try {
    return plainAny(any, types) as Value;
  } catch (fault) {
    if (fault instanceof Fault) return null;
    throw fault;
  }
}

function writeLine(to: Writer, line: TraceLine): void {
  to.u8(line.package === null ? 0 : 1);
  for (const text of [line.package ?? "", line.function, line.file]) to.text(text.toWellFormed());
  to.u32(line.line);
  to.u32(line.column);
}

function readError(from: Reader, depth: number): ErrorValue {
  const [code, message, source] = [from.text(), from.text(), from.text()];
  const branch = from.f64();
  if (branch !== -1 && (!Number.isSafeInteger(branch) || branch < 0)) throw new Broken(`branch ${branch}`);
  const lines = from.index(MOST_LINES + 1);
  from.budget.nodes(6 * lines);
  const trace = Array.from({ length: lines }, () => readLine(from));
  const value = readUntyped(from);
  const count = from.index(depth === 0 ? 1 : MOST_SUPPRESSED + 1);
  from.budget.nodes(8 * count);
  const suppressed = Array.from({ length: count }, () => readError(from, depth - 1));
  return new ErrorValue({ code, message, source, branch: branch === -1 ? null : branch, trace, value, suppressed });
}

function readLine(from: Reader): TraceLine {
  const named = from.flag();
  const [name, fn, file] = [from.text(), from.text(), from.text()];
  return { package: named ? name : null, function: fn, file, line: from.u32(), column: from.u32() };
}
