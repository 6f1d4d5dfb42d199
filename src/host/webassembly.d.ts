/**
 * The part of WebAssembly's JavaScript interface that the host uses. TypeScript has it in its DOM library only, which
 * would put a page's globals in reach of everything.
 */
declare namespace WebAssembly {
  type ExportValue = Function | Memory | Global | Table;
  type Exports = Record<string, ExportValue>;
  type Imports = Record<string, Record<string, unknown>>;

  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer);
    static exports(module: Module): { name: string; kind: string }[];
    static imports(module: Module): { module: string; name: string; kind: string }[];
    static customSections(module: Module, name: string): ArrayBuffer[];
  }
  class Instance {
    constructor(module: Module, imports?: Imports);
    readonly exports: Exports;
  }
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Global {
    constructor(descriptor: { value: string; mutable?: boolean }, initial?: unknown);
    value: unknown;
  }
  class Table {
    constructor(descriptor: { element: string; initial: number; maximum?: number });
    readonly length: number;
    get(index: number): unknown;
    set(index: number, value: unknown): void;
  }
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  /** What wasm code threw and did not catch. No `Error`. */
  class Exception {}

  /** JSPI; absent on platforms without it. */
  class Suspending {
    constructor(fn: Function);
  }
  function promising(fn: Function): (...args: (number | bigint)[]) => Promise<number | bigint | undefined>;

  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
}
