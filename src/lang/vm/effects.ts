/** What instructions ask of the world, and what becomes of the answers. `frame.pc` is at the instruction. */
import { OK } from "../../wit/value.ts";
import type { CaseValue, Value } from "../../wit/value.ts";
import { plainAny } from "../data/any-data.ts";
import type { Request } from "../effect.ts";
import { NO_TASKS } from "./fiber.ts";
import type { Completion, Fiber, Frame, Take } from "./fiber.ts";
import type { Scope } from "./identity.ts";
import { SITE_JOIN } from "../ir/ir.ts";
import type { IrCall } from "../ir/ir.ts";
import { operations, preludeEffects } from "../ir/opcode.ts";
import { Task } from "../value.ts";
import { fromErr } from "./error.ts";
import { LATER } from "./host.ts";
import { webhookSignal } from "./webhook.ts";
import { proceed } from "./machine.ts";
import type { Machine } from "./machine.ts";

/** The fiber waits; what its instruction gives is taken later. */
export const WAITS: unique symbol = Symbol("waits");

/** What comes after an instruction: the next one (null), nothing for now, or unwinding. */
export type Step = Completion | typeof WAITS | null;

/** A foreign call: answered into its register at once, or waited for. */
export function foreign(m: Machine, fiber: Fiber, frame: Frame): Step {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const number = code[pc + 2]!;
  const call = m.ir.calls[number]!;
  const first = code[pc + 3]!;
  const args = regs.slice(first, first + call.params) as Value[];
  const effect = (frame.scope as Scope).child(code[pc + 4]!);
  if (m.host !== undefined && !call.fork) {
    const value = m.host.callNow(number, args);
    if (value !== LATER) {
      const failed = failure(m, fiber, call, value);
      if (failed === null) regs[code[pc + 1]!] = taken(call, value);
      return failed;
    }
  }
  const kind = call.fork ? "fork" : "call";
  const request: Request = { kind, package: call.package, function: call.function, args };
  m.wait(fiber, effect, request, code[pc + 1]!, { kind: "call", call: number });
  return WAITS;
}

/** The error that an answer is, where an err is raised. */
function failure(m: Machine, fiber: Fiber, call: IrCall, value: Value): Completion | null {
  if (call.result !== "raise") return null;
  const { index, payload } = value as CaseValue;
  if (index === OK) return null;
  const source = m.ir.packages[call.package]?.name ?? "program";
  return { kind: "error", error: fromErr(m, fiber, payload, call.err, source) };
}

function taken(call: IrCall, value: Value): Value {
  return call.result === "raise" ? (value as CaseValue).payload : value;
}

/** Tasks that nobody awaited are joined where the workflow that spawned them ends: one after another, by coming back here. */
export function joinFirst(m: Machine, fiber: Fiber, frame: Frame): boolean {
  const [first, ...rest] = frame.tasks;
  frame.tasks = rest.length === 0 ? NO_TASKS : rest;
  if (first === undefined) return false;
  const effect = (frame.scope as Scope).child(SITE_JOIN);
  m.wait(fiber, effect, { kind: "join", task: first.task }, -1, { kind: "again" });
  return true;
}

/** An effect of the prelude. True when the fiber waits; `log`, `emit` and `progress` are told and forgotten. */
export function prelude(m: Machine, fiber: Fiber, frame: Frame): boolean {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const dest = code[pc + 1]!;
  const first = code[pc + 3]!;
  const args = regs.slice(first, first + code[pc + 4]!) as Value[];
  const effect = (frame.scope as Scope).child(code[pc + 5]!);
  const request = preludeRequest(m, code[pc + 2]!, args);
  if (request.kind === "log" || request.kind === "emit" || request.kind === "progress") {
    m.ask(fiber, effect, request);
    regs[dest] = null;
    return false;
  }
  m.wait(fiber, effect, request, dest, { kind: "value" });
  return true;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

function preludeRequest(m: Machine, number: number, args: readonly Value[]): Request {
  const effect = preludeEffects[number]!;
  const [first, second, third] = args as [Value, Value, Value];
  switch (effect) {
    case "sleep":
      return { kind: "sleep", nanoseconds: first as number | bigint };
    case "sleep-until":
      return { kind: "sleep-until", instant: first as number | bigint };
    case "now":
    case "random":
    case "uuid":
    case "webhook":
      return { kind: effect };
    case "log": {
      const level = LEVELS.find((name) => args.length > 1 && name === first) ?? "info";
      return { kind: "log", level, text: (args.length > 1 ? second : first) as string };
    }
    case "emit":
      return { kind: "emit", name: first as string, value: plainAny(second, m.ir.types) };
    case "progress":
      return { kind: "progress", done: Number(first), total: Number(second), text: (third ?? null) as string | null };
  }
}

/** The effects that are instructions of their own. */
export function request(m: Machine, fiber: Fiber, frame: Frame, op: number): void {
  const { code } = frame.fn;
  const { pc, regs } = frame;
  const scope = frame.scope as Scope;
  const dest = code[pc + 1]!;
  switch (operations[op]!.name) {
    case "SPAWN": {
      const first = code[pc + 3]!;
      const args = regs.slice(first, first + code[pc + 4]!) as Value[];
      const asked: Request = { kind: "spawn", function: code[pc + 2]!, args };
      return m.wait(fiber, scope.child(code[pc + 5]!), asked, dest, { kind: "spawn" });
    }
    case "AWAIT": {
      const task = regs[code[pc + 2]!] as Task | readonly [string];
      const effect = scope.child(code[pc + 3]!);
      if (!(task instanceof Task)) {
        const asked: Request = { kind: "signal", name: webhookSignal(task[0]), timeout: null };
        return m.wait(fiber, effect, asked, dest, { kind: "value" });
      }
      awaited(fiber, task);
      return m.wait(fiber, effect, { kind: "join", task: task.id }, dest, { kind: "value" });
    }
    case "SIGNAL": {
      const timeout = regs[code[pc + 3]!] as number | bigint | null;
      const asked: Request = { kind: "signal", name: regs[code[pc + 2]!] as string, timeout };
      return m.wait(fiber, scope.child(code[pc + 4]!), asked, dest, { kind: "value" });
    }
    default: {
      const commands = regs[code[pc + 2]!] as unknown as readonly (readonly string[])[];
      const input = regs[code[pc + 3]!] as string | Uint8Array | null;
      const asked: Request = { kind: "shell", commands, input };
      return m.wait(fiber, scope.child(code[pc + 4]!), asked, dest, { kind: "value" });
    }
  }
}

/** An awaited task need not be joined again where its workflow ends. */
function awaited(fiber: Fiber, task: Task): void {
  for (const frame of fiber.frames) {
    if (frame.tasks.length > 0) frame.tasks = frame.tasks.filter((spawned) => spawned.task !== task.id);
  }
}

/** Gives the fiber the answer it waited for: it goes on, or unwinds. */
export function take(m: Machine, fiber: Fiber, what: Take, dest: number, effect: string, value: Value): void {
  switch (what.kind) {
    case "value":
      return proceed(fiber, dest, value);
    case "again":
      return;
    case "spawn": {
      const frame = fiber.frames[fiber.frames.length - 1]!;
      frame.tasks = [...frame.tasks, { effect, task: (value as Task).id }];
      return proceed(fiber, dest, value);
    }
    case "call": {
      const call = m.ir.calls[what.call]!;
      const failed = failure(m, fiber, call, value);
      if (failed === null) return proceed(fiber, dest, taken(call, value));
      fiber.resume = failed;
    }
  }
}
