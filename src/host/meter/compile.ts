/**
 * Metered modules: found valid, rewritten, and compiled, which validates them again (HAZARDS 5).
 */
import { Fault } from "../../fault.ts";
import { instrument } from "./instrument.ts";

/** `change` is given the rewritten bytes, and gives what is compiled. @throws {Fault} `component-unsupported` */
export function compileMetered(
  bytes: Uint8Array<ArrayBuffer>,
  change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (same) => same,
): WebAssembly.Module {
  const metered = change(instrument(bytes));
  try {
    return new WebAssembly.Module(metered);
  } catch (cause) {
    if (!(cause instanceof WebAssembly.CompileError)) throw cause;
    throw new Fault("component-unsupported", "A core module is at an engine's limits, and cannot be metered", {
      cause,
    });
  }
}
