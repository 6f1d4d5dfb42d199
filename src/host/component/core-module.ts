/**
 * Core modules made safe to instantiate: no memory of theirs grows beyond the package's limit.
 *
 *   M1  A module is rewritten only after V8 has found it valid, and checked again by compiling the result (HAZARDS 5).
 *   M2  A memory that starts above the cap is refused before anything runs; `memory.grow` beyond it gives -1.
 *   M3  Shared and 64-bit memories are refused: nothing here reads them.
 *   M4  There are few memories and tables, and the tables have few elements together (capped-tables.ts).
 *   M5  What a module's state consists of can be read and written from outside (../meter/exposed.ts).
 */
import { Fault } from "../../fault.ts";
import type { Manifest } from "../manifest.ts";
import { compileMetered } from "../meter/compile.ts";
import { exposed, withoutStart } from "../meter/exposed.ts";
import { DEFAULT_LIMITS, raiseHint } from "../package/limits.ts";
import { cappedTables, type CoreUse, tableGrowth } from "./capped-tables.ts";

const PAGE = 65_536;
const MEMORY_SECTION = 5;

/** What the cores of one component may have. */
export interface CoreCaps {
  /** Bytes of each memory. */
  readonly memory: number;
  /** Elements of all tables. */
  readonly tables: number;
  /** The package, for messages. */
  readonly source: string;
}

export function capsOf({ name, limits }: Pick<Manifest, "name" | "limits">): CoreCaps {
  const { memory, tables } = { ...DEFAULT_LIMITS, ...limits };
  return { memory, tables, source: name };
}

/** Most memories of one component (HAZARDS 5). */
const MOST_MEMORIES = 8;

/** Most core modules of one component. */
export const MOST_CORES = 64;

/**
 * All cores of one component.
 *
 * @param metered whether their code counts what it does: such modules have to be given a meter's imports
 * @throws {Fault} `component-invalid`, `component-unsupported`, `memory-limit`
 */
export function compileCores(
  cores: readonly (CoreUse & { readonly bytes: Uint8Array<ArrayBuffer> })[],
  caps: CoreCaps,
  metered: boolean,
): readonly WebAssembly.Module[] {
  refuseManyMemories(cores);
  const growth = tableGrowth(cores, caps.tables, caps.source);
  return cores.map(({ bytes }) => compileCore(bytes, caps, growth, metered));
}

function refuseManyMemories(cores: readonly CoreUse[]): void {
  const count = cores.reduce((sum, { bytes, times }) => sum + memoriesOf(bytes) * times, 0);
  if (count <= MOST_MEMORIES) return;
  throw new Fault("component-unsupported", `The component has ${count} memories; ${MOST_MEMORIES} are allowed`);
}

function memoriesOf(bytes: Uint8Array): number {
  const section = findSection(bytes, MEMORY_SECTION);
  return section === undefined ? 0 : new Leb(bytes, section.body).u32();
}

function compileCore(
  bytes: Uint8Array<ArrayBuffer>,
  caps: CoreCaps,
  growth: number,
  metered: boolean,
): WebAssembly.Module {
  const capped = (valid: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
    exposed(cappedTables(cappedMemory(valid, caps), growth)); // M5
  if (metered) return compileMetered(bytes, capped); // which validates, too
  if (!WebAssembly.validate(bytes)) throw new Fault("component-invalid", "A core module of the component is not valid"); // M1
  return new WebAssembly.Module(capped(bytes));
}

/**
 * The same cores without their start functions, for instances that go on from a saved state; those that have none are the very
 * modules of `compiled`.
 */
export function compileRestoring(
  cores: readonly (CoreUse & { readonly bytes: Uint8Array<ArrayBuffer> })[],
  compiled: readonly WebAssembly.Module[],
  caps: CoreCaps,
  metered: boolean,
): readonly WebAssembly.Module[] {
  const growth = tableGrowth(cores, caps.tables, caps.source);
  return cores.map(({ bytes }, at) => {
    const changed = withoutStart(bytes);
    const known = compiled[at];
    return changed === bytes && known !== undefined ? known : compileCore(changed, caps, growth, metered);
  });
}

/** The module with every memory's maximum lowered to the cap. */
function cappedMemory(bytes: Uint8Array<ArrayBuffer>, caps: CoreCaps): Uint8Array<ArrayBuffer> {
  const section = findSection(bytes, MEMORY_SECTION);
  if (section === undefined) return bytes;
  const reader = new Leb(bytes, section.body);
  const count = reader.u32();
  const memories = Array.from({ length: count }, () => cappedLimits(reader, caps));
  return replaced(bytes, section, [...leb(count), ...memories.flat()]);
}

interface Section {
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

function findSection(bytes: Uint8Array, wanted: number): Section | undefined {
  for (let at = 8; at < bytes.length;) {
    const reader = new Leb(bytes, at + 1);
    const size = reader.u32();
    const section = { start: at, body: reader.at, end: reader.at + size };
    if (bytes[at] === wanted) return section;
    at = section.end;
  }
  return undefined;
}

function cappedLimits(reader: Leb, { memory, source }: CoreCaps): number[] {
  const pages = Math.floor(memory / PAGE);
  const flags = reader.byte();
  if (flags > 1) throw new Fault("component-unsupported", "The component has a shared or 64-bit memory"); // M3
  const minimum = reader.u32();
  const maximum = flags === 1 ? reader.u32() : pages;
  if (minimum > pages) {
    throw new Fault(
      "memory-limit",
      `The plugin starts with ${minimum * PAGE} bytes of memory; its limit is ${pages * PAGE}`,
      {
        hint: raiseHint(source, "memory"),
      },
    ); // M2
  }
  return [1, ...leb(minimum), ...leb(Math.min(maximum, pages))];
}

function replaced(bytes: Uint8Array, section: Section, body: readonly number[]): Uint8Array<ArrayBuffer> {
  const head = [MEMORY_SECTION, ...leb(body.length)];
  const out = new Uint8Array(section.start + head.length + body.length + bytes.length - section.end);
  out.set(bytes.subarray(0, section.start));
  out.set(head, section.start);
  out.set(body, section.start + head.length);
  out.set(bytes.subarray(section.end), section.start + head.length + body.length);
  return out;
}

function leb(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) | 128);
  }
}

/** Reads unsigned LEB128 numbers of bytes that are known to be valid. */
class Leb {
  readonly #bytes: Uint8Array;
  at: number;
  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }
  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }
  u32(): number {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = this.byte();
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  }
}
