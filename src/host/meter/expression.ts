/**
 * Instructions copied with their references to functions and globals moved up: the meter's own function and global
 * stand between the imported and the defined ones.
 */
import { readOperands, type Effect } from "./instruction.ts";
import type { ModuleReader } from "./module-reader.ts";
import type { ModuleWriter } from "./module-writer.ts";

/** The indices of the meter's own: each behind all that is imported, its type behind all types. */
export interface Own {
  readonly tick: number;
  readonly counter: number;
  readonly type: number;
}

/** A function's or global's index behind the meter's own. */
export function shifted(index: number, own: number): number {
  return index < own ? index : index + 1;
}

const CALL = 0x10;
const RETURN_CALL = 0x12;
const REF_FUNC = 0xd2;
const GLOBAL_GET = 0x23;
const GLOBAL_SET = 0x24;

/**
 * Copies the instruction at `reader.at` and tells its effect.
 *
 * @param before is told the effect, and whether an imported function is called, when all of the instruction is read and
 *   nothing of it is written
 */
export function copyInstruction(
  reader: ModuleReader,
  into: ModuleWriter,
  own: Own,
  before?: (effect: Effect, imported: boolean) => void,
): Effect {
  const start = reader.at;
  const opcode = reader.u8();
  switch (opcode) {
    case CALL:
    case RETURN_CALL:
    case REF_FUNC: {
      const effect = opcode === CALL ? "call" : opcode === RETURN_CALL ? "leaves" : "plain";
      const index = reader.u32();
      before?.(effect, index < own.tick);
      into.u8(opcode);
      into.u32(shifted(index, own.tick));
      return effect;
    }
    case GLOBAL_GET:
    case GLOBAL_SET: {
      const index = reader.u32();
      before?.("plain", false);
      into.u8(opcode);
      into.u32(shifted(index, own.counter));
      return "plain";
    }
    default: {
      const effect = readOperands(reader, opcode);
      before?.(effect, false);
      into.copy(reader.bytes, start, reader.at);
      return effect;
    }
  }
}

/** Copies a constant expression with its `end`. */
export function copyConstant(reader: ModuleReader, into: ModuleWriter, own: Own): void {
  while (copyInstruction(reader, into, own) !== "ends");
}
