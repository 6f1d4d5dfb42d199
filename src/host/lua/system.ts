/**
 * What the interpreter links to: the functions below and nothing else (M1, M2 of machine.ts).
 */
import type { LuaApi, Pointer } from "./api.ts";
import { formatTime, readTime, writeTime } from "./calendar.ts";

export interface MachineOptions {
  /** Bytes of Lua's heap. */
  readonly memory: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What `print` (1) and the interpreter's messages (2) write. */
  readonly write: (descriptor: number, bytes: Uint8Array) => void;
  /** What a metered interpreter imports beside the rest. */
  readonly meter?: WebAssembly.Imports;
}

/** The interpreter gave up: memory ran out where no Lua code could be told, or the host function it called failed. */
export class MachineLost extends Error {}

/** Bytes by which WebAssembly memory grows. */
export const PAGE = 65_536;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Thrown by the interpreter to unwind to its nearest protected call: how C's `longjmp` is done in this build. */
const LONGJMP = Infinity;

/** Whether it is an error of Lua's on its way to who protects against it: nobody between may keep it. */
export function isUnwinding(thrown: unknown): boolean {
  return thrown === LONGJMP;
}

/** The interpreter's functions, with nothing run yet. */
export function linkInterpreter(module: WebAssembly.Module, options: MachineOptions): LuaApi {
  const cell: { api?: LuaApi } = {};
  const api = (): LuaApi => {
    if (cell.api === undefined) throw new MachineLost("the interpreter called out before it was linked");
    return cell.api;
  };
  const env = { ...refusals(module), ...jumps(api), ...clock(api, options.now), ...storage(api, options) };
  const instance = new WebAssembly.Instance(module, { ...options.meter, env, wasi_snapshot_preview1: env });
  cell.api = instance.exports as unknown as LuaApi;
  cell.api.emscripten_stack_init();
  cell.api.__wasm_call_ctors();
  return cell.api;
}

type HostFunction = (...args: never[]) => unknown;

/** Files, processes and the like: every function that is not given below answers "no such system call" (M1). */
function refusals(module: WebAssembly.Module): Record<string, HostFunction> {
  const NO_SYSTEM_CALL = -52;
  const functions = WebAssembly.Module.imports(module).map(({ name }) => [name, () => NO_SYSTEM_CALL] as const);
  return Object.fromEntries(functions);
}

function jumps(api: () => LuaApi): Record<string, HostFunction> {
  return {
    invoke_vii: (index: number, a: number, b: number) => {
      const { stackSave, stackRestore, setThrew, __indirect_function_table: table } = api();
      const stack = stackSave();
      try {
        (table.get(index) as (a: number, b: number) => void)(a, b);
      } catch (thrown) {
        if (thrown !== LONGJMP) throw thrown;
        stackRestore(stack);
        setThrew(1, 0);
      }
    },
    _emscripten_throw_longjmp: () => {
      throw LONGJMP;
    },
    abort: () => {
      throw new MachineLost("the interpreter stopped");
    },
    exit: () => {
      throw new MachineLost("the interpreter left");
    },
  };
}

function clock(api: () => LuaApi, now: () => number): Record<string, HostFunction> {
  const view = (): DataView => new DataView(api().memory.buffer);
  const broken = (seconds: bigint, at: Pointer): void => writeTime(view(), at, seconds);
  return {
    emscripten_date_now: now,
    _emscripten_get_now_is_monotonic: () => 1,
    _tzset_js: () => undefined,
    _gmtime_js: broken,
    _localtime_js: broken,
    _mktime_js: (at: Pointer) => readTime(view(), at),
    strftime: (to: Pointer, size: number, format: Pointer, time: Pointer) => {
      const bytes = new Uint8Array(api().memory.buffer);
      const pattern = decoder.decode(bytes.subarray(format, bytes.indexOf(0, format)));
      const text = encoder.encode(formatTime(view(), time, pattern));
      if (text.length >= size) return 0;
      bytes.set(text, to);
      bytes[to + text.length] = 0;
      return text.length;
    },
  };
}

function storage(api: () => LuaApi, options: MachineOptions): Record<string, HostFunction> {
  return {
    environ_sizes_get: (count: Pointer, size: Pointer) => {
      const view = new DataView(api().memory.buffer);
      view.setUint32(count, 0, true);
      view.setUint32(size, 0, true);
      return 0;
    },
    environ_get: () => 0,
    fd_write: (descriptor: number, vectors: Pointer, count: number, written: Pointer) => {
      const view = new DataView(api().memory.buffer);
      let total = 0;
      for (let i = 0; i < count; i++) {
        const at = view.getUint32(vectors + 8 * i, true);
        const length = view.getUint32(vectors + 8 * i + 4, true);
        if (length > 0) options.write(descriptor, new Uint8Array(view.buffer, at, length).slice());
        total += length;
      }
      view.setUint32(written, total, true);
      return 0;
    },
    emscripten_resize_heap: (wanted: number) => {
      const { memory } = api();
      return grow(memory, wanted >>> 0, options.memory + HEAP_START) ? 1 : 0;
    },
  };
}

/** Static data and the C stack of the build lie below the heap and are not charged to the guest. */
const HEAP_START = 1_114_112;

/** Grows a little past what is wanted, so that steady growth costs few steps, and never past the limit (M2). */
function grow(memory: WebAssembly.Memory, wanted: number, limit: number): boolean {
  const have = memory.buffer.byteLength;
  if (wanted > limit) return false;
  const target = Math.min(limit, Math.max(wanted, Math.floor(have * 1.2)));
  try {
    memory.grow(Math.ceil((target - have) / PAGE));
    return true;
  } catch {
    return false;
  }
}
