/**
 * The canonical ABI between workflow values and a core instance: what the codec (this folder) and the linker (`direct/`)
 * agree on. Synchronous functions only; a core function of this kind has at most one result.
 */
import type { Value } from "../../../wit/value.ts";

export type CoreValue = number | bigint;
export type CoreFunction = (...args: CoreValue[]) => CoreValue | undefined;

export type StringEncoding = "utf8" | "utf16" | "latin1+utf16";

/** The options of one canonical definition in one instance. Memory and realloc are null where the definition has none. */
export interface CanonOptions {
  readonly encoding: StringEncoding;
  readonly memory: WebAssembly.Memory | null;
  readonly realloc: CoreFunction | null;
  /** Of `canon lift` only. Called exactly once after a call that did not trap. */
  readonly postReturn: CoreFunction | null;
}

/** An exported function ready to be called: arguments are checked already (H5). */
export type CallExport = (args: readonly Value[]) => Value | Promise<Value>;

/** What an imported function is for the codec: gets lifted arguments, gives the answer to lower. */
export type CallImport = (args: readonly Value[]) => Value | Promise<Value>;
