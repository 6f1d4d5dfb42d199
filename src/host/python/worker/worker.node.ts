/**
 * Entry of a Python worker: builds the wall, loads Pyodide, and serves frames (`frame.ts`).
 *
 *   P4  Nothing of the plugin runs before the realm is scrubbed (W2).
 *   P5  What cannot be answered by a record from Python ends the worker with `fatal`: a half-broken instance never answers.
 */
import { parentPort, workerData } from "node:worker_threads";
import { SeededBytes } from "../../seeded.ts";
import { FAILURE, FATAL, frame, HEADER, INTERRUPT, LOADING, OUT_OF_FUEL, OUT_OF_MEMORY, READY } from "./frame.ts";
import { writeHeader } from "./frame.ts";
import { Fuel } from "./fuel.ts";
import { type CApi, Interpreter, NoMemory } from "./interpreter.ts";
import { scrub, shape } from "./realm.ts";
import { type Port, Way } from "./way.ts";
import { type Guest, serve } from "./serve.ts";
import type { Module } from "./wasm.ts";

/** What the host gives a new worker. */
export interface Start {
  /** URL of the folder that Pyodide lies in. */
  readonly base: string;
  readonly module: Module;
  readonly stdlib: Uint8Array;
  /** Says which build this is; the list of packages that goes with it stays outside. */
  readonly lockInfo: unknown;
  /** The image to start from; null for a cold start. */
  readonly image: Uint8Array | null;
  /** Whether to answer with a start image instead of serving calls. */
  readonly makeImage: boolean;
  readonly files: readonly (readonly [path: string, text: string])[];
  /** Python that makes the runtime and the plugin ready; null when the image already holds its effect. */
  readonly boot: string | null;
  readonly memory: number;
  /** Whether calls may wait for the host, which costs some microseconds each; and whether others may begin meanwhile. */
  readonly waits: boolean;
  readonly overlap: boolean;
  /** Shared with the host (`frame.ts`). */
  readonly stops: Int32Array;
  /** The name of the meter's imports, when the module is a metered one. */
  readonly meter: string | null;
}

/** Kept from before the realm is scrubbed (W2). */
const { load: read, store: write } = Atomics;

/** The part of Pyodide that we use. */
interface Pyodide {
  readonly _module: CApi & {
    readonly HEAP8: Int8Array;
    readonly _Py_EMSCRIPTEN_SIGNAL_HANDLING: number;
    /** Where Python looks for a signal; it puts 0 there when it has seen one. */
    Py_EmscriptenSignalBuffer?: object;
  };
  readonly _api: Record<string, unknown>;
  readonly FS: { mkdirTree(path: string): void; writeFile(path: string, text: string): void };
  runPython(code: string): unknown;
  pyimport(name: string): Guest;
  makeMemorySnapshot(): Uint8Array;
}
type Load = (options: Record<string, unknown>) => Promise<Pyodide>;

const start = workerData as Start;
/** The way to the host; after a handover, to whoever has the other end. */
const way = new Way(parentPort as Port | null);
const fuel = start.meter === null ? undefined : new Fuel();
const clock = {
  now: 0,
  seed: new SeededBytes(new Uint8Array(32)),
  sleep: (_ms: number, then: () => void): void => then(),
  resume: (run: () => void): void => run(),
};
/** Real time, while there still is one: not for Python (W3). */
const elapsed = performance.now.bind(performance);
const { timeOrigin } = performance;
const now = (): number => Math.floor(timeOrigin + elapsed());
const send = (message: ArrayBuffer): void => way.send(message);

function fatal(error: unknown): void {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const why = fuel?.isOut === true ? OUT_OF_FUEL : error instanceof NoMemory ? OUT_OF_MEMORY : 0;
  send(frame({ kind: FATAL, a: why }, new TextEncoder().encode(text.slice(0, 4000))));
  way.close();
}

async function load(): Promise<Pyodide> {
  shape(
    {
      now: () => clock.now,
      random: () => clock.seed,
      sleep: (ms, then) => clock.sleep(ms, then),
      resume: (run) => clock.resume(run),
      stdlib: start.stdlib,
      module: start.module,
      memory: start.memory,
      imports: start.meter === null || fuel === undefined ? {} : { [start.meter]: fuel.imports },
    },
    start.base,
  );
  const { default: createPyodideModule } = (await import(`${start.base}pyodide.asm.mjs`)) as { default: unknown };
  const { loadPyodide } = (await import(`${start.base}pyodide.mjs`)) as { loadPyodide: Load };
  const pyodide = await loadPyodide({
    indexURL: start.base,
    createPyodideModule,
    lockFileContents: { info: start.lockInfo, packages: {} },
    packageBaseUrl: "https://invalid/",
    jsglobals: Object.create(null) as object,
    env: { HOME: "/plugin", PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1" },
    stdout: (line: string) => output(1, line),
    stderr: (line: string) => output(2, line),
    _makeSnapshot: start.makeImage,
    ...(start.image === null ? {} : { _loadSnapshot: start.image }),
  });
  removeWaysOut(pyodide);
  scrub();
  return pyodide;
}

let output: (stream: number, line: string) => void = () => undefined;

/** What Pyodide itself offers Python beside the globals of the realm. */
function removeWaysOut(pyodide: Pyodide): void {
  for (const name of [
    "initializeNodeSockFS",
    "loadBinaryFile",
    "loadDynlib",
    "loadPackage",
    "install",
    "installPackage",
  ]) {
    if (name in pyodide._api) pyodide._api[name] = undefined;
  }
  pyodide.runPython(`
import sys
import pyodide._package_loader as loader
from _pyodide._importhook import jsfinder
# A start image needs these objects in their places, so they are kept, out of the way of \`import\`.
kept = sys.__dict__.setdefault("_sennit_kept", [])
kept += [jsfinder.jsproxies.pop(name, None) for name in ("js", "pyodide_js")] + [loader.loadedPackages]
loader.loadedPackages = None
for name in ("js", "pyodide_js"): sys.modules.pop(name, None)
del loader, jsfinder, name, kept
`);
}

function writeFiles(pyodide: Pyodide): void {
  for (const [path, text] of start.files) {
    pyodide.FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    pyodide.FS.writeFile(path, text);
  }
}

async function main(): Promise<void> {
  const pyodide = await load();
  writeFiles(pyodide);
  if (start.boot !== null && !boot(pyodide, start.boot)) return way.close();
  if (start.makeImage) {
    const image = pyodide.makeMemorySnapshot();
    const message = new ArrayBuffer(HEADER + image.length);
    new Uint8Array(message, HEADER).set(image);
    writeHeader(message, { kind: READY, length: image.length });
    send(message);
    return way.close();
  }
  pyodide.runPython("import sys; sys.__dict__.pop('_sennit_kept', None); del sys"); // no image will be made of this one
  const { waits, overlap, stops: words } = start;
  const guest = pyodide.pyimport("sennit_calls");
  const api = pyodide._module;
  output = serve(
    {
      port: way,
      send,
      elapsed,
      now,
      fatal,
      clock,
      waits,
      overlap,
      words,
      fuel,
      heap: () => api.HEAPU8,
      beInterruptible: () => beInterruptible(pyodide, words),
    },
    guest,
    new Interpreter(api),
  );
  send(frame({ kind: READY }));
}

/** Python sees the host's signal through an object that has no more to it: the shared memory stays in a closure (HAZARDS 22). */
function beInterruptible({ _module: api }: Pyodide, words: Int32Array): void {
  const signal = {
    get 0(): number {
      return read(words, INTERRUPT);
    },
    set 0(value: number) {
      write(words, INTERRUPT, value);
    },
  };
  api.Py_EmscriptenSignalBuffer = Object.freeze(signal);
  api.HEAP8[api._Py_EMSCRIPTEN_SIGNAL_HANDLING] = 1;
}

/** Runs the boot code. Its answer is nothing, or a failure record in hexadecimal, which the host gets. */
function boot(pyodide: Pyodide, code: string): boolean {
  send(frame({ kind: LOADING }));
  fuel?.beginStart();
  const failed = pyodide.runPython(code);
  if (typeof failed !== "string") return true;
  const record = Uint8Array.from(failed.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  send(frame({ kind: FAILURE }, record));
  return false;
}

main().catch(fatal);
