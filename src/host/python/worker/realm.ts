/**
 * The wall around Python: turns this worker's JavaScript realm into one from which nothing can be reached (D4).
 *
 *   W1  `shape` runs before Pyodide's code loads. The realm then looks like a browser's module worker, so Pyodide never
 *       captures `process`, `require` or a Node module.
 *   W2  `scrub` runs after Pyodide has loaded and before any plugin code: no global is left that is not listed here, and
 *       no text can become code.
 *   W3  Clock and randomness of the realm are the host's: frozen between deliveries, and drawn from the instance's seed.
 *   W4  No module but Pyodide's is ever compiled, and no memory made beside its own.
 *
 * What Python code does through its way into JavaScript it does inside this realm only. The host trusts nothing it says.
 */
import type { SeededBytes } from "../../seeded.ts";
import { type Imports, type Module, webAssembly } from "./wasm.ts";

/** What the realm's clock and timers are made from. Held in closures, out of reach of Python. */
export interface Surroundings {
  /** Milliseconds since the epoch, as of the last delivery. */
  readonly now: () => number;
  readonly random: () => SeededBytes;
  /** Runs `then` when the host says that the time has passed. */
  readonly sleep: (milliseconds: number, then: () => void) => void;
  /** Runs what Python has put off, or keeps it until Python may run. */
  readonly resume: (run: () => void) => void;
  readonly stdlib: Uint8Array;
  readonly module: Module;
  /** Bytes of linear memory that Python may have. */
  readonly memory: number;
  /** What the module imports beside what Pyodide gives it: by module name. */
  readonly imports: Imports;
}

type Globals = Record<string, unknown>;

/** Makes the realm look like a browser's module worker (W1, W3). */
export function shape(around: Surroundings, base: string): void {
  const globals = globalThis as unknown as Globals;
  touchLazyGlobals(globals);
  const soon = globals["setImmediate"] as (run: () => void) => void;
  for (const name of ["process", "Buffer", "require", "MessageChannel", "BroadcastChannel"]) delete globals[name];
  define("self", globalThis);
  define(
    "WorkerGlobalScope",
    class {
      static [Symbol.hasInstance](): boolean {
        return true;
      }
    },
  );
  define("location", new URL(base));
  define("fetch", servesStandardLibrary(around.stdlib));
  define("performance", Object.freeze({ now: around.now, timeOrigin: 0 }));
  define("crypto", Object.freeze({ getRandomValues: (view: Uint8Array) => randomize(view, around.random()) }));
  define("setTimeout", (run: () => void, milliseconds: number) => {
    const resume = (): void => around.resume(run);
    if (milliseconds > 2) around.sleep(Math.min(milliseconds, Number.MAX_SAFE_INTEGER), resume);
    else soon(resume);
    return 0;
  });
  define("clearTimeout", () => undefined);
  Date.now = around.now;
  replaceInstantiate(around);
}

function randomize(view: Uint8Array, random: SeededBytes): Uint8Array {
  view.set(random.next(view.length));
  return view;
}

/** Node defines some globals lazily, by code that needs what we are about to remove. */
function touchLazyGlobals(globals: Globals): void {
  for (const name of ["MessageEvent", "fetch", "performance", "crypto", "navigator"]) void globals[name];
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
}

function servesStandardLibrary(stdlib: Uint8Array): (address: unknown) => Promise<unknown> {
  return async (address) => {
    if (String(address).endsWith("/pyodide.asm.wasm")) return {}; // the module is shared; see replaceInstantiate
    if (!String(address).endsWith("/python_stdlib.zip"))
      throw new Error(`there is no network here: ${String(address)}`);
    return { ok: true, arrayBuffer: async () => stdlib.slice().buffer };
  };
}

/** Pyodide compiles nothing: it gets the shared module, with a capped memory and without the imports that run text as code. */
function replaceInstantiate({ module, memory: cap, imports: own }: Surroundings): void {
  const instantiate = webAssembly.instantiate.bind(webAssembly);
  const capped = async (_source: unknown, imports: Imports): Promise<unknown> => {
    const environment = imports["env"] ?? {};
    for (const name of Object.keys(environment)) {
      if (/run_script|emscripten_system/.test(name)) environment[name] = () => 0;
    }
    const resize = environment["emscripten_resize_heap"];
    if (typeof resize === "function")
      environment["emscripten_resize_heap"] = (size = 0) => (size >>> 0 > cap ? 0 : (resize(size) as unknown));
    return { instance: await instantiate(module, { ...imports, ...own }), module };
  };
  Object.assign(webAssembly, { instantiateStreaming: capped });
}

const KEPT = new Set(
  `Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol Date Promise RegExp
  Error AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError globalThis JSON Math Intl
  ArrayBuffer Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array Float32Array
  Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set WeakMap WeakSet WeakRef Proxy
  Reflect FinalizationRegistry Iterator decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval
  isFinite isNaN console TextDecoder TextEncoder setTimeout clearTimeout queueMicrotask performance crypto
  WebAssembly DOMException SuppressedError DisposableStack AsyncDisposableStack self`.split(/\s+/),
);

/** Takes away what could become code, or reach out of the realm (W2). */
export function scrub(): void {
  forbidCodeFromText();
  forbidModules();
  const globals = globalThis as unknown as Globals;
  define("console", Object.freeze({ log: ignore, warn: ignore, error: ignore, info: ignore, debug: ignore }));
  for (const name of Reflect.ownKeys(globals)) {
    if (typeof name === "string" && !KEPT.has(name)) delete globals[name];
  }
  const left = Reflect.ownKeys(globals).filter((name) => typeof name === "string" && !KEPT.has(name));
  if (left.length > 0) throw new Error(`these globals cannot be removed: ${left.join(", ")}`);
}

function ignore(): void {
  // Pyodide's warnings have no reader here.
}

function forbidCodeFromText(): void {
  const refuse = (): never => {
    throw new EvalError("text cannot become code here");
  };
  const samples = [() => 0, async () => 0, function* () {}, async function* () {}];
  for (const sample of samples) {
    const prototype = Object.getPrototypeOf(sample) as object;
    const constructor = function (): never {
      return refuse();
    };
    Object.defineProperty(constructor, "prototype", { value: prototype });
    Object.defineProperty(prototype, "constructor", { value: constructor, writable: false, configurable: false });
    if (sample === samples[0]) define("Function", constructor);
  }
  define("eval", refuse);
}

/** Pyodide's module is there: no other code of a machine, which nothing would count, and no other memory (W4). */
function forbidModules(): void {
  const all = webAssembly as unknown as Globals;
  for (const name of ["Memory", "Table", "Global", "Module", "Instance"]) {
    const { prototype } = all[name] as { readonly prototype: object };
    Object.defineProperty(prototype, "constructor", { value: undefined });
    delete all[name];
  }
  for (const name of ["compile", "instantiate", "validate", "compileStreaming", "instantiateStreaming"])
    delete all[name];
}
