/** Fibers and frames as bytes. */
import { Fiber, Frame, NO_TASKS } from "./fiber.ts";
import type { Role, Take, Wait } from "./fiber.ts";
import { malformed } from "../ir/ir-bytes.ts";
import { instructionStarts } from "../ir/ir-codec.ts";
import { readCompletion, readHandler, writeCompletion, writeHandler } from "./snapshot-handler.ts";
import { readError, readScope, writeScope } from "./snapshot-tables.ts";
import type { In, Out } from "./snapshot-tables.ts";

export function writeFiber(out: Out, fiber: Fiber): void {
  const { bytes, values } = out;
  bytes.uint(fiber.id);
  writeRole(out, fiber.role);
  bytes.list(fiber.frames, (frame) => writeFrame(out, frame));
  bytes.maybe(fiber.wait, (wait) => writeWait(out, wait));
  bytes.maybe(fiber.resume, (resume) => writeCompletion(out, resume));
  bytes.uint(fiber.nextSerial);
  bytes.list(fiber.cancels, (target) => bytes.uint(target));
  bytes.list(fiber.lost, (error) => bytes.uint(values.add(error)));
  bytes.uint(fiber.callbacks);
}

export function readFiber(tables: In): Fiber {
  const { bytes } = tables;
  const fiber = new Fiber(bytes.uint(), readRole(tables));
  fiber.frames.push(...bytes.list(() => readFrame(tables)));
  fiber.wait = bytes.maybe(() => readWait(tables));
  fiber.resume = bytes.maybe(() => readCompletion(tables));
  fiber.nextSerial = bytes.uint();
  fiber.cancels = bytes.list(() => bytes.uint());
  fiber.lost = bytes.list(() => readError(tables));
  fiber.callbacks = bytes.uint();
  return fiber;
}

function writeRole({ bytes }: Out, role: Role): void {
  switch (role.kind) {
    case "main":
      return bytes.byte(0);
    case "branch":
      bytes.byte(1);
      bytes.uint(role.group);
      return bytes.uint(role.index);
    case "callback":
      bytes.byte(2);
      bytes.text(role.call);
      return bytes.text(role.id);
  }
}

function readRole({ bytes }: In): Role {
  switch (bytes.byte()) {
    case 0:
      return { kind: "main" };
    case 1:
      return { kind: "branch", group: bytes.uint(), index: bytes.uint() };
    case 2:
      return { kind: "callback", call: bytes.text(), id: bytes.text() };
    default:
      throw malformed("a fiber of no known kind");
  }
}

function writeFrame(out: Out, frame: Frame): void {
  const { bytes, values } = out;
  bytes.uint(frame.index);
  bytes.uint(frame.pc);
  bytes.int(frame.dest);
  bytes.bool(frame.undo);
  writeScope(out, frame.scope);
  // A register that holds nothing is 0, others their value's number from 1.
  for (const value of frame.regs) bytes.uint(value === undefined ? 0 : values.add(value) + 1);
  bytes.list(frame.handlers, (handler) => writeHandler(out, handler));
  bytes.list(frame.tasks, (task) => (bytes.text(task.effect), bytes.text(task.task)));
}

function readFrame(tables: In): Frame {
  const { ir, bytes, values } = tables;
  const index = bytes.index(ir.functions.length, "the function");
  const fn = ir.functions[index]!;
  const pc = bytes.uint();
  const dest = bytes.int();
  if (!instructionStarts(fn).has(pc) || dest < -1) throw malformed("a frame stands nowhere");
  const undo = bytes.bool();
  const scope = readScope(tables);
  const regs = Array.from({ length: fn.registers }, () => {
    const number = bytes.index(values.length + 1, "the value");
    return number === 0 ? undefined : values[number - 1];
  });
  const frame = new Frame(fn, index, regs, dest, scope);
  frame.pc = pc;
  frame.undo = undo;
  const handlers = bytes.list(() => readHandler(tables, fn));
  if (handlers.length > 0) frame.handlers = handlers;
  const tasks = bytes.list(() => ({ effect: bytes.text(), task: bytes.text() }));
  frame.tasks = tasks.length > 0 ? tasks : NO_TASKS;
  return frame;
}

function writeWait(out: Out, wait: Wait): void {
  const { bytes, scopes } = out;
  bytes.bool(wait.kind === "effect");
  if (wait.kind === "group") return bytes.uint(wait.group);
  bytes.text(wait.effect);
  bytes.int(wait.dest);
  bytes.uint(scopes.add(wait.scope));
  writeTake(out, wait.take);
}

const TAKES = ["value", "again", "spawn"] as const;

function writeTake({ bytes }: Out, take: Take): void {
  if (take.kind === "call") return bytes.uint(TAKES.length + take.call);
  bytes.uint(TAKES.indexOf(take.kind));
}

function readTake({ bytes, ir }: In): Take {
  const number = bytes.index(TAKES.length + ir.calls.length, "the call");
  const kind = TAKES[number];
  return kind === undefined ? { kind: "call", call: number - TAKES.length } : { kind };
}

function readWait(tables: In): Wait {
  const { bytes, scopes } = tables;
  if (!bytes.bool()) return { kind: "group", group: bytes.uint() };
  const effect = bytes.text();
  const dest = bytes.int();
  const scope = scopes[bytes.index(scopes.length, "the scope")]!;
  return { kind: "effect", effect, dest, scope, take: readTake(tables) };
}
