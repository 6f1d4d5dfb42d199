/**
 * Why the state of a core module's instances cannot be read from outside, where that is so (HAZARDS 35): besides its memories and
 * its globals of numbers there is something that changes, and that JavaScript cannot see or put back.
 */
import { Fault } from "../../fault.ts";
import { collectsObjects } from "./collects.ts";
import { ownState, STATE } from "./exposed.ts";
import { readOperands } from "./instruction.ts";
import { ModuleReader } from "./module-reader.ts";
import { SECTION, shapeOf } from "./shape.ts";

const TABLE_SET = 0x26;
const BULK = 0xfc;
/** Of the bulk instructions, by their second number. */
const CHANGES: Readonly<Record<number, string>> = {
  9: "it drops segments of data (`data.drop`)",
  12: "it changes tables (`table.init`)",
  13: "it drops segments of elements (`elem.drop`)",
  14: "it changes tables (`table.copy`)",
  15: "it changes tables (`table.grow`)",
  17: "it changes tables (`table.fill`)",
};

/** As the end of a sentence; null when all of it can be read. The module may be invalid: it never runs then. */
export function whyUnsavable(bytes: Uint8Array): string | null {
  try {
    const shape = shapeOf(bytes);
    if (shape.names.some((name) => name.startsWith(STATE))) return "it uses names that are the host's own";
    if (collectsObjects(bytes)) return "it has objects that are collected";
    if ([...ownState(bytes, shape).globals.values()].includes(false)) return "it has variables that cannot be read";
    const code = shape.sections.find(({ id }) => id === SECTION.code);
    return code === undefined ? null : changesOf(new ModuleReader(bytes, code.start, code.end));
  } catch (thrown) {
    if (thrown instanceof Fault || thrown instanceof RangeError) return "it has what is not known here";
    throw thrown;
  }
}

function changesOf(reader: ModuleReader): string | null {
  for (let left = reader.u32(); left > 0; left--) {
    const size = reader.u32();
    const body = new ModuleReader(reader.bytes, reader.at, reader.at + size);
    reader.skip(size);
    const found = changeIn(body);
    if (found !== null) return found;
  }
  return null;
}

function changeIn(body: ModuleReader): string | null {
  for (let groups = body.u32(); groups > 0; groups--) {
    body.skipInteger();
    body.skipValueType();
  }
  while (!body.done) {
    const opcode = body.u8();
    if (opcode === TABLE_SET) return "it changes tables (`table.set`)";
    if (opcode === BULK) {
      const change = CHANGES[new ModuleReader(body.bytes, body.at, body.end).u32()];
      if (change !== undefined) return change;
    }
    readOperands(body, opcode);
  }
  return null;
}
