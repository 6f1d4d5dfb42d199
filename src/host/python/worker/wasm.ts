/** The few parts of `WebAssembly` that a Python worker touches; the project compiles without the DOM's types. */

export type Imports = Record<string, Record<string, (...args: number[]) => unknown>>;

/** Opaque; it is only handed on. */
export interface Module {
  readonly [Symbol.toStringTag]?: string;
}

export interface WebAssemblyObject {
  compile(bytes: Uint8Array): Promise<Module>;
  instantiate(module: Module, imports: Imports): Promise<unknown>;
}

export const webAssembly: WebAssemblyObject & object = (globalThis as unknown as { WebAssembly: WebAssemblyObject })
  .WebAssembly;
