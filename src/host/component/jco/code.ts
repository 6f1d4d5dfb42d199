/**
 * What a platform makes of a component's bytes, each when it is first asked for.
 */
import type { CoreCaps } from "../core-module.ts";
import type { BuildScript } from "./script.ts";
import type { TranspileOptions } from "./transpiled.ts";

export interface Code {
  /** All that an instance needs that is linked directly. @throws {Fault} `component-invalid`, `component-unsupported` */
  readonly valid: () => Promise<void>;
  /** jco's, which validates on its own. @throws {Fault} `component-invalid`, `component-unsupported`, `memory-limit` */
  readonly binding: () => Promise<Binding>;
}

export interface Binding {
  readonly build: BuildScript;
  readonly cores: ReadonlyMap<string, WebAssembly.Module>;
}

/** `digest` is the sha256 of the bytes, hex; `metered` as in `compileCores`. */
export interface CodeRequest {
  readonly bytes: Uint8Array;
  readonly digest: string;
  readonly caps: CoreCaps;
  readonly metered?: boolean;
  readonly options: TranspileOptions;
}

/** What the tools need to know: the same for all limits. */
export type ToolRequest = Pick<CodeRequest, "bytes" | "digest" | "options">;

/** How a platform turns bytes into code: where its tools run, and what it keeps of their work. */
export type LoadCode = (request: CodeRequest) => Promise<Code>;
