/**
 * A core module rewritten so that it counts what it does.
 *
 *   M1  The module was found valid before, else code that is not valid could become so: `global.set` of a global that is
 *       not there yet would refill the counter. Whoever compiles the result validates it again (HAZARDS 5).
 *   M2  The counter and `tick` are imports: one counter serves all cores of an instance, and is loaded before any
 *       code of theirs runs, start functions included.
 *   M3  A module that imports or exports anything named like the meter's own is refused.
 *   M4  Custom sections go, but for function names: others would speak of code that is no longer there.
 */
import { Fault } from "../../fault.ts";
import { copyConstant, shifted, type Own } from "./expression.ts";
import { BodyMeter } from "./metered-body.ts";
import { ModuleReader, unreadable } from "./module-reader.ts";
import { ModuleWriter } from "./module-writer.ts";
import { renamed } from "./names.ts";
import { SECTION, type ModuleShape, type Section, shapeOf } from "./shape.ts";

/** The module that metered cores import `counter` and `tick` from. */
export const METER = "sennit:meter";

/**
 * @throws {Fault} `component-invalid`; `component-unsupported` when it has what is not known here, or names of the meter's
 */
export function instrument(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (!WebAssembly.validate(bytes)) throw new Fault("component-invalid", "A core module of the component is not valid"); // M1
  const shape = shapeOf(bytes);
  const taken = shape.names.find((name) => name.startsWith(METER));
  if (taken !== undefined) throw refused(taken);
  return new Instrumenter(bytes, shape).write();
}

/** Sections in the order that WebAssembly wants. */
const ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

class Instrumenter {
  readonly #bytes: Uint8Array;
  readonly #shape: ModuleShape;
  readonly #own: Own;
  readonly #out: ModuleWriter;
  readonly #section: ModuleWriter;

  constructor(bytes: Uint8Array, shape: ModuleShape) {
    this.#bytes = bytes;
    this.#shape = shape;
    this.#own = { tick: shape.importedFunctions, counter: shape.importedGlobals, type: shape.types };
    this.#out = new ModuleWriter(bytes.length * 2);
    this.#section = new ModuleWriter(bytes.length);
  }

  write(): Uint8Array<ArrayBuffer> {
    this.#out.copy(this.#bytes, 0, 8);
    const unknown = this.#shape.sections.find(({ id }) => id !== SECTION.custom && !ORDER.includes(id));
    if (unknown !== undefined) throw unreadable(`section ${unknown.id}`, unknown.start);
    for (const id of ORDER) this.#write(id);
    const names = this.#shape.sections.find((each) => each.id === SECTION.custom && this.#isNames(each));
    if (names !== undefined) this.#names(this.#reader(names));
    return this.#out.take();
  }

  #names(reader: ModuleReader): void {
    const names = renamed(reader, this.#own);
    if (names !== null) this.#emit(SECTION.custom, () => this.#section.append(names));
  }

  #write(id: number): void {
    const section = this.#shape.sections.find((each) => each.id === id);
    if (section === undefined && id !== SECTION.type && id !== SECTION.import) return;
    const reader = section === undefined ? new ModuleReader(Uint8Array.of(0)) : this.#reader(section);
    this.#emit(id, () => {
      this.#rewrite(id, reader);
      if (!reader.done) throw unreadable(`section ${id} is longer than its content`, reader.at);
    });
  }

  #emit(id: number, write: () => void): void {
    this.#section.clear();
    write();
    this.#out.u8(id);
    this.#out.u32(this.#section.length);
    this.#out.append(this.#section);
  }

  #rewrite(id: number, reader: ModuleReader): void {
    switch (id) {
      case SECTION.type:
        return this.#types(reader);
      case SECTION.import:
        return this.#imports(reader);
      case SECTION.table:
        return this.#items(reader, () => this.#table(reader));
      case SECTION.memory:
        return this.#items(reader, () => this.#memory(reader));
      case SECTION.global:
        return this.#items(reader, () => this.#global(reader));
      case SECTION.export:
        return this.#items(reader, () => this.#export(reader));
      case SECTION.start:
        return this.#section.u32(shifted(reader.u32(), this.#own.tick));
      case SECTION.element:
        return this.#items(reader, () => this.#element(reader));
      case SECTION.code:
        return this.#code(reader);
      case SECTION.data:
        return this.#items(reader, () => this.#data(reader));
      default:
        return this.#rest(reader);
    }
  }

  /** () -> i32, behind all others. The count is of groups, the index of types. */
  #types(reader: ModuleReader): void {
    this.#section.u32(reader.u32() + 1);
    this.#rest(reader);
    for (const byte of [0x60, 0, 1, 0x7f]) this.#section.u8(byte);
  }

  #imports(reader: ModuleReader): void {
    this.#section.u32(reader.u32() + 2);
    this.#rest(reader);
    this.#section.name(METER);
    this.#section.name("tick");
    this.#section.u8(0);
    this.#section.u32(this.#own.type);
    this.#section.name(METER);
    this.#section.name("counter");
    for (const byte of [3, 0x7e, 1]) this.#section.u8(byte); // a mutable i64
  }

  #table(reader: ModuleReader): void {
    const start = reader.at;
    if (reader.bytes[start] !== 0x40) {
      reader.skipValueType();
      reader.skipLimits();
      return this.#section.copy(reader.bytes, start, reader.at);
    }
    reader.skip(2);
    reader.skipValueType();
    reader.skipLimits();
    this.#section.copy(reader.bytes, start, reader.at);
    copyConstant(reader, this.#section, this.#own);
  }

  #memory(reader: ModuleReader): void {
    const start = reader.at;
    reader.skipLimits();
    this.#section.copy(reader.bytes, start, reader.at);
  }

  #global(reader: ModuleReader): void {
    const start = reader.at;
    reader.skipValueType();
    reader.skip(1);
    this.#section.copy(reader.bytes, start, reader.at);
    copyConstant(reader, this.#section, this.#own);
  }

  #export(reader: ModuleReader): void {
    const start = reader.at;
    reader.name();
    const kind = reader.u8();
    this.#section.copy(reader.bytes, start, reader.at);
    const index = reader.u32();
    this.#section.u32(
      kind === 0 ? shifted(index, this.#own.tick) : kind === 3 ? shifted(index, this.#own.counter) : index,
    );
  }

  /** Bit 0: passive or declared; bit 1: explicit table, or declared; bit 2: expressions instead of indices. */
  #element(reader: ModuleReader): void {
    const flags = reader.u32();
    if (flags > 7) throw unreadable(`element segment ${flags}`, reader.at - 1);
    this.#section.u32(flags);
    const active = (flags & 1) === 0;
    if (active && (flags & 2) !== 0) this.#section.u32(reader.u32());
    if (active) copyConstant(reader, this.#section, this.#own);
    if ((flags & 3) !== 0) this.#elementType(reader, (flags & 4) !== 0);
    this.#items(reader, () => {
      if ((flags & 4) !== 0) copyConstant(reader, this.#section, this.#own);
      else this.#section.u32(shifted(reader.u32(), this.#own.tick));
    });
  }

  #elementType(reader: ModuleReader, isType: boolean): void {
    const start = reader.at;
    if (isType) reader.skipValueType();
    else reader.skip(1);
    this.#section.copy(reader.bytes, start, reader.at);
  }

  #code(reader: ModuleReader): void {
    const meter = new BodyMeter(this.#own);
    const count = reader.u32();
    this.#section.u32(count);
    for (let at = 0; at < count; at++) {
      const shape = this.#shape.functions[at];
      if (shape === undefined) throw unreadable("a function without a type", reader.at);
      meter.rewrite(reader, shape, this.#section);
    }
  }

  #data(reader: ModuleReader): void {
    const flags = reader.u32();
    if (flags > 2) throw unreadable(`data segment ${flags}`, reader.at - 1);
    this.#section.u32(flags);
    if (flags === 2) this.#section.u32(reader.u32());
    if (flags !== 1) copyConstant(reader, this.#section, this.#own);
    const size = reader.u32();
    this.#section.u32(size);
    const start = reader.at;
    reader.skip(size);
    this.#section.copy(reader.bytes, start, reader.at);
  }

  #items(reader: ModuleReader, item: () => void): void {
    const count = reader.u32();
    this.#section.u32(count);
    for (let left = count; left > 0; left--) item();
  }

  #rest(reader: ModuleReader): void {
    const start = reader.at;
    reader.skip(reader.end - start);
    this.#section.copy(reader.bytes, start, reader.at);
  }

  #reader(section: Section): ModuleReader {
    return new ModuleReader(this.#bytes, section.start, section.end);
  }

  #isNames(section: Section): boolean {
    return this.#reader(section).name() === "name";
  }
}

function refused(name: string): Fault {
  return new Fault(
    "component-unsupported",
    `A core module uses the name ${JSON.stringify(name)}, which is the host's own`,
  );
}
