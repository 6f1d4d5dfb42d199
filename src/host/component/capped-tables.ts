/**
 * Core modules whose tables cannot be used to fill the host's memory: there are few, and none grows without end.
 *
 *   Only for modules that V8 found valid.
 */
import { Fault } from "../../fault.ts";
import { readOperands } from "../meter/instruction.ts";
import { ModuleReader } from "../meter/module-reader.ts";
import { ModuleWriter } from "../meter/module-writer.ts";

const TABLE_SECTION = 4;

/** Tables of one core module. */
const MOST_TABLES = 8;
/** Entries of one table: compilers make one for each function whose address is taken. */
export const MOST_ENTRIES = 200_000;

/** @throws {Fault} `component-unsupported`, `memory-limit` */
export function cappedTables(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const sections = new ModuleReader(bytes, 8);
  while (!sections.done) {
    const start = sections.at;
    const id = sections.u8();
    const size = sections.u32();
    const reader = new ModuleReader(bytes, sections.at, sections.at + size);
    sections.skip(size);
    if (id === TABLE_SECTION) return replaced(bytes, start, capped(reader), sections.at);
  }
  return bytes;
}

function replaced(bytes: Uint8Array, start: number, section: ModuleWriter, end: number): Uint8Array<ArrayBuffer> {
  const out = new ModuleWriter(bytes.length + 64);
  out.copy(bytes, 0, start);
  out.u8(TABLE_SECTION);
  out.u32(section.length);
  out.append(section);
  out.copy(bytes, end, bytes.length);
  return out.take();
}

function capped(reader: ModuleReader): ModuleWriter {
  const out = new ModuleWriter();
  const count = reader.u32();
  if (count > MOST_TABLES) {
    throw new Fault("component-unsupported", `A core module has ${count} tables; ${MOST_TABLES} are allowed`);
  }
  out.u32(count);
  for (let left = count; left > 0; left--) cappedTable(reader, out);
  return out;
}

function cappedTable(reader: ModuleReader, out: ModuleWriter): void {
  const start = reader.at;
  const isFilled = reader.bytes[start] === 0x40;
  if (isFilled) reader.skip(2);
  reader.skipValueType();
  out.copy(reader.bytes, start, reader.at);
  const flags = reader.u8();
  if (flags > 1) throw new Fault("component-unsupported", "The component has a shared or 64-bit table");
  const minimum = reader.u32();
  const maximum = flags === 1 ? reader.u32() : MOST_ENTRIES;
  if (minimum > MOST_ENTRIES) {
    throw new Fault(
      "memory-limit",
      `A table of the plugin starts with ${minimum} entries; ${MOST_ENTRIES} are allowed`,
    );
  }
  out.u8(1);
  out.u32(minimum);
  out.u32(Math.min(maximum, MOST_ENTRIES));
  if (isFilled) copyConstant(reader, out);
}

function copyConstant(reader: ModuleReader, out: ModuleWriter): void {
  const start = reader.at;
  while (readOperands(reader, reader.u8()) !== "ends");
  out.copy(reader.bytes, start, reader.at);
}
