/** The few parts of `WebAssembly` that a Python worker touches; the project compiles without the DOM's types. */

export type Imports = Record<string, Record<string, unknown>>;

/** A mutable global of 64 bits. */
export interface Counter {
  value: bigint;
}

/** Opaque; it is only handed on. */
export interface Module {
  readonly [Symbol.toStringTag]?: string;
}

export interface WebAssemblyObject {
  compile(bytes: Uint8Array): Promise<Module>;
  instantiate(module: Module, imports: Imports): Promise<unknown>;
  readonly Global: new (type: { readonly value: "i64"; readonly mutable: true }, value: bigint) => Counter;
}

export const webAssembly: WebAssemblyObject & object = (globalThis as unknown as { WebAssembly: WebAssemblyObject })
  .WebAssembly;
