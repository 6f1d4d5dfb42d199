/**
 * A component turned into core modules and the JavaScript that binds them (jco), all in memory.
 *
 *   T1  The same bytes and options give the same output, byte for byte, so that the output can be cached.
 *   T2  Every import keeps its full name, version included: without a map, jco merges two versions of one interface.
 *   T3  `asyncImports` never names a function whose WIT type is async: jco then answers wrongly and says nothing.
 */
import type { generate as Generate } from "@bytecodealliance/jco-transpile/component";

import { Fault } from "../../../fault.ts";
import type { Transpiled, TranspileOptions } from "./transpiled.ts";

/** Transpiles one component; may run where it does, it needs nothing but memory and a tenth of a second. */
export type Transpile = (bytes: Uint8Array, options: TranspileOptions) => Promise<Transpiled>;

const NAME = "component";

/** @throws {Fault} `component-invalid` with the validator's own words; `component-unsupported` when it gives up. */
export async function transpile(bytes: Uint8Array, options: TranspileOptions): Promise<Transpiled> {
  // Large, and needed only where nothing is in the cache yet.
  const { $init, generate } = await import("@bytecodealliance/jco-transpile/component");
  await $init;
  const files = new Map(generated(generate, bytes, options));
  const script = files.get(`${NAME}.js`);
  if (script === undefined) throw new Fault("component-invalid", "jco gave no JavaScript for this component");
  const cores = [...files].filter(([name]) => name.endsWith(".wasm"));
  return {
    script: new TextDecoder().decode(script),
    cores: new Map(cores.map(([name, core]) => [name, new Uint8Array(core)])),
  };
}

function generated(generate: typeof Generate, bytes: Uint8Array, options: TranspileOptions): [string, Uint8Array][] {
  try {
    return generate(bytes, {
      name: NAME,
      instantiation: { tag: "async" },
      strict: true,
      noTypescript: true,
      noComponentErrorWrapping: false,
      base64Cutoff: 0,
      map: options.interfaces.map((id) => [id, id]),
      ...(options.asyncImports.length === 0 ? {} : { asyncMode: jspi(options) }),
    }).files;
  } catch (cause) {
    if (cause instanceof WebAssembly.RuntimeError)
      throw new Fault("component-unsupported", "The component has something that jco does not know", { cause });
    throw new Fault("component-invalid", `The component is not valid: ${reasonOf(cause)}`, { cause });
  }
}

function jspi(options: TranspileOptions): { tag: "jspi"; val: { imports: string[]; exports: string[] } } {
  return { tag: "jspi", val: { imports: [...options.asyncImports], exports: [...options.asyncExports] } };
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
