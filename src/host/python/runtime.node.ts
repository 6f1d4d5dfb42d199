/**
 * The parts that every Python instance of this process shares: Pyodide's files, its compiled module, our guest code.
 * All are loaded once, at the first use.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Fault } from "../../fault.ts";
import { siblingModule } from "../sibling.ts";
import { type Module, webAssembly } from "./worker/wasm.ts";

/** Loaded once for a process. */
export interface Runtime {
  /** Folder of Pyodide, and its URL with a slash at the end. */
  readonly folder: string;
  readonly base: string;
  readonly module: Module;
  /** The name of the meter's imports, when the module is a metered one. */
  readonly meter: string | null;
  readonly stdlib: Uint8Array;
  readonly lockInfo: unknown;
  /** The guest side's Python modules, by file name. */
  readonly guest: ReadonlyMap<string, string>;
  /** Names this Pyodide (version and build), this JavaScript engine's way of waiting, and the code that starts it. */
  readonly identity: string;
}

let loaded: Promise<Runtime> | undefined;

/**
 * The shared parts.
 *
 * @param folder where Pyodide really lies, for whoever may not look: where it is found there may be links on the way to it
 * @throws {Fault} `runtime-unavailable` when Pyodide is not installed or this Node cannot run it.
 */
export function pythonRuntime(folder?: string): Promise<Runtime> {
  loaded ??= load(folder);
  return loaded;
}

/** The worker's entry, beside this file, in the form (source or compiled) that this file has. */
export function workerEntry(): URL {
  return siblingModule("worker/worker.node", import.meta.url);
}

async function load(known: string | undefined): Promise<Runtime> {
  if (!("Suspending" in webAssembly)) {
    throw new Fault(
      "runtime-unavailable",
      "Python plugins need WebAssembly stack switching (JSPI), which this Node lacks",
      {
        hint: "Use Node 24 or newer.",
      },
    );
  }
  const folder = known ?? pyodideFolder();
  const [wasm, stdlib, glue, lock, guest, worker] = await Promise.all([
    readFile(join(folder, "pyodide.asm.wasm")),
    readFile(join(folder, "python_stdlib.zip")),
    readFile(join(folder, "pyodide.mjs")),
    readFile(join(folder, "pyodide-lock.json"), "utf8"),
    guestModules(),
    workerModules(),
  ]);
  return {
    folder,
    base: pathToFileURL(`${folder}/`).href,
    module: await webAssembly.compile(wasm),
    meter: null,
    stdlib: shared(stdlib),
    lockInfo: (JSON.parse(lock) as { readonly info: unknown }).info,
    guest,
    identity: createHash("sha256").update(glue).update(worker).update(String(wasm.length)).update("jspi").digest("hex"),
  };
}

function pyodideFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
  } catch (cause) {
    throw new Fault("runtime-unavailable", "Python plugins need the package pyodide, which is not installed", {
      cause,
    });
  }
}

/** A copy in memory that all workers read without copying. */
export function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

async function guestModules(): Promise<ReadonlyMap<string, string>> {
  const folder = guestFolder();
  const names = (await readdir(folder)).filter((name) => name.endsWith(".py")).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return new Map(names.map((name, i) => [name, texts[i] ?? ""]));
}

/** The code of the worker, as one text: it has its part in what a start image holds. */
async function workerModules(): Promise<string> {
  const folder = new URL(".", workerEntry());
  const names = (await readdir(folder)).filter((name) => /\.[jt]s$/.test(name)).sort();
  return (await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")))).join("\n");
}

/** `plugins/python` of this package, whether we run from `src` or from `dist/src`. */
function guestFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at)) {
    const folder = join(at, "plugins", "python");
    if (existsSync(join(folder, "sennit_calls.py"))) return folder;
  }
  throw new Fault(
    "runtime-unavailable",
    "the guest side of Python plugins (plugins/python) is missing from this installation",
  );
}
