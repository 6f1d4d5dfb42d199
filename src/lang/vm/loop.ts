/**
 * The dispatch loop: one flat switch over the code of the innermost frame.
 *
 *   L1  `frame.pc` is up to date whenever something outside this function looks at it: at a call it stays on the call,
 *       and returning steps over it (`SIZES`).
 *   L2  Case numbers are those of ir/opcode.ts (a test compares them): literals, because only they make a jump table. What is
 *       not worth a place in it is in ops.ts and beyond.ts.
 *   L3  An instruction that fails has not written its register.
 *   L4  The budget counts instructions; a fiber whose budget ends stays first in the queue.
 */
import type { Value } from "../../wit/value.ts";
import { equalNumbers } from "../data/any-compare.ts";
import { elementAt } from "../data/any-data.ts";
import { Frame, NO_TASKS } from "./fiber.ts";
import type { Completion, Fiber, Register } from "./fiber.ts";
import type { Scope } from "./identity.ts";
import { addInt, MAX_SAFE, modInt, mulInt, subInt } from "../data/maths-int.ts";
import type { Int } from "../data/maths-int.ts";
import type { Closure, ErrorValue } from "../value.ts";
import { beyond } from "./beyond.ts";
import { foreign, joinFirst, WAITS } from "./effects.ts";
import { errorOf, makeError } from "./error.ts";
import { SIZES } from "./machine.ts";
import type { Machine } from "./machine.ts";
import { coldOp } from "./ops.ts";
import { undoReturned, unwind } from "./unwind.ts";

/** Runs the fiber until it waits, ends, or the budget does. */
export function execute(m: Machine, fiber: Fiber): void {
  if (fiber.resume !== null) {
    const completion = fiber.resume;
    fiber.resume = null;
    if (!unwind(m, fiber, completion)) return;
  }
  const { frames } = fiber;
  const maxFrames = m.limits.frames;
  const { functions, constants } = m.ir;
  const { blanks } = m;
  let frame = frames[frames.length - 1]!;
  let regs: Register[] = frame.regs;
  let code = frame.fn.code;
  let pc = frame.pc;
  let budget = m.budget;
  for (;;) {
    // What the fiber unwinds with after this turn of the loop.
    let completion: Completion;
    try {
      unwinding: for (;;) {
        if (--budget < 0) {
          frame.pc = pc;
          m.budget = 0;
          m.spent = true;
          return;
        }
        switch (code[pc]!) {
          // MOVE d a
          case 0:
            regs[code[pc + 1]!] = regs[code[pc + 2]!];
            pc += 3;
            break;
          // CONST d k
          case 1:
            regs[code[pc + 1]!] = constants[code[pc + 2]!];
            pc += 3;
            break;
          // INT d i
          case 2:
            regs[code[pc + 1]!] = code[pc + 2]!;
            pc += 3;
            break;
          // ADD_I d a b
          case 4: {
            const x = regs[code[pc + 2]!] as Int;
            const y = regs[code[pc + 3]!] as Int;
            regs[code[pc + 1]!] = addInt(x, y);
            pc += 4;
            break;
          }
          // SUB_I d a b
          case 5: {
            const x = regs[code[pc + 2]!] as Int;
            const y = regs[code[pc + 3]!] as Int;
            regs[code[pc + 1]!] = subInt(x, y);
            pc += 4;
            break;
          }
          // MUL_I d a b
          case 6:
            regs[code[pc + 1]!] = mulInt(regs[code[pc + 2]!] as Int, regs[code[pc + 3]!] as Int);
            pc += 4;
            break;
          // MOD_I d a b
          case 9:
            regs[code[pc + 1]!] = modInt(regs[code[pc + 2]!] as Int, regs[code[pc + 3]!] as Int);
            pc += 4;
            break;
          // ADDK_I d a i
          case 7: {
            const x = regs[code[pc + 2]!] as Int;
            if (typeof x === "number") {
              const sum = x + code[pc + 3]!;
              regs[code[pc + 1]!] = sum <= MAX_SAFE && sum >= -MAX_SAFE ? sum : addInt(x, code[pc + 3]!);
            } else regs[code[pc + 1]!] = addInt(x, code[pc + 3]!);
            pc += 4;
            break;
          }
          // ADD_F d a b
          case 12:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as number) + (regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // SUB_F d a b
          case 13:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as number) - (regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // MUL_F d a b
          case 14:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as number) * (regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // DIV_F d a b
          case 15:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as number) / (regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // LT d a b
          case 21:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as number) < (regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // LE d a b
          case 22:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as number) <= (regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // EQ_N d a b
          case 27:
            regs[code[pc + 1]!] = equalNumbers(regs[code[pc + 2]!] as Value, regs[code[pc + 3]!] as Value);
            pc += 4;
            break;
          // EQ_P d a b
          case 28:
            regs[code[pc + 1]!] = regs[code[pc + 2]!] === regs[code[pc + 3]!];
            pc += 4;
            break;
          // NOT d a
          case 29:
            regs[code[pc + 1]!] = regs[code[pc + 2]!] !== true;
            pc += 3;
            break;
          // JUMP j
          case 30:
            pc = code[pc + 1]!;
            break;
          // JT a j
          case 31:
            pc = regs[code[pc + 1]!] === true ? code[pc + 2]! : pc + 3;
            break;
          // JF a j
          case 32:
            pc = regs[code[pc + 1]!] === true ? pc + 3 : code[pc + 2]!;
            break;
          // JLT a b j
          case 33:
            pc = (regs[code[pc + 1]!] as number) < (regs[code[pc + 2]!] as number) ? code[pc + 3]! : pc + 4;
            break;
          // JLE a b j
          case 34:
            pc = (regs[code[pc + 1]!] as number) <= (regs[code[pc + 2]!] as number) ? code[pc + 3]! : pc + 4;
            break;
          // JNLT a b j
          case 35:
            pc = (regs[code[pc + 1]!] as number) < (regs[code[pc + 2]!] as number) ? pc + 4 : code[pc + 3]!;
            break;
          // JNLE a b j
          case 36:
            pc = (regs[code[pc + 1]!] as number) <= (regs[code[pc + 2]!] as number) ? pc + 4 : code[pc + 3]!;
            break;
          // JLTK a i j
          case 37:
            pc = (regs[code[pc + 1]!] as number) < code[pc + 2]! ? code[pc + 3]! : pc + 4;
            break;
          // JLEK a i j
          case 38:
            pc = (regs[code[pc + 1]!] as number) <= code[pc + 2]! ? code[pc + 3]! : pc + 4;
            break;
          // JGTK a i j
          case 39:
            pc = (regs[code[pc + 1]!] as number) > code[pc + 2]! ? code[pc + 3]! : pc + 4;
            break;
          // JGEK a i j
          case 40:
            pc = (regs[code[pc + 1]!] as number) >= code[pc + 2]! ? code[pc + 3]! : pc + 4;
            break;
          // JNLTK a i j
          case 41:
            pc = (regs[code[pc + 1]!] as number) < code[pc + 2]! ? pc + 4 : code[pc + 3]!;
            break;
          // JNLEK a i j
          case 42:
            pc = (regs[code[pc + 1]!] as number) <= code[pc + 2]! ? pc + 4 : code[pc + 3]!;
            break;
          // JNGTK a i j
          case 43:
            pc = (regs[code[pc + 1]!] as number) > code[pc + 2]! ? pc + 4 : code[pc + 3]!;
            break;
          // JNGEK a i j
          case 44:
            pc = (regs[code[pc + 1]!] as number) >= code[pc + 2]! ? pc + 4 : code[pc + 3]!;
            break;
          // JEQ a b j
          case 45:
            pc = equalNumbers(regs[code[pc + 1]!] as Value, regs[code[pc + 2]!] as Value) ? code[pc + 3]! : pc + 4;
            break;
          // JNE a b j
          case 46:
            pc = equalNumbers(regs[code[pc + 1]!] as Value, regs[code[pc + 2]!] as Value) ? pc + 4 : code[pc + 3]!;
            break;
          // JEQK a i j
          case 47:
            pc = regs[code[pc + 1]!] === code[pc + 2]! ? code[pc + 3]! : pc + 4;
            break;
          // JNEK a i j
          case 48:
            pc = regs[code[pc + 1]!] === code[pc + 2]! ? pc + 4 : code[pc + 3]!;
            break;
          // JNIL a j
          case 49:
            pc = regs[code[pc + 1]!] === null ? code[pc + 2]! : pc + 3;
            break;
          // JVAL a j
          case 50:
            pc = regs[code[pc + 1]!] === null ? pc + 3 : code[pc + 2]!;
            break;
          // FIELD d a i
          case 64:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as Value[])[code[pc + 3]!];
            pc += 4;
            break;
          // AT d a b
          case 65:
            regs[code[pc + 1]!] = elementAt(regs[code[pc + 2]!] as Value, regs[code[pc + 3]!] as number);
            pc += 4;
            break;
          // LEN d a
          case 66:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as Value[]).length;
            pc += 3;
            break;
          // JOIN d a b
          case 77:
            regs[code[pc + 1]!] = (regs[code[pc + 2]!] as string) + (regs[code[pc + 3]!] as string);
            pc += 4;
            break;
          // CALL_SILENT d f a
          case 84:
          // CALL d f a s
          case 83: {
            const index = code[pc + 2]!;
            const fn = functions[index]!;
            frame.pc = pc;
            if (frames.length >= maxFrames) {
              completion = { kind: "error", error: tooDeep(m, fiber) };
              break unwinding;
            }
            const callee = blanks[index]!.slice();
            const first = code[pc + 3]!;
            for (let i = 0; i < fn.params; i++) callee[i] = regs[first + i];
            const scope = code[pc] === CALL && !fn.silent ? (frame.scope as Scope).child(code[pc + 4]!) : null;
            frame = new Frame(fn, index, callee, code[pc + 1]!, scope);
            frames.push(frame);
            regs = callee;
            code = fn.code;
            pc = 0;
            break;
          }
          // CALL_VALUE d a b n s
          case 85: {
            const closure = regs[code[pc + 2]!] as Closure;
            const fn = m.fn(closure.fn);
            frame.pc = pc;
            if (frames.length >= maxFrames) {
              completion = { kind: "error", error: tooDeep(m, fiber) };
              break unwinding;
            }
            const callee = blanks[closure.fn]!.slice();
            const first = code[pc + 3]!;
            for (let i = 0; i < fn.params; i++) callee[i] = regs[first + i];
            for (let i = 0; i < closure.captures.length; i++) callee[fn.params + i] = closure.captures[i];
            const scope = fn.silent ? null : (frame.scope as Scope).child(code[pc + 5]!);
            frame = new Frame(fn, closure.fn, callee, code[pc + 1]!, scope);
            frames.push(frame);
            regs = callee;
            code = fn.code;
            pc = 0;
            break;
          }
          // RETURN a
          case 86: {
            const value = regs[code[pc + 1]!] as Value;
            if (frame.tasks !== NO_TASKS) {
              frame.pc = pc;
              if (joinFirst(m, fiber, frame)) return budgetLeft(m, budget);
            }
            frames.pop();
            if (frame.undo) {
              if (!undoReturned(m, fiber)) return budgetLeft(m, budget);
              frame = frames[frames.length - 1]!;
              pc = frame.pc;
            } else if (frames.length === 0) {
              m.end(fiber, { kind: "value", value });
              return budgetLeft(m, budget);
            } else {
              const { dest } = frame;
              frame = frames[frames.length - 1]!;
              frame.regs[dest] = value;
              pc = frame.pc + SIZES[frame.fn.code[frame.pc]!]!;
            }
            regs = frame.regs;
            code = frame.fn.code;
            break;
          }
          // SCOPE s
          case 87:
            frame.scope = (frame.scope as Scope).child(code[pc + 1]!);
            pc += 2;
            break;
          // UNSCOPE
          case 88:
          // UNRETRY
          case 103:
            frame.scope = (frame.scope as Scope).parent;
            pc += 1;
            break;
          // FOREIGN d w a s
          case 104: {
            frame.pc = pc;
            const step = foreign(m, fiber, frame);
            if (step === WAITS) return budgetLeft(m, budget);
            if (step !== null) {
              completion = step;
              break unwinding;
            }
            pc += 5;
            break;
          }
          default: {
            const op = code[pc]!;
            if (op < BEYOND) coldOp(m.ir, m.natives, code, pc, regs);
            else {
              frame.pc = pc;
              const step = beyond(m, fiber, frame, op);
              if (step === WAITS) return budgetLeft(m, budget);
              if (step !== null) {
                completion = step;
                break unwinding;
              }
            }
            pc += SIZES[op]!;
          }
        }
      }
    } catch (thrown) {
      frame.pc = pc;
      completion = { kind: "error", error: errorOf(m, fiber, thrown) };
    }
    if (!unwind(m, fiber, completion)) return budgetLeft(m, budget);
    frame = frames[frames.length - 1]!;
    regs = frame.regs;
    code = frame.fn.code;
    pc = frame.pc;
  }
}

const CALL = 83;
/** Instructions from here on reach beyond their registers: handlers, the world, branches. */
const BEYOND = 89;

function budgetLeft(m: Machine, budget: number): void {
  m.budget = budget;
}

function tooDeep(m: Machine, fiber: Fiber): ErrorValue {
  return makeError(m, fiber, "stack-overflow", `Calls are nested more than ${m.limits.frames} deep`);
}
