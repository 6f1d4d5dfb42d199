/**
 * Work on a component's bytes in a thread of its own: the bytes are a stranger's, the tools may take a tenth of a second,
 * and one that gives up takes nothing but its thread along. The thread is gone when the promise settles.
 */
import { Worker } from "node:worker_threads";

import { Fault } from "../../fault.ts";
import { siblingModule } from "../sibling.ts";
import type { Transpile } from "./jco/transpile.ts";
import type { ToolAnswer, ToolTask } from "./tool-worker.node.ts";
import type { Validate } from "./validate.ts";

/** @throws {Fault} `component-invalid`, `component-unsupported` */
export const transpileInWorker: Transpile = async (bytes, options) => {
  const answer = await inThread({ bytes, transpile: options });
  if (!("script" in answer)) throw new Fault("component-invalid", "The thread transpiled nothing");
  return { script: answer.script, cores: new Map(answer.cores) };
};

/** @throws {Fault} `component-invalid`, `component-unsupported` */
export const validateInWorker: Validate = async (bytes) => {
  await inThread({ bytes, transpile: null });
};

async function inThread(task: ToolTask): Promise<Exclude<ToolAnswer, { code: string }>> {
  const worker = new Worker(siblingModule("tool-worker.node", import.meta.url), {
    workerData: task,
    env: {},
    execArgv: [],
  });
  try {
    const answer = await answerOf(worker);
    if ("code" in answer) throw new Fault(answer.code, answer.message);
    return answer;
  } finally {
    await worker.terminate();
  }
}

function answerOf(worker: Worker): Promise<ToolAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<ToolAnswer>();
  worker.once("message", resolve);
  worker.once("error", (cause) =>
    reject(new Fault("component-invalid", `The component cannot be read: ${String(cause)}`, { cause })),
  );
  worker.once("exit", () =>
    reject(new Fault("component-invalid", "The component cannot be read: the thread ended without an answer")),
  );
  return promise;
}
