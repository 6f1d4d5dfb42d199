/**
 * Whether a component is valid, told by the validator of the WebAssembly tools, which jco carries. It looks at everything
 * but the bodies of core functions; those V8 looks at when a core is compiled.
 */
import { Fault } from "../../fault.ts";

/** Part of every cache key. The version is the one that package.json pins. */
export const VALIDATOR = "wasm-tools of jco-transpile 0.15.0";

/** May run where it does; it needs nothing but memory. */
export type Validate = (bytes: Uint8Array) => Promise<void>;

/** @throws {Fault} `component-invalid` with the validator's own words; `component-unsupported` when it gives up. */
export async function validate(bytes: Uint8Array): Promise<void> {
  const { componentWit } = await import("@bytecodealliance/jco-transpile/wasm-tools");
  try {
    await componentWit(bytes); // printing its WIT begins with validating it
  } catch (cause) {
    if (cause instanceof WebAssembly.RuntimeError)
      throw new Fault("component-unsupported", "The component has something that its validator does not know", {
        cause,
      });
    throw new Fault("component-invalid", `The component is not valid: ${reasonOf(cause)}`, { cause });
  }
}

/** The tools throw an error whose payload is their text; its first line only says what was being done. */
function reasonOf(cause: unknown): string {
  const payload = typeof cause === "object" && cause !== null && "payload" in cause ? cause.payload : cause;
  const text = payload instanceof Error ? payload.message : String(payload);
  return text
    .replace(/^Failed to decode wit component\n/, "")
    .replaceAll(/\s*\n\s*/g, " ")
    .trim();
}
