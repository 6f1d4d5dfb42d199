/**
 * One Lua machine: a WebAssembly instance of the interpreter and the few host functions it links to.
 *
 *   M1  The host functions are those of system.ts, and the one of `serveWith`, and nothing else: no files, no processes, no clock or randomness but the ones given.
 *   M2  Memory never grows past the limit. Inside Lua that is an error; where the host itself asked for memory, the machine is lost.
 *   M3  The same seed, clock and calls give the same behaviour, down to the order of `pairs`.
 *
 *   M4  What JavaScript knows of a machine are numbers: places in its memory and its registry. A machine that was made in the same
 *       way has the same, and its memory can be put in the place of the other's.
 *
 * The interpreter is the `glue.wasm` of the wasmoon package. Its JavaScript layer is not used: it loses integers and binary strings,
 * and reads the real clock.
 */
import type { StateReader, StateWriter } from "../state/bytes.ts";
import { readCores, writeCores } from "../state/cores.ts";
import { type LuaApi, type Pointer, REGISTRY } from "./api.ts";
import { type NumberLists, type Shim, shimOf } from "./shim.ts";
import { linkInterpreter, MachineLost, type MachineOptions, PAGE } from "./system.ts";

/** Bytes of the scratch area. */
export const SCRATCH = 65_536;
const SHORT = 24;
const LONGEST_DESCRIPTION = 65_536;
/** `lua_upvalueindex(1)` */
const FIRST_UPVALUE = REGISTRY - 1;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class LuaMachine {
  readonly api: LuaApi;
  /** The main thread. */
  readonly main: Pointer;
  /** Where `lua_resume` writes its number of results. */
  readonly counter: Pointer;
  /** Steps of the codec in one crossing each. */
  readonly shim: Shim & NumberLists;
  /** `SCRATCH` bytes for what is on its way in or out. */
  readonly scratch: Pointer;
  readonly #host: number;
  readonly #keys = new Map<string, number>();
  readonly #limit: number;
  #serve: ((thread: Pointer) => number) | undefined;
  #u8: Uint8Array;
  #u32: Uint32Array;

  constructor(module: WebAssembly.Module, options: MachineOptions) {
    this.#limit = options.memory;
    this.api = linkInterpreter(module, options);
    this.#u8 = new Uint8Array(this.api.memory.buffer);
    this.#u32 = new Uint32Array(this.api.memory.buffer);
    this.#reserveAbove(options.memory);
    this.main = this.api.luaL_newstate();
    if (this.main === 0) throw new MachineLost("not enough memory");
    this.counter = this.#malloc(8);
    this.scratch = this.#malloc(SCRATCH);
    this.shim = shimOf(this.api, (thread) => this.#called(thread));
    this.#host = this.api.__indirect_function_table.grow(1, this.shim.host);
    this.#openLibraries();
  }

  /** All of its state (M4). False when something cannot be told. */
  save(to: StateWriter): boolean {
    to.f64(this.#limit);
    for (const place of this.#places) to.u32(place);
    to.u32(this.#keys.size);
    for (const [name, ref] of this.#keys) {
      to.text(name);
      to.u32(ref);
    }
    return writeCores([this.#core], to);
  }

  /**
   * Takes the state of another machine in the place of its own. Whatever is in the registry by now has to be there too, under
   * the same numbers. @throws {Fault} `state-invalid`
   */
  restore(from: StateReader): void {
    if (from.f64() !== this.#limit) from.refuse("it was saved under another limit of memory");
    for (const place of this.#places) if (from.u32() !== place) from.refuse("it is of another interpreter");
    const keys = new Map<string, number>();
    for (let left = from.count(8); left > 0; left--) keys.set(from.text(), from.u32());
    for (const [name, ref] of this.#keys) if (keys.get(name) !== ref) from.refuse("it is of another interpreter");
    for (const [name, ref] of keys) this.#keys.set(name, ref);
    readCores([this.#core], from);
    this.#u8 = new Uint8Array(this.api.memory.buffer);
    this.#u32 = new Uint32Array(this.api.memory.buffer);
  }

  get #places(): readonly number[] {
    return [this.main, this.counter, this.scratch, this.#host];
  }

  get #core(): WebAssembly.Exports {
    return this.api as unknown as WebAssembly.Exports;
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
      const { written } = encoder.encodeInto(text, this.bytes().subarray(this.scratch, this.scratch + SCRATCH));
      this.api.lua_pushlstring(thread, this.scratch, written);
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
    const at = large ? this.#malloc(bytes.length) : this.scratch;
    this.bytes().set(bytes, at);
    try {
      return use(at);
    } finally {
      if (large) this.api.free(at);
    }
  }

  /** The length of the table on top of the stack, without metamethods. */
  length(thread: Pointer): number {
    return Number(this.api.lua_rawlen(thread, -1));
  }

  /**
   * Where the bytes of the string on top of the stack are, and how many; 0 when it is no string. They are good until the
   * machine runs again.
   */
  string(thread: Pointer): Pointer {
    return this.shim.text(thread, this.counter);
  }

  /** The length of the string that `string` found last. */
  get stringLength(): number {
    return this.word(this.counter);
  }

  /** The bytes of the string on top of the stack, as a view that is good until the machine runs again; none when it is no string. */
  viewBytes(thread: Pointer): Uint8Array {
    const at = this.string(thread);
    return this.bytes().subarray(at, at === 0 ? 0 : at + this.stringLength);
  }

  /** The text of some bytes, or undefined when they are not UTF-8. */
  textAt(at: Pointer, length: number): string | undefined {
    const bytes = this.bytes();
    const short = length <= SHORT ? ascii(bytes, at, length) : undefined;
    if (short !== undefined) return short;
    try {
      return decoder.decode(bytes.subarray(at, at + length));
    } catch {
      return undefined;
    }
  }

  /** The text of the string on top of the stack, or how it begins, for people: bytes that are not UTF-8 are replaced. */
  describeText(thread: Pointer): string {
    return new TextDecoder().decode(this.viewBytes(thread).subarray(0, LONGEST_DESCRIPTION));
  }

  /** Takes the value on top of the stack into the registry. */
  take(thread: Pointer): number {
    return this.api.luaL_ref(thread, REGISTRY);
  }

  release(ref: number): void {
    this.api.luaL_unref(this.main, REGISTRY, ref);
  }

  push(thread: Pointer, ref: number): void {
    this.shim.held(thread, ref);
  }

  /**
   * Pushes a function of Lua that calls the host: `serve` gets the thread with the arguments, and whatever number it was
   * made with, and answers how many results it pushed.
   */
  pushHostFunction(thread: Pointer, number: number): void {
    this.shim.pushSafeInteger(thread, number);
    this.api.lua_pushcclosure(thread, this.#host, 1);
  }

  /** Who is called by the functions of `pushHostFunction`. */
  serveWith(serve: (thread: Pointer, number: number) => number): void {
    this.#serve = (thread) => serve(thread, this.api.lua_tonumberx(thread, FIRST_UPVALUE, 0));
  }

  /** A place in the registry that holds this name for good: pushing it costs no hashing and no copy. */
  key(name: string): number {
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
  newThread(): { readonly thread: Pointer; readonly ref: number } {
    const thread = this.api.lua_newthread(this.main);
    return { thread, ref: this.take(this.main) };
  }

  #called(thread: Pointer): number {
    if (this.#serve === undefined) throw new MachineLost("nobody serves the guest's calls");
    return this.#serve(thread);
  }

  #pushAscii(thread: Pointer, text: string): boolean {
    const bytes = this.bytes();
    const at = this.scratch;
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
function ascii(bytes: Uint8Array, at: Pointer, length: number): string | undefined {
  let text = "";
  for (let index = at; index < at + length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte > 127) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}
