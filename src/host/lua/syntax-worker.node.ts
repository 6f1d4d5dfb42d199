/** A thread that reads the Lua files of one package, runs none of them, and ends. */
import { parentPort, workerData } from "node:worker_threads";
import { Fault, type ForeignFrame } from "../../fault.ts";
import type { Sources } from "./sources.ts";
import { refuseSyntaxErrors } from "./start.ts";

export interface SyntaxTask {
  readonly engine: WebAssembly.Module;
  readonly sources: Sources;
  /** For messages. */
  readonly place: string;
  readonly source: string;
}

/** Null: all of them can be read. */
export type SyntaxAnswer = {
  readonly code: string;
  readonly message: string;
  readonly frames: readonly ForeignFrame[];
} | null;

function answer({ engine, sources, place, source }: SyntaxTask): SyntaxAnswer {
  try {
    refuseSyntaxErrors(engine, sources, place, source);
    return null;
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    const { code, message, frames } = thrown;
    return { code, message, frames };
  }
}

parentPort?.postMessage(answer(workerData as SyntaxTask));
