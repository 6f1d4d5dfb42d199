import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";

import { permissions } from "../../src/host/python/peer.node.ts";
import { pythonRuntime, workerEntry } from "../../src/host/python/runtime.node.ts";

const READ = `
  import { readFileSync } from "node:fs";
  import { parentPort, workerData } from "node:worker_threads";
  const read = (path) => { try { return readFileSync(path).length > 0 ? "read" : "empty"; } catch (error) { return error.code; } };
  parentPort.postMessage(workerData.map(read));`;

it("a Python worker's thread may read Pyodide and its own code, and not the folder it was started in (E1)", async () => {
  const runtime = await pythonRuntime();
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(READ)}`), {
    execArgv: [...permissions(runtime, workerEntry())],
    env: {},
    workerData: [join(runtime.folder, "package.json"), join(process.cwd(), "package.json"), "/etc/hostname"],
  });
  try {
    expect((await once(worker, "message"))[0]).toEqual(["read", "ERR_ACCESS_DENIED", "ERR_ACCESS_DENIED"]);
  } finally {
    await worker.terminate();
  }
});
