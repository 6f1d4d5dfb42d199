/**
 * The instructions of WebAssembly as the meter sees them: what follows the opcode, and what it does to control flow.
 *
 *   O1  Known are the finished proposals: SIMD, GC, exceptions (both forms), tail calls, bulk memory, references.
 *       Relaxed SIMD (its results differ between machines), threads and anything newer are refused.
 */
import { unreadable, type ModuleReader } from "./module-reader.ts";

/**
 * `opens`: a structure begins, code goes on in the same basic block. `loop`: as `opens`, and its start is a target.
 * `arm`: what follows is run only on one way. `ends`: a structure ends, and what follows may be a target.
 * `branches`: what follows is run only on one way, or not at all. `leaves`, `throws`: the function is left, or its structure.
 * `fills`, `moves`, `makes`, `grows`: works as long as its last operand says, in bytes, elements (which are there, or are
 * allocated), or pages. `allocates`: makes one object of values that are there; `empties`: one of up to 10,000 fields.
 */
export type Effect =
  | "plain"
  | "opens"
  | "loop"
  | "arm"
  | "ends"
  | "branches"
  | "leaves"
  | "throws"
  | "call"
  | "fills"
  | "moves"
  | "makes"
  | "allocates"
  | "empties"
  | "grows";

/**
 * Units, of which a machine does five to fifteen in a nanosecond where the code is plain. What takes much longer than its
 * neighbours costs more, so that a unit is nowhere worth more than some nanoseconds.
 */
const WEIGHTS: Readonly<Record<Effect, number>> = {
  plain: 1,
  opens: 0,
  loop: 0,
  arm: 1,
  ends: 0,
  branches: 1,
  leaves: 1,
  throws: 200,
  call: 2,
  fills: 20,
  moves: 20,
  makes: 20,
  allocates: 10,
  empties: 4000,
  grows: 200,
};

export function weightOf(effect: Effect): number {
  return WEIGHTS[effect];
}

/** What a unit pays for, as a shift of the length: 32 bytes, 4 elements, a quarter of a new one, a 2048th of a page. */
export function lengthShift(effect: Effect): { readonly left: boolean; readonly by: number } | null {
  switch (effect) {
    case "fills":
      return { left: false, by: 5 };
    case "moves":
      return { left: false, by: 2 };
    case "makes":
      return { left: true, by: 2 };
    case "grows":
      return { left: true, by: 11 };
    default:
      return null;
  }
}

/** Reads the operands after `opcode` and tells its effect. References to functions and globals are the caller's. */
export function readOperands(reader: ModuleReader, opcode: number): Effect {
  if (opcode >= 0x45 && opcode <= 0xc4) return "plain"; // arithmetic, comparisons, conversions
  if (opcode >= 0x28 && opcode <= 0x3e) return memoryAccess(reader);
  switch (opcode) {
    case 0x00: // unreachable
    case 0x0f: // return
      return "leaves";
    case 0x0a: // throw_ref
      return "throws";
    case 0x01: // nop
    case 0x1a: // drop
    case 0x1b: // select
    case 0xd1: // ref.is_null
    case 0xd3: // ref.eq
    case 0xd4: // ref.as_non_null
      return "plain";
    case 0x02: // block
    case 0x06: // try
      reader.skipBlockType();
      return "opens";
    case 0x03: // loop
      reader.skipBlockType();
      return "loop";
    case 0x04: // if
      reader.skipBlockType();
      return "arm";
    case 0x05: // else
    case 0x19: // catch_all
      return "arm";
    case 0x07: // catch
      reader.skipInteger();
      return "arm";
    case 0x0b: // end
      return "ends";
    case 0x18: // delegate
      reader.skipInteger();
      return "ends";
    case 0x08: // throw
    case 0x09: // rethrow
      reader.skipInteger();
      return "throws";
    case 0x12: // return_call
    case 0x15: // return_call_ref
      reader.skipInteger();
      return "leaves";
    case 0x0c: // br
    case 0x0d: // br_if
    case 0xd5: // br_on_null
    case 0xd6: // br_on_non_null
      reader.skipInteger();
      return "branches";
    case 0x0e: // br_table
      for (let left = reader.u32(); left >= 0; left--) reader.skipInteger();
      return "branches";
    case 0x13: // return_call_indirect
      reader.skipInteger();
      reader.skipInteger();
      return "leaves";
    case 0x10: // call
    case 0x14: // call_ref
      reader.skipInteger();
      return "call";
    case 0x11: // call_indirect
      reader.skipInteger();
      reader.skipInteger();
      return "call";
    case 0x1c: // select with types
      for (let left = reader.u32(); left > 0; left--) reader.skipValueType();
      return "plain";
    case 0x1f: // try_table
      return tryTable(reader);
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x25: // table.get
    case 0x26: // table.set
    case 0x3f: // memory.size
    case 0x41: // i32.const
    case 0x42: // i64.const
    case 0xd0: // ref.null
    case 0xd2: // ref.func
      reader.skipInteger();
      return "plain";
    case 0x40: // memory.grow
      reader.skipInteger();
      return "grows";
    case 0x43: // f32.const
      reader.skip(4);
      return "plain";
    case 0x44: // f64.const
      reader.skip(8);
      return "plain";
    case 0xfb:
      return garbageCollected(reader);
    case 0xfc:
      return numericOrBulk(reader);
    case 0xfd:
      return vector(reader);
    default:
      throw unreadable(`instruction 0x${opcode.toString(16)}`, reader.at - 1);
  }
}

function memoryAccess(reader: ModuleReader): Effect {
  reader.skipMemoryArgument();
  return "plain";
}

function tryTable(reader: ModuleReader): Effect {
  reader.skipBlockType();
  for (let left = reader.u32(); left > 0; left--) {
    const kind = reader.u8();
    if (kind > 3) throw unreadable(`catch clause ${kind}`, reader.at - 1);
    if (kind < 2) reader.skipInteger();
    reader.skipInteger();
  }
  return "opens";
}

function integers(reader: ModuleReader, count: number, effect: Effect): Effect {
  for (let left = count; left > 0; left--) reader.skipInteger();
  return effect;
}

function garbageCollected(reader: ModuleReader): Effect {
  const code = reader.u32();
  switch (code) {
    case 0: // struct.new
      return integers(reader, 1, "allocates");
    case 1: // struct.new_default
      return integers(reader, 1, "empties");
    case 8: // array.new_fixed
      return integers(reader, 2, "allocates");
    case 6: // array.new
    case 7: // array.new_default
      return integers(reader, 1, "makes");
    case 9: // array.new_data
    case 10: // array.new_elem
      return integers(reader, 2, "makes");
    case 16: // array.fill
      return integers(reader, 1, "moves");
    case 17: // array.copy
    case 18: // array.init_data
    case 19: // array.init_elem
      return integers(reader, 2, "moves");
    case 11: // array.get
    case 12:
    case 13:
    case 14: // array.set
    case 20: // ref.test
    case 21:
    case 22: // ref.cast
    case 23:
      return integers(reader, 1, "plain");
    case 2: // struct.get
    case 3:
    case 4:
    case 5: // struct.set
      return integers(reader, 2, "plain");
    case 24: // br_on_cast
    case 25: // br_on_cast_fail
      reader.u8();
      return integers(reader, 3, "branches");
    case 15: // array.len
    case 26: // any.convert_extern
    case 27: // extern.convert_any
    case 28: // ref.i31
    case 29:
    case 30:
      return "plain";
    default:
      throw unreadable(`instruction 0xfb ${code}`, reader.at - 1);
  }
}

function numericOrBulk(reader: ModuleReader): Effect {
  const code = reader.u32();
  switch (code) {
    case 8: // memory.init
    case 10: // memory.copy
      return integers(reader, 2, "fills");
    case 12: // table.init
    case 14: // table.copy
      return integers(reader, 2, "moves");
    case 11: // memory.fill
      return integers(reader, 1, "fills");
    case 15: // table.grow
    case 17: // table.fill
      return integers(reader, 1, "moves");
    case 9: // data.drop
    case 13: // elem.drop
    case 16: // table.size
      return integers(reader, 1, "plain");
    default:
      if (code < 8) return "plain"; // saturating truncation
      throw unreadable(`instruction 0xfc ${code}`, reader.at - 1);
  }
}

function vector(reader: ModuleReader): Effect {
  const code = reader.u32();
  if (code > 255) throw unreadable(`instruction 0xfd ${code}`, reader.at - 1); // O1
  if (code <= 11 || code === 92 || code === 93) return memoryAccess(reader);
  if (code === 12 || code === 13) reader.skip(16); // v128.const, shuffle
  if (code >= 21 && code <= 34) reader.skip(1); // lanes
  if (code >= 84 && code <= 91) {
    reader.skipMemoryArgument();
    reader.skip(1);
  }
  return "plain";
}
