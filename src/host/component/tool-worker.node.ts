/**
 * A thread that validates or transpiles one component and ends.
 */
import { parentPort, workerData } from "node:worker_threads";

import { Fault } from "../../fault.ts";
import type { TranspileOptions } from "./jco/transpiled.ts";

export interface ToolTask {
  readonly bytes: Uint8Array;
  /** Null: it is only validated. */
  readonly transpile: TranspileOptions | null;
}

export type ToolAnswer =
  | { readonly valid: true }
  | { readonly script: string; readonly cores: [string, Uint8Array<ArrayBuffer>][] }
  | { readonly code: string; readonly message: string };

async function answer({ bytes, transpile: options }: ToolTask): Promise<ToolAnswer> {
  try {
    return await (options === null ? validated(bytes) : transpiled(bytes, options));
  } catch (thrown) {
    if (thrown instanceof Fault) return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
}

async function validated(bytes: Uint8Array): Promise<ToolAnswer> {
  const { validate } = await import("./validate.ts");
  await validate(bytes);
  return { valid: true };
}

async function transpiled(bytes: Uint8Array, options: TranspileOptions): Promise<ToolAnswer> {
  const { transpile } = await import("./jco/transpile.ts");
  const { script, cores } = await transpile(bytes, options);
  return { script, cores: [...cores] };
}

parentPort?.postMessage(await answer(workerData as ToolTask));
