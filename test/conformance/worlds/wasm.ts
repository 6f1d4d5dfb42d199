/** Writes core modules as bytes: the few instructions that an echo needs, and the sections around them. */

export type CoreType = "i32" | "i64" | "f32" | "f64";
/** Instructions, encoded. */
export type Code = readonly number[];

const TYPES: Readonly<Record<CoreType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c };

export function unsigned(value: number): number[] {
  const out: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...out, rest];
    out.push((rest % 128) | 128);
  }
}

function signed(value: number): number[] {
  const out: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    const low = rest & 127;
    if ((rest >> 7 === 0 && low < 64) || (rest >> 7 === -1 && low >= 64)) return [...out, low];
    out.push(low | 128);
  }
}

/** Instructions in a row. */
export function seq(...parts: readonly Code[]): Code {
  return parts.flat();
}

interface I32 {
  readonly const: (value: number) => Code;
  readonly eq: Code;
  readonly ltU: Code;
  readonly gtU: Code;
  readonly geU: Code;
  readonly add: Code;
  readonly sub: Code;
  readonly mul: Code;
  readonly and: Code;
  readonly shl: Code;
  readonly shrU: Code;
}

export const i32: I32 = {
  const: (value) => [0x41, ...signed(value)],
  eq: [0x46],
  ltU: [0x49],
  gtU: [0x4b],
  geU: [0x4f],
  add: [0x6a],
  sub: [0x6b],
  mul: [0x6c],
  and: [0x71],
  shl: [0x74],
  shrU: [0x76],
};
export const I64_ADD: Code = [0x7c];
export const SELECT: Code = [0x1b];
export const END: Code = [0x0b];
export const ELSE: Code = [0x05];
export const RETURN: Code = [0x0f];
export const UNREACHABLE: Code = [0x00];
export const MEMORY_SIZE: Code = [0x3f, 0x00];
export const MEMORY_GROW: Code = [0x40, 0x00];
export const MEMORY_COPY: Code = [0xfc, 0x0a, 0x00, 0x00];

/** `if` without a result. */
export const IF: Code = [0x04, 0x40];
export const BLOCK: Code = [0x02, 0x40];
export const LOOP: Code = [0x03, 0x40];
export const branch = (depth: number): Code => [0x0c, ...unsigned(depth)];
export const branchIf = (depth: number): Code => [0x0d, ...unsigned(depth)];
export const get = (local: number): Code => [0x20, ...unsigned(local)];
export const set = (local: number): Code => [0x21, ...unsigned(local)];
export const globalGet = (global: number): Code => [0x23, ...unsigned(global)];
export const globalSet = (global: number): Code => [0x24, ...unsigned(global)];
export const call = (fn: number): Code => [0x10, ...unsigned(fn)];

/** Reads or writes at an offset from the address; each names its natural alignment. */
type Access = (offset: number) => Code;

function access(opcode: number, log2: number): Access {
  return (offset) => [opcode, log2, ...unsigned(offset)];
}

export const load: { readonly i32: Access; readonly i64: Access } = { i32: access(0x28, 2), i64: access(0x29, 3) };
export const store: Readonly<Record<"i8" | "i16" | CoreType, Access>> = {
  i8: access(0x3a, 0),
  i16: access(0x3b, 1),
  i32: access(0x36, 2),
  i64: access(0x37, 3),
  f32: access(0x38, 2),
  f64: access(0x39, 3),
};

const CONVERSIONS: Readonly<Record<string, Code>> = {
  "i32 f32": [0xbe], // f32.reinterpret_i32
  "i64 i32": [0xa7], // i32.wrap_i64
  "i64 f32": [0xa7, 0xbe],
  "i64 f64": [0xbf], // f64.reinterpret_i64
};

/** Takes a word of a joined type for the word of a case. */
export function narrowed(from: CoreType, to: CoreType): Code {
  if (from === to) return [];
  const code = CONVERSIONS[`${from} ${to}`];
  if (code === undefined) throw new Error(`no case has ${to} where all have ${from}`);
  return code;
}

/** `\0asm`, version 1. */
const MAGIC: Code = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

interface Defined {
  readonly type: number;
  readonly code: readonly number[];
}

/** One core module with a memory and mutable i32 globals. Imports come before definitions. */
export class ModuleWriter {
  readonly #types: string[] = [];
  readonly #typeBytes: number[][] = [];
  readonly #imports: number[][] = [];
  readonly #defined: Defined[] = [];
  readonly #exports: number[][] = [];
  readonly #globals: number[] = [];

  import(module: string, name: string, params: readonly CoreType[], results: readonly CoreType[]): number {
    if (this.#defined.length > 0) throw new Error("imports come first");
    this.#imports.push([...text(module), ...text(name), 0x00, ...unsigned(this.#type(params, results))]);
    return this.#imports.length - 1;
  }

  define(
    params: readonly CoreType[],
    results: readonly CoreType[],
    locals: readonly CoreType[],
    body: Code,
    exported: string | null,
  ): number {
    const declared = locals.map((type) => [1, TYPES[type]]);
    const code = [...unsigned(declared.length), ...declared.flat(), ...body, ...END];
    this.#defined.push({ type: this.#type(params, results), code });
    const index = this.#imports.length + this.#defined.length - 1;
    if (exported !== null) this.#exports.push([...text(exported), 0x00, ...unsigned(index)]);
    return index;
  }

  global(initial: number): number {
    this.#globals.push(initial);
    return this.#globals.length - 1;
  }

  bytes(): Uint8Array {
    const globals = this.#globals.map((initial) => [TYPES.i32, 1, ...i32.const(initial), ...END]);
    return Uint8Array.from([
      ...MAGIC,
      ...section(1, vector(this.#typeBytes)),
      ...section(2, vector(this.#imports)),
      ...section(3, vector(this.#defined.map(({ type }) => unsigned(type)))),
      ...section(5, [1, 0, 1]),
      ...section(6, vector(globals)),
      ...section(7, vector([[...text("memory"), 0x02, 0], ...this.#exports])),
      ...section(10, vector(this.#defined.map(({ code }) => [...unsigned(code.length), ...code]))),
    ]);
  }

  #type(params: readonly CoreType[], results: readonly CoreType[]): number {
    const key = `${params.join()} ${results.join()}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#types.push(key);
    const words = (types: readonly CoreType[]): number[] => vector(types.map((type) => [TYPES[type]]));
    this.#typeBytes.push([0x60, ...words(params), ...words(results)]);
    return this.#types.length - 1;
  }
}

function text(name: string): number[] {
  const bytes = [...new TextEncoder().encode(name)];
  return [...unsigned(bytes.length), ...bytes];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function section(id: number, body: readonly number[]): number[] {
  return [id, ...unsigned(body.length), ...body];
}
