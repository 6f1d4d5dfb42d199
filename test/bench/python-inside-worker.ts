/**
 * The worker of python-inside.ts: Python behind its wall, called by the host's own code without leaving the thread.
 */
import { parentPort, workerData } from "node:worker_threads";

import { codecOrNull, parametersCodec } from "../../src/host/python/codec.ts";
import { Handles } from "../../src/host/python/handles.ts";
import { isFloatList } from "../../src/host/python/number-lists.ts";
import { Reader } from "../../src/host/python/reader.ts";
import { type CApi, Interpreter } from "../../src/host/python/worker/interpreter.ts";
import { scrub, shape } from "../../src/host/python/worker/realm.ts";
import { Writer } from "../../src/host/python/writer.ts";
import { SeededBytes } from "../../src/host/seeded.ts";
import type { Value } from "../../src/wit/value.ts";
import { time, type Timing } from "./measure.ts";
import type { InsideAnswer, InsideCall, InsideTask } from "./python-inside.ts";

interface Pyodide {
  readonly _module: CApi;
  readonly FS: { mkdirTree(path: string): void; writeFile(path: string, text: string): void };
  runPython(code: string): unknown;
}

const task = workerData as InsideTask;
const seed = new SeededBytes(new Uint8Array(32));
const handles = new Handles(1, () => false);
const writer = new Writer(handles, 0);
const reader = new Reader(handles);

async function load(): Promise<Pyodide> {
  const memory = 512 * 1024 * 1024;
  const { stdlib, module, base } = task;
  const sleep = (_: number, then: () => void): void => then();
  const resume = (run: () => void): void => run();
  shape({ now: () => 0, random: () => seed, sleep, resume, stdlib, module, memory, imports: {} }, base);
  const { default: createPyodideModule } = (await import(`${base}pyodide.asm.mjs`)) as { default: unknown };
  const { loadPyodide } = (await import(`${base}pyodide.mjs`)) as {
    loadPyodide: (options: object) => Promise<Pyodide>;
  };
  const pyodide = await loadPyodide({
    indexURL: base,
    createPyodideModule,
    lockFileContents: { info: task.lockInfo, packages: {} },
    packageBaseUrl: "https://invalid/",
    jsglobals: Object.create(null) as object,
    env: { HOME: "/plugin", PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" },
  });
  scrub();
  for (const [path, text] of task.files) {
    pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    pyodide.FS.writeFile(path, text);
  }
  if (typeof pyodide.runPython(task.boot) === "string") throw new Error("the guest does not load");
  pyodide.runPython("import sennit_calls; sennit_calls.bind(b'')");
  return pyodide;
}

/** A caller beside the guest. */
function calling(python: Interpreter, { fn, number, args }: InsideCall): () => Value {
  const params = parametersCodec(fn);
  const result = codecOrNull(fn.result);
  const floats = isFloatList(fn.result);
  let answer = new Uint8Array(1 << 16);
  return () => {
    writer.truncate(0);
    params.encode(writer, args);
    python.call(number, { marshal: writer.written(), asides: writer.takeAsides() }, floats);
    if (python.failed) throw new Error("the call failed");
    const { size } = python;
    if (size > answer.length) answer = new Uint8Array(size);
    python.copy(answer, 0);
    python.release();
    reader.open(answer, 0, size);
    const value = result.decode(reader);
    reader.close();
    return value;
  };
}

async function main(): Promise<InsideAnswer> {
  const pyodide = await load();
  const python = new Interpreter(pyodide._module);
  const calls: { answer: Value; timing: Timing }[] = [];
  for (const call of task.calls) {
    const run = calling(python, call);
    const answer = run();
    const [timing] = await time([run], task.plan);
    if (timing === undefined) return { failed: "nothing was timed" };
    calls.push({ answer, timing });
  }
  return { calls };
}

const port = parentPort;
main().then(
  (answer) => port?.postMessage(answer),
  (thrown: unknown) => port?.postMessage({ failed: String(thrown) } satisfies InsideAnswer),
);
