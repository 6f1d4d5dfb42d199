/**
 * A component that jco has found valid, and who finds out.
 */
import type { Instantiate } from "./script.ts";
import type { TranspileOptions } from "./transpile.ts";

export interface Code {
  /** jco's binding, made ready when it is first asked for: an instance that is linked directly never does. */
  readonly binding: () => Promise<Binding>;
}

export interface Binding {
  readonly instantiate: Instantiate;
  readonly cores: ReadonlyMap<string, WebAssembly.Module>;
}

/** `digest` is the sha256 of the bytes, hex; `memory` the cap of each memory in bytes. */
export interface CodeRequest {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly memory: number;
  readonly options: TranspileOptions;
}

/**
 * How a platform turns bytes into code: where it transpiles, and what it keeps of it.
 * @throws {Fault} (rejects with) `component-invalid`
 */
export type LoadCode = (request: CodeRequest) => Promise<Code>;
