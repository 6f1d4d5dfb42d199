/**
 * What the meter has to know of a module before it rewrites it: how many functions and globals are imported, how many
 * parameters each function has, how many types there are.
 */
import { unreadable, ModuleReader } from "./module-reader.ts";

export interface Section {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

export interface FunctionShape {
  /** How many parameters it has. */
  readonly params: number;
  /** The bytes of its result type as a block type; null when it has several results. */
  readonly block: Uint8Array | null;
}

export interface ModuleShape {
  readonly sections: readonly Section[];
  readonly types: number;
  readonly importedFunctions: number;
  readonly importedGlobals: number;
  readonly importedMemories: number;
  /** The type of each function that the module defines, in order. */
  readonly functions: readonly FunctionShape[];
  /** `module` and `name` of every import, names of every export. */
  readonly names: readonly string[];
}

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

export function shapeOf(bytes: Uint8Array): ModuleShape {
  const sections = [...sectionsOf(bytes)];
  const reader = (id: number): ModuleReader | undefined => {
    const found = sections.find((each) => each.id === id);
    return found && new ModuleReader(bytes, found.start, found.end);
  };
  const types = typesOf(reader(SECTION.type));
  const imports = importsOf(reader(SECTION.import));
  return {
    sections,
    types: types.length,
    importedFunctions: imports.functions,
    importedGlobals: imports.globals,
    importedMemories: imports.memories,
    functions: functionTypes(reader(SECTION.function)).map((type) => types[type] ?? NO_FUNCTION),
    names: [...imports.names, ...exportNames(reader(SECTION.export))],
  };
}

function* sectionsOf(bytes: Uint8Array): Generator<Section> {
  const reader = new ModuleReader(bytes, 8);
  while (!reader.done) {
    const id = reader.u8();
    const size = reader.u32();
    const start = reader.at;
    reader.skip(size);
    yield { id, start, end: reader.at };
  }
}

const NO_FUNCTION: FunctionShape = { params: 0, block: null };
const NOTHING: Uint8Array = Uint8Array.of(0x40);

/** By type index. */
function typesOf(reader: ModuleReader | undefined): FunctionShape[] {
  const types: FunctionShape[] = [];
  if (reader === undefined) return types;
  for (let left = reader.u32(); left > 0; left--) readGroup(reader, types);
  return types;
}

function readGroup(reader: ModuleReader, types: FunctionShape[]): void {
  const code = reader.u8();
  if (code !== 0x4e) return readType(reader, code, types);
  for (let left = reader.u32(); left > 0; left--) readType(reader, reader.u8(), types);
}

function readType(reader: ModuleReader, first: number, types: FunctionShape[]): void {
  let code = first;
  if (code === 0x50 || code === 0x4f) {
    for (let left = reader.u32(); left > 0; left--) reader.skipInteger(); // supertypes
    code = reader.u8();
  }
  types.push(readComposite(reader, code));
}

function readComposite(reader: ModuleReader, code: number): FunctionShape {
  switch (code) {
    case 0x60:
      return readFunction(reader);
    case 0x5f:
      for (let left = reader.u32(); left > 0; left--) readField(reader);
      return NO_FUNCTION;
    case 0x5e:
      readField(reader);
      return NO_FUNCTION;
    default:
      throw unreadable(`type 0x${code.toString(16)}`, reader.at - 1);
  }
}

function readFunction(reader: ModuleReader): FunctionShape {
  const params = reader.u32();
  for (let left = params; left > 0; left--) reader.skipValueType();
  const results = reader.u32();
  const start = reader.at;
  for (let left = results; left > 0; left--) reader.skipValueType();
  const block = results === 0 ? NOTHING : results === 1 ? reader.bytes.subarray(start, reader.at) : null;
  return { params, block };
}

function readField(reader: ModuleReader): void {
  reader.skipValueType();
  reader.u8(); // mutability
}

interface Imports {
  functions: number;
  globals: number;
  memories: number;
  readonly names: string[];
}

function importsOf(reader: ModuleReader | undefined): Imports {
  const imports: Imports = { functions: 0, globals: 0, memories: 0, names: [] };
  if (reader === undefined) return imports;
  for (let left = reader.u32(); left > 0; left--) {
    imports.names.push(reader.name(), reader.name());
    readImport(reader, imports);
  }
  return imports;
}

function readImport(reader: ModuleReader, imports: Imports): void {
  const kind = reader.u8();
  switch (kind) {
    case 0:
      imports.functions++;
      return reader.skipInteger();
    case 1:
      reader.skipValueType();
      return reader.skipLimits();
    case 2:
      imports.memories++;
      return reader.skipLimits();
    case 3:
      imports.globals++;
      reader.skipValueType();
      return reader.skip(1);
    case 4:
      reader.skip(1);
      return reader.skipInteger();
    default:
      throw unreadable(`import of kind ${kind}`, reader.at - 1);
  }
}

function functionTypes(reader: ModuleReader | undefined): number[] {
  if (reader === undefined) return [];
  return Array.from({ length: reader.u32() }, () => reader.u32());
}

function exportNames(reader: ModuleReader | undefined): string[] {
  if (reader === undefined) return [];
  return Array.from({ length: reader.u32() }, () => {
    const name = reader.name();
    reader.skip(1);
    reader.skipInteger();
    return name;
  });
}
