/** Core modules written as text, run metered. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { compileMetered } from "../../../src/host/meter/compile.ts";
import { type CallLimits, Meter } from "../../../src/host/meter/meter.ts";

export async function bytesOf(wat: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await parse(wat));
}

export type Run = (...args: readonly unknown[]) => unknown;

export interface Metered {
  readonly meter: Meter;
  /** Calls an export as a call of its own. */
  readonly call: (name: string, ...args: readonly unknown[]) => unknown;
  readonly exports: WebAssembly.Exports;
}

export function instantiate(
  bytes: Uint8Array<ArrayBuffer>,
  limits: CallLimits = {},
  imports: WebAssembly.Imports = {},
): Metered {
  const module = compileMetered(bytes);
  const meter = new Meter(limits);
  meter.begin();
  const { exports } = new WebAssembly.Instance(module, { ...imports, ...meter.imports });
  const call = (name: string, ...args: readonly unknown[]): unknown => {
    meter.begin();
    return (exports[name] as unknown as Run)(...args);
  };
  return { meter, call, exports };
}

export async function metered(wat: string, limits?: CallLimits, imports?: WebAssembly.Imports): Promise<Metered> {
  return instantiate(await bytesOf(wat), limits, imports);
}

/** What ended the guest: the code of the meter's fault. */
export function endOf({ meter }: Metered, act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (!(thrown instanceof WebAssembly.RuntimeError)) throw thrown;
    return meter.fault("guest", "f")?.code ?? thrown.message;
  }
  return "it answered";
}
