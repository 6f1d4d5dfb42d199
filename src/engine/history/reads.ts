/** Which registers an instruction reads and writes, by its operands (lang/ir/opcode.ts, O2). */
import type { Ir } from "../../lang/ir/ir.ts";
import { operations } from "../../lang/ir/opcode.ts";
import type { OpName } from "../../lang/ir/opcode.ts";
import type { Step } from "./replay.ts";

/** Registers in a row. */
export interface Window {
  readonly first: number;
  readonly count: number;
}

/** What the instruction reads, with what it changes in place. */
export function readsOf({ ir: { calls, functions } }: { readonly ir: Ir }, { frame, pc, op }: Step): readonly Window[] {
  const { code } = frame.fn;
  const at = (offset: number): number => code[pc + offset] as number;
  switch (op) {
    case "FOREIGN":
      return [{ first: at(3), count: calls[at(2)]?.params ?? 0 }];
    case "CALL":
    case "CALL_SILENT":
      return [{ first: at(3), count: functions[at(2)]?.params ?? 0 }];
    case "PUT_OWN":
      return [
        { first: at(1), count: 1 },
        { first: at(2), count: 2 },
      ];
    case "SET":
      return [
        { first: at(1), count: 1 },
        { first: at(3), count: 1 },
      ];
    case "RETRY":
    case "ATTEMPT":
    case "CHECK":
      return [];
    default:
      return generic(operations[code[pc] as number]?.operands ?? [], at);
  }
}

function generic(operands: readonly string[], at: (offset: number) => number): readonly Window[] {
  return operands.flatMap((kind, i): Window[] => {
    if (kind === "n") return [{ first: at(i), count: at(i + 1) }];
    if (operands[i + 1] === "n" || !"abc".includes(kind)) return [];
    return [{ first: at(i + 1), count: 1 }];
  });
}

const IN_PLACE: ReadonlySet<OpName> = new Set(["APPEND", "APPEND_OWN", "PUT_OWN"]);
/** Their `d` is written later, or is none of the program's values. */
const LATER: ReadonlySet<OpName> = new Set(["TRY", "FINALLY", "SHIELD", "END_FINALLY"]);

/** The register it writes; null when none. */
export function writeOf({ frame, pc, op }: Step): number | null {
  const { code } = frame.fn;
  const [first] = operations[code[pc] as number]?.operands ?? [];
  if (IN_PLACE.has(op) || (first === "d" && !LATER.has(op))) return code[pc + 1] as number;
  return null;
}

/** Cells that an instruction takes. */
export function sizeOf({ fn }: Step["frame"], pc: number): number {
  return operations[fn.code[pc] as number]?.size ?? 1;
}

const LEAVING: ReadonlySet<OpName> = new Set(["CALL", "CALL_SILENT", "CALL_VALUE", "RETURN"]);

/** Whether it goes on elsewhere than behind itself when nothing fails. */
export function isJump({ frame, pc, op }: Step): boolean {
  return LEAVING.has(op) || (operations[frame.fn.code[pc] as number]?.operands.includes("j") ?? false);
}

/** By place in its code: the register that takes the error of a handler there. */
export function catchesOf({ code }: { readonly code: Int32Array }): ReadonlyMap<number, number> {
  const catches = new Map<number, number>();
  for (let pc = 0; pc < code.length;) {
    const operation = operations[code[pc] as number];
    if (operation === undefined) break;
    if (operation.name === "TRY") catches.set(code[pc + 1] as number, code[pc + 2] as number);
    if (operation.name === "ATTEMPT") catches.set(code[pc + 1] as number, (code[pc + 2] as number) + ERROR);
    pc += operation.size;
  }
  return catches;
}

/** Of a RETRY's registers, the one of its error. */
const ERROR = 6;
