/**
 * Failing and cancelling: down through handlers and frames, running clean-up on the way.
 *
 *   W1  A failing `try` runs its undos, last registered first, then `catch`, then `finally` (rule 12).
 *   W2  A cancellation runs undos and `finally`, never `catch`, and ends at its target (rules 10, 39).
 *   W3  Clean-up is shielded: a cancellation from outside waits until it is over.
 *   W4  What fails during clean-up goes to `suppressed`; it replaces nothing that was already on its way.
 */
import { Frame } from "./fiber.ts";
import type { Completion, Fiber, Handler } from "./fiber.ts";
import { SITE_UNWIND } from "../ir/ir.ts";
import type { Scope } from "./identity.ts";
import type { Closure, ErrorValue } from "../value.ts";
import { makeError, within } from "./error.ts";
import { registers } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { printDuration } from "../data/print-time.ts";

export function pushHandler(frame: Frame, handler: Handler): void {
  // NO_HANDLERS is shared: the first handler makes an array of the frame's own.
  if (frame.handlers.length === 0) frame.handlers = [handler];
  else frame.handlers.push(handler);
}

function unwindScope(scope: Scope | null): Scope | null {
  return scope === null ? null : scope.child(SITE_UNWIND);
}

/** Whether clean-up stands between the fiber's present place and the target (W3). */
function isShielded(fiber: Fiber, target: number): boolean {
  return fiber.frames.some((frame) => frame.handlers.some((h) => h.kind === "shield" && h.serial > target));
}

/** The cancellation that is due now, or null. */
export function dueCancel(fiber: Fiber): number | null {
  return fiber.cancels.find((target) => !isShielded(fiber, target)) ?? null;
}

/** Runs handlers until one takes over. False when the fiber has ended. */
export function unwind(m: Machine, fiber: Fiber, first: Completion): boolean {
  let completion = first;
  for (;;) {
    completion = superseded(fiber, completion);
    const frame = fiber.frames[fiber.frames.length - 1];
    if (frame === undefined) return endFiber(m, fiber, completion);
    const handler = frame.handlers.pop();
    if (handler === undefined) {
      const next = leaveFrame(m, fiber, frame, completion);
      if (next === null) return true;
      completion = next;
      continue;
    }
    frame.scope = handler.scope;
    const next = handle(m, fiber, frame, handler, completion);
    if (next === null) return true;
    completion = next;
  }
}

/** An error on its way gives way to a cancellation that is due; two cancellations go to the outer target. */
function superseded(fiber: Fiber, completion: Completion): Completion {
  const due = dueCancel(fiber);
  if (due === null) return completion;
  if (completion.kind === "error") {
    fiber.lost.push(completion.error);
    return { kind: "cancel", target: due };
  }
  return due < completion.target ? { kind: "cancel", target: due } : completion;
}

function endFiber(m: Machine, fiber: Fiber, completion: Completion): false {
  if (completion.kind === "error") m.end(fiber, { kind: "error", error: completion.error });
  else m.end(fiber, { kind: "cancelled" });
  return false;
}

/** A frame is left without a value. Null: an undo of the frame below goes on. */
function leaveFrame(m: Machine, fiber: Fiber, frame: Frame, completion: Completion): Completion | null {
  fiber.frames.pop();
  for (const { effect } of frame.tasks) m.abandoned.push(effect);
  if (!frame.undo || completion.kind === "cancel") return completion;
  return afterUndo(m, fiber, completion.error);
}

/** What the handler makes of it: null when the fiber runs on, else what unwinding goes on with. */
function handle(m: Machine, fiber: Fiber, frame: Frame, handler: Handler, completion: Completion): Completion | null {
  switch (handler.kind) {
    case "try":
      if (handler.undos.length === 0) return caught(frame, handler, completion);
      return nextUndo(m, fiber, frame, { ...handler, kind: "undoing", completion, failures: [] });
    case "undoing":
      // A cancellation became due between two undos: the others run all the same.
      if (handler.completion.kind === "error") fiber.lost.push(handler.completion.error);
      return nextUndo(m, fiber, frame, { ...handler, completion });
    case "attempt":
      return caught(frame, handler, completion);
    case "finally":
      frame.regs[handler.register] = 1;
      frame.pc = handler.pc;
      pushHandler(frame, { kind: "shield", serial: fiber.nextSerial++, scope: handler.scope, was: completion });
      frame.scope = unwindScope(handler.scope);
      return null;
    case "shield":
      return afterShield(fiber, handler.was, completion);
    case "timeout":
      return afterTimeout(m, fiber, handler, completion);
  }
}

function caught(
  frame: Frame,
  handler: { readonly pc: number; readonly register: number },
  completion: Completion,
): Completion | null {
  if (completion.kind === "cancel" || handler.pc < 0) return completion;
  frame.regs[handler.register] = completion.error;
  frame.pc = handler.pc;
  return null;
}

/** Clean-up itself failed (W4). */
function afterShield(fiber: Fiber, was: Completion | null, completion: Completion): Completion {
  if (was === null || completion.kind === "cancel") return completion;
  if (was.kind === "error") return { kind: "error", error: within(completion.error, null, [was.error]) };
  fiber.lost.push(completion.error);
  return was;
}

function afterTimeout(
  m: Machine,
  fiber: Fiber,
  handler: Extract<Handler, { kind: "timeout" }>,
  completion: Completion,
): Completion {
  if (m.pending.has(handler.effect)) m.abandon(handler.effect);
  fiber.cancels = fiber.cancels.filter((target) => target !== handler.serial);
  if (completion.kind === "error" || completion.target !== handler.serial) return completion;
  const error = makeError(m, fiber, "timeout", `Not done after ${printDuration(handler.nanoseconds)}`);
  const lost = fiber.lost;
  fiber.lost = [];
  return { kind: "error", error: within(error, null, lost) };
}

type Undoing = Extract<Handler, { kind: "undoing" }>;

/** Calls the last of the undos that are left. Null: it runs; else all are done and unwinding goes on. */
function nextUndo(m: Machine, fiber: Fiber, frame: Frame, handler: Undoing): Completion | null {
  const closure = handler.undos[handler.undos.length - 1];
  if (closure === undefined) return caught(frame, handler, failuresIn(fiber, handler));
  pushHandler(frame, { ...handler, undos: handler.undos.slice(0, -1) });
  fiber.frames.push(undoFrame(m, fiber, closure, handler.scope));
  return null;
}

function failuresIn(fiber: Fiber, { completion, failures }: Undoing): Completion {
  if (completion.kind === "error") return { kind: "error", error: within(completion.error, null, failures) };
  fiber.lost.push(...failures);
  return completion;
}

function undoFrame(m: Machine, fiber: Fiber, closure: Closure, scope: Scope | null): Frame {
  const fn = m.fn(closure.fn);
  const regs = registers(fn);
  closure.captures.forEach((value, i) => (regs[fn.params + i] = value));
  const frame = new Frame(fn, closure.fn, regs, -1, fn.silent ? null : unwindScope(scope));
  frame.undo = true;
  frame.handlers = [{ kind: "shield", serial: fiber.nextSerial++, scope: frame.scope, was: null }];
  return frame;
}

/** An undo ended, with an error or not; its frame is gone. Null: another one runs, or a `catch` does. */
function afterUndo(m: Machine, fiber: Fiber, error: ErrorValue | null): Completion | null {
  const frame = fiber.frames[fiber.frames.length - 1]!;
  const handler = frame.handlers.pop() as Undoing;
  const failures = error === null ? handler.failures : [...handler.failures, error];
  const due = dueCancel(fiber);
  const done = { ...handler, failures };
  if (due === null || handler.undos.length > 0) return nextUndo(m, fiber, frame, done);
  return failuresIn(fiber, done);
}

/** The frame of an undo returned. False when the fiber has ended. */
export function undoReturned(m: Machine, fiber: Fiber): boolean {
  const next = afterUndo(m, fiber, null);
  return next === null || unwind(m, fiber, next);
}

/** `END_FINALLY`: takes the shield away. Null when the code goes on, else what to unwind with. */
export function endFinally(fiber: Fiber, frame: Frame): Completion | null {
  const shield = frame.handlers.pop() as Extract<Handler, { kind: "shield" }>;
  frame.scope = shield.scope;
  if (shield.was !== null) return shield.was;
  const due = dueCancel(fiber);
  return due === null ? null : { kind: "cancel", target: due };
}

/** Asks a fiber to unwind to `target`, and with it everything it waits for. */
export function cancelFiber(m: Machine, fiber: Fiber, target: number): void {
  const work: { fiber: Fiber; target: number }[] = [{ fiber, target }];
  for (let next = work.shift(); next !== undefined; next = work.shift()) {
    const at = next.fiber;
    if (!at.cancels.includes(next.target)) at.cancels = [...at.cancels, next.target].sort((a, b) => a - b);
    const due = dueCancel(at);
    if (due === null) continue;
    if (at.wait?.kind === "group") {
      const group = m.groups.get(at.wait.group)!;
      group.cancelled = true;
      for (const id of group.live) work.push({ fiber: m.fibers.get(id)!, target: 0 });
      continue;
    }
    if (at.wait?.kind === "effect") {
      const { effect } = at.wait;
      m.abandon(effect);
      if (at.callbacks > 0) cancelCallbacks(m, effect);
    }
    at.wait = null;
    if (at.resume?.kind === "error") at.lost.push(at.resume.error);
    at.resume = { kind: "cancel", target: due };
    m.enqueue(at);
  }
}

/** Callbacks of a call that is over: nobody hears their answers. */
export function cancelCallbacks(m: Machine, call: string): void {
  for (const fiber of m.fibers.values()) {
    if (fiber.role.kind === "callback" && fiber.role.call === call) cancelFiber(m, fiber, 0);
  }
}
