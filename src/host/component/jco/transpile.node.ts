/**
 * Transpiling in a thread of its own. The thread is gone when the promise settles.
 */
import { Worker } from "node:worker_threads";

import { Fault } from "../../../fault.ts";
import { siblingModule } from "../../sibling.ts";
import type { Transpile, Transpiled } from "./transpile.ts";
import type { TranspileAnswer, TranspileTask } from "./transpile-worker.node.ts";

/** @throws {Fault} `component-invalid` */
export const transpileInWorker: Transpile = async (bytes, options) => {
  const task: TranspileTask = { bytes, options };
  const worker = new Worker(siblingModule("transpile-worker.node", import.meta.url), {
    workerData: task,
    env: {},
    execArgv: [],
  });
  try {
    return transpiled(await answerOf(worker));
  } finally {
    await worker.terminate();
  }
};

function answerOf(worker: Worker): Promise<TranspileAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<TranspileAnswer>();
  worker.once("message", resolve);
  worker.once("error", (cause) =>
    reject(new Fault("component-invalid", `The component cannot be transpiled: ${String(cause)}`, { cause })),
  );
  worker.once("exit", () =>
    reject(new Fault("component-invalid", "The component cannot be transpiled: the thread ended without an answer")),
  );
  return promise;
}

function transpiled(answer: TranspileAnswer): Transpiled {
  if ("code" in answer) throw new Fault(answer.code, answer.message);
  return { script: answer.script, cores: new Map(answer.cores) };
}
