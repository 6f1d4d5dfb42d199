/**
 * A component's code, ready to be instantiated, and who can make it ready.
 */
import type { Instantiate } from "./script.ts";
import type { TranspileOptions } from "./transpile.ts";

export interface Code {
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

/** How a platform turns bytes into code: where it transpiles, and what it keeps of it. */
export type LoadCode = (request: CodeRequest) => Promise<Code>;
