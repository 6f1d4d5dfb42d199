/**
 * What a platform makes of a component's bytes, each when it is first asked for.
 */
import type { Instantiate } from "./script.ts";
import type { TranspileOptions } from "./transpile.ts";

export interface Code {
  /** All that an instance needs that is linked directly. @throws {Fault} `component-invalid`, `component-unsupported` */
  readonly valid: () => Promise<void>;
  /** jco's, which validates on its own. @throws {Fault} `component-invalid`, `component-unsupported`, `memory-limit` */
  readonly binding: () => Promise<Binding>;
}

export interface Binding {
  readonly instantiate: Instantiate;
  readonly cores: ReadonlyMap<string, WebAssembly.Module>;
}

/** `digest` is the sha256 of the bytes, hex; `memory` the cap of each memory in bytes; `metered` as in `compileCore`. */
export interface CodeRequest {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly memory: number;
  readonly metered?: boolean;
  readonly options: TranspileOptions;
}

/** How a platform turns bytes into code: where its tools run, and what it keeps of their work. */
export type LoadCode = (request: CodeRequest) => Promise<Code>;
