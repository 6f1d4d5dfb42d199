/**
 * Whether a package's files can be read as Lua, found out where nothing of it runs: in a thread of its own, once for each
 * content, and not without end.
 */
import { Worker } from "node:worker_threads";
import { Fault } from "../../fault.ts";
import type { DiskCache } from "../cache.node.ts";
import { siblingModule } from "../sibling.ts";
import { nodePlatform } from "./platform.node.ts";
import type { Sources } from "./sources.ts";
import type { SyntaxAnswer, SyntaxTask } from "./syntax-worker.node.ts";

export interface SyntaxRequest {
  readonly sources: Sources;
  /** sha256 of the sources, hex. */
  readonly digest: string;
  /** The folder or archive, and the name of the package. */
  readonly place: string;
  readonly source: string;
}

/** What is marked as read: the grammar is Lua's own. */
const MARK = new TextEncoder().encode("lua 5.4");
/** Milliseconds. */
const DEADLINE = 30_000;
const HEAP_MEGABYTES = 256;

/** @throws {Fault} `plugin-invalid` for a syntax error with its file and line; `deadline-exceeded` */
export async function refuseSyntaxErrorsOnce(request: SyntaxRequest, cache: DiskCache | undefined): Promise<void> {
  const { sources, digest, place, source } = request;
  const key = `${digest}.read`;
  const found = await cache?.get(key);
  if (found !== undefined && Buffer.compare(found, MARK) === 0) return;
  await refuseInThread({ engine: await nodePlatform.engine(), sources, place, source });
  await cache?.put(key, MARK);
}

async function refuseInThread(task: SyntaxTask): Promise<void> {
  const worker = new Worker(siblingModule("syntax-worker.node", import.meta.url), {
    workerData: task,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
  });
  try {
    const answer = await answerOf(worker, task);
    if (answer === null) return;
    const { code, message, frames } = answer;
    throw new Fault(code, message, { source: task.source, frames });
  } finally {
    await worker.terminate();
  }
}

async function answerOf(worker: Worker, { place, source }: SyntaxTask): Promise<SyntaxAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<SyntaxAnswer>();
  const fail = (code: string, why: string): void => reject(new Fault(code, `${place}: ${why}`, { source }));
  worker.once("message", resolve);
  worker.once("error", (cause) => fail("plugin-invalid", `it cannot be read as Lua: ${String(cause)}`));
  worker.once("exit", () => fail("plugin-invalid", "it cannot be read as Lua: the thread ended without an answer"));
  const late = (): void => fail("deadline-exceeded", `to read it as Lua took longer than ${DEADLINE} ms`);
  const timer = setTimeout(late, DEADLINE);
  return await promise.finally(() => clearTimeout(timer));
}
