/** Where Lua runs: what a platform gives to it. */
import type { CallChain } from "../call-chain.ts";

export interface LuaPlatform {
  /** The compiled interpreter. */
  readonly engine: () => Promise<WebAssembly.Module>;
  /** The same, metered. */
  readonly meteredEngine: () => Promise<WebAssembly.Module>;
  /** How a call is followed across waiting, if it can be. */
  readonly chain?: CallChain;
}
