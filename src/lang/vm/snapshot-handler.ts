/** Handlers as bytes. */
import type { Completion, Handler } from "./fiber.ts";
import type { IrFunction } from "../ir/ir.ts";
import { malformed } from "../ir/ir-bytes.ts";
import { instructionStarts } from "../ir/ir-codec.ts";
import { readClosure, readError, readInt, readScope, writeInt, writeScope } from "./snapshot-tables.ts";
import type { In, Out } from "./snapshot-tables.ts";

const KINDS = ["try", "undoing", "finally", "shield", "timeout", "attempt"] as const;

export function writeHandler(out: Out, handler: Handler): void {
  const { bytes, values } = out;
  bytes.byte(KINDS.indexOf(handler.kind));
  bytes.uint(handler.serial);
  writeScope(out, handler.scope);
  switch (handler.kind) {
    case "shield":
      return bytes.maybe(handler.was, (was) => writeCompletion(out, was));
    case "timeout":
      bytes.text(handler.effect);
      return writeInt(out, handler.nanoseconds);
    case "try":
    case "undoing":
    case "finally":
    case "attempt":
      bytes.int(handler.pc);
      bytes.uint(handler.register);
  }
  if (handler.kind === "try" || handler.kind === "undoing")
    bytes.list(handler.undos, (undo) => bytes.uint(values.add(undo)));
  if (handler.kind !== "undoing") return;
  writeCompletion(out, handler.completion);
  bytes.list(handler.failures, (error) => bytes.uint(values.add(error)));
}

export function readHandler(tables: In, fn: IrFunction): Handler {
  const { bytes } = tables;
  const kind = KINDS[bytes.byte()];
  const base = { serial: bytes.uint(), scope: readScope(tables) };
  if (kind === undefined) throw malformed("a handler of no known kind");
  switch (kind) {
    case "shield":
      return { kind, ...base, was: bytes.maybe(() => readCompletion(tables)) };
    case "timeout":
      return { kind, ...base, effect: bytes.text(), nanoseconds: readInt(tables) };
    case "finally":
    case "attempt":
      return { kind, ...base, ...readTarget(tables, fn) };
    case "try":
      return { kind, ...base, ...readTarget(tables, fn), undos: bytes.list(() => readClosure(tables)) };
    case "undoing": {
      const target = readTarget(tables, fn);
      const undos = bytes.list(() => readClosure(tables));
      const completion = readCompletion(tables);
      return { kind, ...base, ...target, undos, completion, failures: bytes.list(() => readError(tables)) };
    }
  }
}

function readTarget({ bytes }: In, fn: IrFunction): { pc: number; register: number } {
  const pc = bytes.int();
  if (pc !== -1 && !instructionStarts(fn).has(pc)) throw malformed("a handler leads nowhere");
  return { pc, register: bytes.index(fn.registers, "the register") };
}

export function writeCompletion({ bytes, values }: Out, completion: Completion): void {
  bytes.bool(completion.kind === "error");
  bytes.uint(completion.kind === "error" ? values.add(completion.error) : completion.target);
}

export function readCompletion(tables: In): Completion {
  if (tables.bytes.bool()) return { kind: "error", error: readError(tables) };
  return { kind: "cancel", target: tables.bytes.uint() };
}
