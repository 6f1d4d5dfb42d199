/**
 * Variables of a run's main function, given new values from outside.
 *
 *   W1  Only while every branch waits. Whoever holds an old value keeps it, as after any assignment: values do not change.
 *   W2  All of them are given, or none: what is no register of that function is refused.
 *   W3  A list that was its variable's own to change (APPEND_OWN) is so no more.
 */
import { Defect } from "../../fault.ts";
import type { Value } from "../../wit/value.ts";
import { malformed } from "../ir/ir-bytes.ts";
import { operations } from "../ir/opcode.ts";
import type { Fiber, Frame } from "./fiber.ts";
import { SIZES } from "./machine.ts";
import type { Machine } from "./machine.ts";

export interface NewValue {
  readonly register: number;
  readonly value: Value;
}

/** The outermost call of a run: its main function's. Null when that has ended. */
export function mainFrame(m: Machine): Frame | null {
  return mainFiber(m)?.frames[0] ?? null;
}

export function mainFiber(m: Machine): Fiber | null {
  for (const fiber of m.fibers.values()) if (fiber.role.kind === "main") return fiber;
  return null;
}

/** Whether nothing of a run can go on without a delivery. */
export function isAtRest(m: Machine): boolean {
  return m.next() === null && m.inbox.length === 0 && m.ending === null;
}

/** @throws {Fault} `malformed` (W2) */
export function rewriteMain(m: Machine, values: readonly NewValue[]): void {
  if (!isAtRest(m)) throw new Defect("variables are rewritten while a run computes");
  const frame = mainFrame(m);
  const isVariable = ({ register }: NewValue): boolean =>
    Number.isSafeInteger(register) && register >= 0 && register < (frame?.regs.length ?? 0);
  if (frame === null || !values.every(isVariable)) throw malformed("what is to be rewritten is no variable");
  for (const { register, value } of values) {
    frame.regs[register] = value;
    for (const own of ownersOf(frame, register)) frame.regs[own] = 0;
  }
}

/** Registers that tell whether a variable's list is its own (W3). */
function ownersOf({ fn: { code } }: Frame, register: number): readonly number[] {
  const owners: number[] = [];
  for (let pc = 0; pc < code.length; pc += SIZES[code[pc] as number] as number) {
    const { name } = operations[code[pc] as number] as { readonly name: string };
    const isGrowing = name === "APPEND_OWN" || name === "PUT_OWN";
    if (isGrowing && code[pc + 1] === register) owners.push(code[pc + 3] as number);
  }
  return owners;
}
