/**
 * A thread that transpiles one component and ends: the work takes a tenth of a second and must not stop the caller's.
 */
import { parentPort, workerData } from "node:worker_threads";

import { Fault } from "../../../fault.ts";
import { transpile, type TranspileOptions } from "./transpile.ts";

export interface TranspileTask {
  readonly bytes: Uint8Array;
  readonly options: TranspileOptions;
}

export type TranspileAnswer =
  | { readonly script: string; readonly cores: [string, Uint8Array<ArrayBuffer>][] }
  | { readonly code: string; readonly message: string };

async function answer({ bytes, options }: TranspileTask): Promise<TranspileAnswer> {
  try {
    const { script, cores } = await transpile(bytes, options);
    return { script, cores: [...cores] };
  } catch (thrown) {
    if (thrown instanceof Fault) return { code: thrown.code, message: thrown.message };
    throw thrown;
  }
}

parentPort?.postMessage(await answer(workerData as TranspileTask));
