/** Entering and leaving `try`, `finally`, `timeout` and `retry`. `frame.pc` is at the instruction. */
import type { Fiber, Frame, Handler } from "./fiber.ts";
import { Scope } from "./identity.ts";
import { SITE_BACKOFF, SITE_NOW } from "../ir/ir.ts";
import { operations } from "../ir/opcode.ts";
import type { Closure, ErrorValue } from "../value.ts";
import type { Machine } from "./machine.ts";
import { pushHandler } from "./unwind.ts";

/** Registers of a retry, from its first. */
const BACKOFF = 1;
const WITHIN = 2;
const FRESH = 3;
const ATTEMPT = 4;
const SINCE = 5;
const ERROR = 6;

export function guard(m: Machine, fiber: Fiber, frame: Frame, op: number): void {
  const { code } = frame.fn;
  const { pc, scope } = frame;
  const serial = fiber.nextSerial++;
  switch (operations[op]!.name) {
    case "TRY":
      return pushHandler(frame, { kind: "try", serial, scope, pc: code[pc + 1]!, register: code[pc + 2]!, undos: [] });
    case "FINALLY":
      return pushHandler(frame, { kind: "finally", serial, scope, pc: code[pc + 1]!, register: code[pc + 2]! });
    case "SHIELD":
      return pushHandler(frame, { kind: "shield", serial, scope, was: null });
    case "LEAVE":
      frame.handlers.pop();
      return;
    case "UNDO":
      return register(frame, frame.regs[code[pc + 1]!] as Closure);
    case "TIMEOUT":
      return arm(m, fiber, frame, serial);
    case "UNARM":
      return disarm(m, fiber, frame);
    default:
      return attempt(frame, serial);
  }
}

function register(frame: Frame, undo: Closure): void {
  for (let i = frame.handlers.length - 1; i >= 0; i--) {
    const handler = frame.handlers[i]!;
    if (handler.kind !== "try") continue;
    handler.undos = [...handler.undos, undo];
    return;
  }
}

function arm(m: Machine, fiber: Fiber, frame: Frame, serial: number): void {
  const { code } = frame.fn;
  const nanoseconds = frame.regs[code[frame.pc + 1]!] as number | bigint;
  const body = (frame.scope as Scope).child(code[frame.pc + 2]!);
  const effect = m.arm(fiber, body, nanoseconds, serial);
  pushHandler(frame, { kind: "timeout", serial, scope: frame.scope, effect, nanoseconds });
  frame.scope = body;
}

function disarm(m: Machine, fiber: Fiber, frame: Frame): void {
  const handler = frame.handlers.pop() as Extract<Handler, { kind: "timeout" }>;
  frame.scope = handler.scope;
  fiber.cancels = fiber.cancels.filter((target) => target !== handler.serial);
  if (m.pending.has(handler.effect)) m.abandon(handler.effect);
}

/** Enters the scope of a retry. True when the fiber waits for the time, which `within` counts from. */
export function beginRetry(m: Machine, fiber: Fiber, frame: Frame): boolean {
  const { code } = frame.fn;
  const first = code[frame.pc + 1]!;
  frame.scope = (frame.scope as Scope).child(code[frame.pc + 2]!);
  if (frame.regs[first + WITHIN] === null) return false;
  m.wait(fiber, new Scope(frame.scope, SITE_NOW, 0), { kind: "now" }, first + SINCE, { kind: "value" });
  return true;
}

function attempt(frame: Frame, serial: number): void {
  const { code } = frame.fn;
  const first = code[frame.pc + 2]!;
  const scope = frame.scope as Scope;
  const number = frame.regs[first + ATTEMPT] as number;
  if (number > 1) scope.restart(frame.regs[first + FRESH] !== true);
  pushHandler(frame, { kind: "attempt", serial, scope, pc: code[frame.pc + 1]!, register: first + ERROR });
}

/** Codes of the language that another attempt would only meet again (rule 39). */
const FINAL: ReadonlySet<string> = new Set([
  "denied",
  "diverged",
  "assert",
  "overflow",
  "division-by-zero",
  "negative-exponent",
  "out-of-range",
  "missing-key",
  "unassigned",
  "type-mismatch",
  "moved",
  "re-entrant",
  "needs-durable-run",
  "runtime-unavailable",
  "stack-overflow",
]);

/** Waits before the next attempt: null. Or gives the error that is final. */
export function backOff(m: Machine, fiber: Fiber, frame: Frame): ErrorValue | null {
  const { code } = frame.fn;
  const { regs } = frame;
  const first = code[frame.pc + 2]!;
  const error = regs[first + ERROR] as ErrorValue;
  const done = regs[first + ATTEMPT] as number;
  if ((error.source === "sennit" && FINAL.has(error.code)) || done >= (regs[first] as number | bigint)) return error;
  const next = done + 1;
  regs[first + ATTEMPT] = next;
  const request = {
    kind: "backoff" as const,
    attempt: next,
    backoff: regs[first + BACKOFF] as number | bigint,
    since: regs[first + SINCE] as number | bigint | null,
    within: regs[first + WITHIN] as number | bigint | null,
  };
  const effect = new Scope(frame.scope, SITE_BACKOFF, next);
  m.wait(fiber, effect, request, code[frame.pc + 1]!, { kind: "value" });
  return null;
}
