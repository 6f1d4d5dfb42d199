/** Reads the sections of a component. Core modules are noted by where they lie, custom sections and core types skipped. */
import { WitError } from "./error.ts";
import { readCanon } from "./read-canon.ts";
import { coreSortOf, readAlias, readExtern, readExternName, readImport, readSort, readType } from "./read-types.ts";
import type { Reader } from "./reader.ts";
import type { CoreNamed, Definition, NamedItem, SortIndex } from "./syntax.ts";

/** `\0asm`, then version 13 and layer 1. A core module says version 1 and layer 0. */
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00] as const;

/** The definitions of a component, in order. */
export function readComponent(reader: Reader): Definition[] {
  readPreamble(reader);
  const definitions: Definition[] = [];
  while (!reader.done) {
    const code = reader.u8();
    const section = reader.section(reader.u32());
    readSection(section, code, definitions);
    section.finish("section");
  }
  return definitions;
}

function readPreamble(reader: Reader): void {
  for (const byte of PREAMBLE) {
    if (reader.done || reader.u8() !== byte) {
      throw new WitError("not-a-component", notAComponent(reader), reader.position);
    }
  }
}

function notAComponent(reader: Reader): string {
  const at = reader.position;
  if (at === 5 && reader.bytes.length > 8) return "These bytes are a core WebAssembly module, not a component";
  return "These bytes are not a WebAssembly component";
}

function readSection(section: Reader, code: number, into: Definition[]): void {
  section.budget.charge(1, section.position);
  const offset = section.position;
  switch (code) {
    case 0x00: // custom
    case 0x03: // core types
      return section.skip(section.end - offset);
    case 0x01:
      into.push({ offset, kind: "core-module", start: offset, end: section.end });
      return section.skip(section.end - offset);
    case 0x02:
      return readItems(section, into, readCoreInstance);
    case 0x09:
    case 0x0c:
      into.push({ offset, kind: "beyond", what: code === 0x09 ? "a start function" : "values" });
      return section.skip(section.end - offset);
    case 0x04:
      return void into.push(readNested(section));
    case 0x05:
      return readItems(section, into, readInstance);
    case 0x06:
      return readItems(section, into, readAlias);
    case 0x07:
      return readItems(section, into, (r) => ({ offset: r.position, kind: "type", type: readType(r) }));
    case 0x08:
      return readItems(section, into, readCanon);
    case 0x0a:
      return readItems(section, into, readImport);
    case 0x0b:
      return readItems(section, into, readExport);
    default:
      throw new WitError("malformed", `Unknown section ${code}`, section.position);
  }
}

function readItems(section: Reader, into: Definition[], read: (reader: Reader) => Definition): void {
  section.vec(() => void into.push(read(section)));
}

function readNested(section: Reader): Definition {
  const offset = section.position;
  return { offset, kind: "component", body: section.budget.nested(offset, () => readComponent(section)) };
}

function readInstance(reader: Reader): Definition {
  const offset = reader.position;
  const kind = reader.u8();
  if (kind === 0x01) return { offset, kind: "bundle", exports: reader.vec(() => readBundled(reader)) };
  if (kind !== 0x00) return reader.unknown("instance expression", kind);
  const component = reader.u32();
  return { offset, kind: "instantiate", component, args: reader.vec(() => readArgument(reader)) };
}

function readArgument(reader: Reader): NamedItem {
  return { name: reader.name(), ...readSortIndex(reader) };
}

function readBundled(reader: Reader): NamedItem {
  return { name: readExternName(reader), ...readSortIndex(reader) };
}

function readSortIndex(reader: Reader): SortIndex {
  return { sort: readSort(reader), index: reader.u32() };
}

function readCoreInstance(reader: Reader): Definition {
  const offset = reader.position;
  const kind = reader.u8();
  if (kind === 0x01) return { offset, kind: "core-bundle", exports: reader.vec(() => readCoreNamed(reader)) };
  if (kind !== 0x00) return reader.unknown("core instance expression", kind);
  const module = reader.u32();
  const args = reader.vec(() => {
    const name = reader.name();
    reader.expect(0x12, "sort of a core argument");
    return { name, instance: reader.u32() };
  });
  return { offset, kind: "core-instantiate", module, args };
}

function readCoreNamed(reader: Reader): CoreNamed {
  return { name: reader.name(), sort: coreSortOf(reader.u8(), reader), index: reader.u32() };
}

function readExport(reader: Reader): Definition {
  const offset = reader.position;
  const name = readExternName(reader);
  const item = readSortIndex(reader);
  return { offset, kind: "export", name, item, ascribed: reader.optional(() => readExtern(reader)) };
}
