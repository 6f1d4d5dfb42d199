/**
 * Core modules whose state can be read and written from outside: every memory and every mutable global that one defines is
 * exported besides, under a name of the host's own.
 *
 *   X1  The module was found valid before. More exports change nothing that its code could notice, and nobody imports these:
 *       a component names what its cores give each other, and was found valid without them.
 *   X2  A module that has such names itself, or what is not known here, stays as it is. Nothing can be read of it then
 *       (`unsavable.ts`).
 *   X3  Names go by the order of what the module defines, so that metered code and code as it was have the same.
 */
import { Fault } from "../../fault.ts";
import { readOperands } from "./instruction.ts";
import { ModuleReader } from "./module-reader.ts";
import { ModuleWriter } from "./module-writer.ts";
import { SECTION, type ModuleShape, shapeOf } from "./shape.ts";

/** How the names begin. */
export const STATE = "sennit:state/";

/** Of memories, and of globals; the number of each follows. */
export const MEMORIES: string = `${STATE}memory-`;
export const GLOBALS: string = `${STATE}global-`;

/** What a module has of its own that can change. */
export interface OwnState {
  readonly memories: number;
  /** Each mutable global that it defines, by its number among those, and whether JavaScript can read it. */
  readonly globals: ReadonlyMap<number, boolean>;
}

/** The value types that are numbers: `i32`, `i64`, `f32`, `f64`. */
const isNumber = (type: number | undefined): boolean => type !== undefined && type >= 0x7c && type <= 0x7f;

/** @throws {Fault} `component-unsupported` for what is not known here */
export function ownState(bytes: Uint8Array, shape: ModuleShape): OwnState {
  const memories = sectionOf(bytes, shape, SECTION.memory)?.u32() ?? 0;
  const globals = new Map<number, boolean>();
  const reader = sectionOf(bytes, shape, SECTION.global);
  const count = reader?.u32() ?? 0;
  for (let number = 0; reader !== undefined && number < count; number++) {
    const readable = isNumber(reader.bytes[reader.at]);
    reader.skipValueType();
    if (reader.u8() === 1) globals.set(number, readable);
    while (readOperands(reader, reader.u8()) !== "ends");
  }
  return { memories, globals };
}

/** The module with those exports (X2). */
export function exposed(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    const shape = shapeOf(bytes);
    if (shape.names.some((name) => name.startsWith(STATE))) return bytes;
    return withExports(bytes, shape, exportsOf(bytes, shape));
  } catch (thrown) {
    if (thrown instanceof Fault) return bytes;
    throw thrown;
  }
}

/** The module without its start function. */
export function withoutStart(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const into = new ModuleWriter(bytes.length);
  const reader = new ModuleReader(bytes, 8);
  into.copy(bytes, 0, 8);
  while (!reader.done) {
    const start = reader.at;
    const id = reader.u8();
    reader.skip(reader.u32());
    if (id !== SECTION.start) into.copy(bytes, start, reader.at);
  }
  return into.length === bytes.length ? bytes : into.take();
}

const MEMORY = 2;
const GLOBAL = 3;

interface Export {
  readonly name: string;
  readonly kind: number;
  readonly index: number;
}

function exportsOf(bytes: Uint8Array, shape: ModuleShape): Export[] {
  const { memories, globals } = ownState(bytes, shape);
  const { importedMemories, importedGlobals } = shape;
  return [
    ...Array.from({ length: memories }, (_, number) => {
      return { name: `${MEMORIES}${number}`, kind: MEMORY, index: importedMemories + number };
    }),
    ...[...globals].flatMap(([number, readable]) =>
      readable ? [{ name: `${GLOBALS}${number}`, kind: GLOBAL, index: importedGlobals + number }] : [],
    ),
  ];
}

/** Sections that stand before that of the exports. */
const BEFORE: ReadonlySet<number> = new Set([
  SECTION.type,
  SECTION.import,
  SECTION.function,
  SECTION.table,
  SECTION.memory,
  SECTION.global,
  SECTION.tag,
]);

function withExports(
  bytes: Uint8Array<ArrayBuffer>,
  { sections }: ModuleShape,
  exports: readonly Export[],
): Uint8Array<ArrayBuffer> {
  if (exports.length === 0) return bytes;
  const known = sections.find(({ id }) => id === SECTION.export);
  const place = known?.end ?? sections.findLast(({ id }) => BEFORE.has(id))?.end ?? 8;
  const body = new ModuleWriter();
  const old = known === undefined ? null : new ModuleReader(bytes, known.start, known.end);
  body.u32((old?.u32() ?? 0) + exports.length);
  if (old !== null) body.copy(bytes, old.at, old.end);
  for (const { name, kind, index } of exports) {
    body.name(name);
    body.u8(kind);
    body.u32(index);
  }
  const into = new ModuleWriter(bytes.length + body.length + 8);
  into.copy(bytes, 0, known === undefined ? place : headOf(bytes, known.start));
  into.u8(SECTION.export);
  into.u32(body.length);
  into.append(body);
  into.copy(bytes, place, bytes.length);
  return into.take();
}

/** Where the section begins whose content begins here: at its number, before its length. */
function headOf(bytes: Uint8Array, start: number): number {
  const reader = new ModuleReader(bytes, 8);
  for (;;) {
    const head = reader.at;
    reader.skip(1);
    const size = reader.u32();
    if (reader.at === start) return head;
    reader.skip(size);
  }
}

function sectionOf(bytes: Uint8Array, { sections }: ModuleShape, wanted: number): ModuleReader | undefined {
  const found = sections.find(({ id }) => id === wanted);
  return found && new ModuleReader(bytes, found.start, found.end);
}
