/**
 * One Lua machine: a WebAssembly instance of the interpreter and the few host functions it links to.
 *
 *   M1  The host functions are those below and nothing else: no files, no processes, no clock or randomness but the ones given.
 *   M2  Memory never grows past the limit. Inside Lua that is an error; where the host itself asked for memory, the machine is lost.
 *   M3  The same seed, clock and calls give the same behaviour, down to the order of `pairs`.
 *
 * The interpreter is the `glue.wasm` of the wasmoon package. Its JavaScript layer is not used: it loses integers and binary strings,
 * and reads the real clock.
 */
import { type LuaApi, type Pointer, REGISTRY } from "./api.ts";
import { formatTime, readTime, writeTime } from "./calendar.ts";

export interface MachineOptions {
  /** Bytes of Lua's heap. */
  readonly memory: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** What `print` (1) and the interpreter's messages (2) write. */
  readonly write: (descriptor: number, bytes: Uint8Array) => void;
}

/** The interpreter gave up: memory ran out where no Lua code could be told, or the host function it called failed. */
export class MachineLost extends Error {}

const PAGE = 65_536;
const SCRATCH = 65_536;
const SHORT = 24;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class LuaMachine {
  readonly api: LuaApi;
  /** The main thread. */
  readonly main: Pointer;
  /** Where `lua_resume` writes its number of results. */
  readonly counter: Pointer;
  readonly #scratch: Pointer;
  readonly #keys = new Map<string, bigint>();
  #u8: Uint8Array;
  #u32: Uint32Array;

  constructor(module: WebAssembly.Module, options: MachineOptions) {
    this.api = link(module, options);
    this.#u8 = new Uint8Array(this.api.memory.buffer);
    this.#u32 = new Uint32Array(this.api.memory.buffer);
    this.#reserveAbove(options.memory);
    this.main = this.api.luaL_newstate();
    if (this.main === 0) throw new MachineLost("not enough memory");
    this.counter = this.#malloc(8);
    this.#scratch = this.#malloc(SCRATCH);
    this.#openLibraries();
  }

  /** The machine's memory now. It moves whenever the machine runs: never kept across a call. */
  bytes(): Uint8Array {
    if (this.#u8.length === 0) this.#u8 = new Uint8Array(this.api.memory.buffer);
    return this.#u8;
  }

  word(at: Pointer): number {
    if (this.#u32.length === 0) this.#u32 = new Uint32Array(this.api.memory.buffer);
    return this.#u32[at >>> 2] ?? 0;
  }

  setWord(at: Pointer, value: number): void {
    if (this.#u32.length === 0) this.#u32 = new Uint32Array(this.api.memory.buffer);
    this.#u32[at >>> 2] = value;
  }

  /** Makes sure of room on a stack before values are pushed: the C API does not look. */
  needSlots(thread: Pointer, slots: number): void {
    if (this.api.lua_checkstack(thread, slots) === 0) throw new MachineLost("not enough memory");
  }

  pop(thread: Pointer, count: number): void {
    this.api.lua_settop(thread, -count - 1);
  }

  /** Pushes text that has no lone surrogates. */
  pushText(thread: Pointer, text: string): void {
    if (text.length <= SHORT && this.#pushAscii(thread, text)) return;
    if (text.length * 3 <= SCRATCH) {
      const { written } = encoder.encodeInto(text, this.bytes().subarray(this.#scratch, this.#scratch + SCRATCH));
      this.api.lua_pushlstring(thread, this.#scratch, written);
      return;
    }
    this.pushBytes(thread, encoder.encode(text));
  }

  pushBytes(thread: Pointer, bytes: Uint8Array): void {
    this.withBytes(bytes, (at) => this.api.lua_pushlstring(thread, at, bytes.length));
  }

  /** Lends the machine a copy of some bytes for the time of `use`. */
  withBytes<T>(bytes: Uint8Array, use: (at: Pointer) => T): T {
    const large = bytes.length > SCRATCH;
    const at = large ? this.#malloc(bytes.length) : this.#scratch;
    this.bytes().set(bytes, at);
    const result = use(at);
    if (large) this.api.free(at);
    return result;
  }

  /** The length of the string or table on top of the stack, without metamethods. */
  length(thread: Pointer): number {
    return Number(this.api.lua_rawlen(thread, -1));
  }

  /** The bytes of the string on top of the stack, as a view that is good until the machine runs again. */
  viewBytes(thread: Pointer): Uint8Array {
    const at = this.api.lua_tolstring(thread, -1, this.counter);
    return this.bytes().subarray(at, at + this.word(this.counter));
  }

  /** The text of the string on top of the stack, or undefined when it is not UTF-8. */
  readText(thread: Pointer): string | undefined {
    const bytes = this.viewBytes(thread);
    if (bytes.length <= SHORT) {
      const text = ascii(bytes);
      if (text !== undefined) return text;
    }
    try {
      return decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }

  /** The text of the string on top of the stack, for people: bytes that are not UTF-8 are replaced. */
  describeText(thread: Pointer): string {
    return new TextDecoder().decode(this.viewBytes(thread));
  }

  /** Takes the value on top of the stack into the registry. */
  take(thread: Pointer): bigint {
    return BigInt(this.api.luaL_ref(thread, REGISTRY));
  }

  release(ref: bigint): void {
    this.api.luaL_unref(this.main, REGISTRY, Number(ref));
  }

  push(thread: Pointer, ref: bigint): void {
    this.api.lua_rawgeti(thread, REGISTRY, ref);
  }

  /** A place in the registry that holds this name for good: pushing it costs no hashing and no copy. */
  key(name: string): bigint {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    this.pushText(this.main, name);
    const ref = this.take(this.main);
    this.#keys.set(name, ref);
    return ref;
  }

  /** Calls with C text, which it lends for the time of `use`. */
  withCText<T>(text: string, use: (at: Pointer) => T): T {
    return this.withBytes(encoder.encode(`${text}\0`), use);
  }

  /** A thread and the registry's hold on it. */
  newThread(): { readonly thread: Pointer; readonly ref: bigint } {
    const thread = this.api.lua_newthread(this.main);
    return { thread, ref: this.take(this.main) };
  }

  #pushAscii(thread: Pointer, text: string): boolean {
    const bytes = this.bytes();
    const at = this.#scratch;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) return false;
      bytes[at + i] = code;
    }
    this.api.lua_pushlstring(thread, at, text.length);
    return true;
  }

  #malloc(size: number): Pointer {
    const at = this.api.malloc(size);
    if (at === 0) throw new MachineLost("not enough memory");
    return at;
  }

  /** The build starts with 16 MiB. A smaller limit (M2) is kept by taking the rest away before Lua starts; it is never touched. */
  #reserveAbove(limit: number): void {
    const spare = this.api.memory.buffer.byteLength - this.#heapStart() - limit;
    if (spare > PAGE) this.#malloc(spare);
  }

  #heapStart(): number {
    const probe = this.#malloc(16);
    this.api.free(probe);
    return probe;
  }

  #openLibraries(): void {
    const { api, main } = this;
    const open = (name: string, library: (thread: Pointer) => number): void => {
      library(main);
      this.withCText(name, (at) => api.lua_setglobal(main, at));
    };
    open("_G", api.luaopen_base);
    open("coroutine", api.luaopen_coroutine);
    open("table", api.luaopen_table);
    open("string", api.luaopen_string);
    open("utf8", api.luaopen_utf8);
    open("math", api.luaopen_math);
    open("os", api.luaopen_os);
  }
}

/** The text of bytes that are all ASCII, else undefined. */
function ascii(bytes: Uint8Array): string | undefined {
  let text = "";
  for (const byte of bytes) {
    if (byte > 127) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Thrown by the interpreter to unwind to its nearest protected call: how C's `longjmp` is done in this build. */
const LONGJMP = Infinity;

function link(module: WebAssembly.Module, options: MachineOptions): LuaApi {
  const cell: { api?: LuaApi } = {};
  const api = (): LuaApi => {
    if (cell.api === undefined) throw new MachineLost("the interpreter called out before it was linked");
    return cell.api;
  };
  const env = { ...refusals(module), ...jumps(api), ...clock(api, options.now), ...storage(api, options) };
  const instance = new WebAssembly.Instance(module, { env, wasi_snapshot_preview1: env });
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
