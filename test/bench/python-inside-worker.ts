/**
 * The worker of python-inside.ts: Python behind its wall, served by the host's own code, called without leaving the thread.
 */
import { parentPort, workerData } from "node:worker_threads";

import { codecOrNull, parametersCodec } from "../../src/host/python/codec.ts";
import { Handles } from "../../src/host/python/handles.ts";
import { Reader, Writer } from "../../src/host/python/marshal.ts";
import { BIND, CALL, HEADER, readFrame, RESULT, writeHeader, type Frame } from "../../src/host/python/worker/frame.ts";
import { scrub, shape } from "../../src/host/python/worker/realm.ts";
import { type Guest, serve } from "../../src/host/python/worker/serve.ts";
import { SeededBytes } from "../../src/host/seeded.ts";
import type { Value } from "../../src/wit/value.ts";
import { time } from "./measure.ts";
import type { InsideAnswer, InsideTask } from "./python-inside.ts";

interface Pyodide {
  readonly _module: { readonly HEAPU8: Uint8Array };
  readonly FS: { mkdirTree(path: string): void; writeFile(path: string, text: string): void };
  runPython(code: string): unknown;
  pyimport(name: string): Guest;
}

const task = workerData as InsideTask;
const clock = {
  now: 0,
  seed: new SeededBytes(new Uint8Array(32)),
  sleep: (_: number, then: () => void): void => then(),
};
const handles = new Handles(1, () => false);
const writer = new Writer(handles, HEADER);

async function load(): Promise<Pyodide> {
  const memory = 512 * 1024 * 1024;
  const sleep = (ms: number, then: () => void): void => clock.sleep(ms, then);
  const { stdlib, module, base } = task;
  shape({ now: () => clock.now, random: () => clock.seed, sleep, stdlib, module, memory }, base);
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
  if (typeof pyodide.runPython(task.boot) === "string") throw new Error("the sample does not load");
  return pyodide;
}

/** A caller beside the guest: the frame that answers is there when `deliver` returns, or later when the call waits. */
function serving(pyodide: Pyodide): (message: ArrayBuffer) => Promise<Frame> | Frame {
  let deliver: (message: unknown) => void = () => {};
  let receive: (frame: Frame) => void = () => {};
  let latest: Frame | null = null;
  serve(
    {
      port: { on: (_, listener) => void (deliver = listener) },
      send: (message) => {
        latest = readFrame(message);
        if (latest !== null) receive(latest);
      },
      fatal: (thrown) => {
        throw thrown;
      },
      clock,
      waits: false,
      heap: () => pyodide._module.HEAPU8,
    },
    pyodide.pyimport("sennit_calls"),
  );
  return (message) => {
    latest = null;
    deliver(message);
    return (
      latest ??
      new Promise<Frame>((resolve) => {
        receive = resolve;
      })
    );
  };
}

async function main(): Promise<InsideAnswer> {
  const call = serving(await load());
  writer.tuple(1);
  writer.bytes(new Uint8Array(32));
  const bind = writer.take();
  writeHeader(bind, CALL, 1, BIND, 0);
  await call(bind);
  const params = parametersCodec(task.fn);
  const result = codecOrNull(task.fn.result);
  const run = (): Value => {
    params.encode(writer, task.args);
    const message = writer.take();
    writeHeader(message, CALL, 2, task.number, 0);
    const frame = call(message);
    if (frame instanceof Promise || frame.kind !== RESULT) throw new Error("no answer came at once");
    const reader = new Reader(handles, frame.body);
    const value = result.decode(reader);
    reader.end();
    return value;
  };
  const answer = run();
  const [timing] = await time([run], task.plan);
  return timing === undefined ? { failed: "nothing was timed" } : { answer, timing };
}

const port = parentPort;
main().then(
  (answer) => port?.postMessage(answer),
  (thrown: unknown) => port?.postMessage({ failed: String(thrown) } satisfies InsideAnswer),
);
