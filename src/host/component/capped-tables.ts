/**
 * Core modules whose tables cannot be used to fill the host's memory: there are few, and together they have no more
 * elements than the package may have.
 *
 *   C1  Which table grows is not known before it does. What they do not start with is shared out evenly among those that
 *       can grow: in what compilers make, one.
 *   C2  A module is rewritten only when V8 has found it valid; the elements of one that is not are not counted either, as
 *       it never runs.
 */
import { Fault } from "../../fault.ts";
import { raiseHint } from "../package/limits.ts";
import { readOperands } from "../meter/instruction.ts";
import { ModuleReader } from "../meter/module-reader.ts";
import { ModuleWriter } from "../meter/module-writer.ts";

const TABLE_SECTION = 4;

/** Tables of one core module. */
const MOST_TABLES = 8;
/** A core module, and how many instances are made of it. */
export interface CoreUse {
  readonly bytes: Uint8Array;
  readonly times: number;
}

/** By how much each table of these modules may grow, so that all have `most` elements at most (C1). @throws {Fault} `memory-limit` */
export function tableGrowth(cores: readonly CoreUse[], most: number, source: string): number {
  let first = 0;
  let growing = 0;
  for (const { bytes, times } of cores) {
    for (const { minimum, maximum } of tablesOf(bytes)) {
      first += minimum * times;
      if (maximum > minimum) growing += times;
    }
  }
  if (first > most) {
    throw new Fault("memory-limit", `The plugin starts with ${first} elements in its tables; its limit is ${most}`, {
      hint: raiseHint(source, "tables"),
    });
  }
  return growing === 0 ? 0 : Math.floor((most - first) / growing);
}

/** The module with tables that grow by `growth` elements at most. @throws {Fault} `component-unsupported` */
export function cappedTables(bytes: Uint8Array<ArrayBuffer>, growth: number): Uint8Array<ArrayBuffer> {
  const section = tableSection(bytes);
  if (section === null) return bytes;
  return replaced(bytes, section.start, capped(section.reader, growth), section.reader.end);
}

function tableSection(bytes: Uint8Array): { readonly start: number; readonly reader: ModuleReader } | null {
  const sections = new ModuleReader(bytes, 8);
  while (!sections.done) {
    const start = sections.at;
    const id = sections.u8();
    const size = sections.u32();
    const reader = new ModuleReader(bytes, sections.at, sections.at + size);
    sections.skip(size);
    if (id === TABLE_SECTION) return { start, reader };
  }
  return null;
}

interface TableSize {
  readonly minimum: number;
  readonly maximum: number;
}

/** (C2) */
function tablesOf(bytes: Uint8Array): readonly TableSize[] {
  try {
    const reader = tableSection(bytes)?.reader;
    const tables: TableSize[] = [];
    for (let left = reader?.u32() ?? 0; reader !== undefined && left > 0; left--) tables.push(sizeOf(reader));
    return tables;
  } catch (thrown) {
    if (thrown instanceof Fault) return [];
    throw thrown;
  }
}

function sizeOf(reader: ModuleReader): TableSize {
  const isFilled = reader.bytes[reader.at] === 0x40;
  if (isFilled) reader.skip(2);
  reader.skipValueType();
  const flags = reader.u8();
  const minimum = reader.u32();
  const maximum = flags === 1 ? reader.u32() : Infinity;
  if (isFilled) skipConstant(reader);
  return { minimum, maximum };
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

function capped(reader: ModuleReader, growth: number): ModuleWriter {
  const out = new ModuleWriter();
  const count = reader.u32();
  if (count > MOST_TABLES) {
    throw new Fault("component-unsupported", `A core module has ${count} tables; ${MOST_TABLES} are allowed`);
  }
  out.u32(count);
  for (let left = count; left > 0; left--) cappedTable(reader, out, growth);
  return out;
}

function cappedTable(reader: ModuleReader, out: ModuleWriter, growth: number): void {
  const start = reader.at;
  const isFilled = reader.bytes[start] === 0x40;
  if (isFilled) reader.skip(2);
  reader.skipValueType();
  out.copy(reader.bytes, start, reader.at);
  const flags = reader.u8();
  if (flags > 1) throw new Fault("component-unsupported", "The component has a shared or 64-bit table");
  const minimum = reader.u32();
  const maximum = flags === 1 ? reader.u32() : Infinity;
  out.u8(1);
  out.u32(minimum);
  out.u32(Math.min(maximum, minimum + growth));
  if (isFilled) copyConstant(reader, out);
}

function copyConstant(reader: ModuleReader, out: ModuleWriter): void {
  const start = reader.at;
  skipConstant(reader);
  out.copy(reader.bytes, start, reader.at);
}

function skipConstant(reader: ModuleReader): void {
  while (readOperands(reader, reader.u8()) !== "ends");
}
