/**
 * The instructions that reach beyond the registers of their frame: raising, handlers, effects, branches. `frame.pc` is at
 * the instruction.
 */
import { Defect } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { prelude, request, WAITS } from "./effects.ts";
import type { Step } from "./effects.ts";
import { makeError, raised } from "./error.ts";
import type { Fiber, Frame } from "./fiber.ts";
import { openGroup, openLoop } from "./group.ts";
import { backOff, beginRetry, guard } from "./guards.ts";
import type { Scope } from "./identity.ts";
import { operations } from "../ir/opcode.ts";
import type { Machine } from "./machine.ts";
import { endFinally } from "./unwind.ts";
import type { ErrorValue } from "../value.ts";

export function beyond(m: Machine, fiber: Fiber, frame: Frame, op: number): Step {
  const { name } = operations[op]!;
  switch (name) {
    case "RAISE":
    case "ASSERT":
    case "RETHROW":
      return { kind: "error", error: raise(m, fiber, frame, name) };
    case "TRY":
    case "FINALLY":
    case "SHIELD":
    case "UNDO":
    case "LEAVE":
    case "TIMEOUT":
    case "UNARM":
    case "ATTEMPT":
      guard(m, fiber, frame, op);
      return null;
    case "END_FINALLY":
      return endFinally(fiber, frame);
    case "RETRY":
      return beginRetry(m, fiber, frame) ? WAITS : null;
    case "BACKOFF": {
      const error = backOff(m, fiber, frame);
      return error === null ? WAITS : { kind: "error", error };
    }
    case "PRINT":
      print(m, fiber, frame);
      return null;
    case "EFFECT":
      return prelude(m, fiber, frame) ? WAITS : null;
    case "SPAWN":
    case "AWAIT":
    case "SIGNAL":
    case "SHELL":
      request(m, fiber, frame, op);
      return WAITS;
    case "PARA":
      return openGroup(m, fiber, frame, "para") ? WAITS : null;
    case "RACE":
      return openGroup(m, fiber, frame, "race") ? WAITS : null;
    case "PARA_FOR":
      return openLoop(m, fiber, frame) ? WAITS : null;
    default:
      throw new Defect(`the instruction ${name} is missing`);
  }
}

function raise(m: Machine, fiber: Fiber, frame: Frame, name: "RAISE" | "ASSERT" | "RETHROW"): ErrorValue {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const a = regs[code[pc + 1]!] as Value;
  switch (name) {
    case "RAISE":
      return raised(m, fiber, a, code[pc + 2]!);
    case "ASSERT":
      return makeError(m, fiber, "assert", (a as string | null) ?? (m.ir.constants[code[pc + 2]!] as string));
    case "RETHROW":
      return a as ErrorValue;
  }
}

function print(m: Machine, fiber: Fiber, frame: Frame): void {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const effect = (frame.scope as Scope).child(code[pc + 2]!);
  m.ask(fiber, effect, { kind: "print", text: regs[code[pc + 1]!] as string });
}
