/**
 * Assembles a small WebAssembly module of functions that work in another module's memory. Only instructions that stand in
 * this room's own files go in: no guest has a part in them.
 */

export type Type = "i32" | "i64" | "f64";

export interface Signature {
  readonly name: string;
  readonly params: readonly Type[];
  readonly result: Type | null;
}

/** A function with its code. `body` may nest lists of bytes: they are taken in order. */
export interface Definition extends Signature {
  readonly locals: readonly Type[];
  readonly body: Code;
}

export type Code = readonly (number | Code)[];

export interface ModuleParts {
  /** Functions of the namespace `env`, numbered from zero. */
  readonly imports: readonly Signature[];
  /** Names of imported functions that are exported as they are. */
  readonly passedOn: readonly string[];
  readonly functions: readonly Definition[];
}

const CODES: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e, f64: 0x7c };
const FUNCTION = 0;
const MEMORY = 2;

/** The module's bytes. It imports `env.memory` and exports each function by its name. */
export function assemble({ imports, passedOn, functions }: ModuleParts): Uint8Array<ArrayBuffer> {
  const all: readonly Signature[] = [...imports, ...functions];
  const types = all.map(({ params, result }) => [
    0x60,
    vector(params.map((type) => CODES[type])),
    vector(result === null ? [] : [CODES[result]]),
  ]);
  const imported = imports.map(({ name }, index) => [text("env"), text(name), FUNCTION, unsigned(index)]);
  const exported = all.flatMap(({ name }, index) =>
    index >= imports.length || passedOn.includes(name) ? [[text(name), FUNCTION, unsigned(index)]] : [],
  );
  const bodies = functions.map(({ locals, body }) => {
    const declared = locals.map((type) => [1, CODES[type]]);
    const code = flatten([vector(declared), body, END]);
    return [unsigned(code.length), code];
  });
  return Uint8Array.from(
    flatten([
      [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      section(2, vector([...imported, [text("env"), text("memory"), MEMORY, 0, 0]])),
      section(3, vector(functions.map((_, index) => unsigned(imports.length + index)))),
      section(7, vector(exported)),
      section(10, vector(bodies)),
    ]),
  );
}

const END = 0x0b;

function section(id: number, content: Code): Code {
  const bytes = flatten(content);
  return [id, unsigned(bytes.length), bytes];
}

function vector(items: Code): Code {
  return [unsigned(items.length), items];
}

function text(name: string): Code {
  return vector([...new TextEncoder().encode(name)]);
}

function flatten(code: Code): number[] {
  return code.flatMap((part) => (typeof part === "number" ? [part] : flatten(part)));
}

/** LEB128 without sign. */
export function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(Math.floor(value / 0x80))];
}

/** LEB128 with sign, for values of up to 53 bits. */
export function signed(value: number): Code {
  const last = value >= -0x40 && value < 0x40;
  return last ? [value & 0x7f] : [(value & 0x7f) | 0x80, signed(Math.floor(value / 0x80))];
}
