/**
 * The part of Lua 5.4's C API that the host uses, as the WebAssembly build exports it.
 * Pointers, stack indices and lengths are numbers; `lua_Integer` is a bigint.
 */

/** A byte offset in the machine's memory. */
export type Pointer = number;

export interface FunctionTable {
  get(index: number): unknown;
  /** Appends entries and answers the number of the first. */
  grow(by: number, entry: unknown): number;
}

export interface LuaApi {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: FunctionTable;
  __wasm_call_ctors(): void;
  emscripten_stack_init(): void;
  stackSave(): number;
  stackRestore(at: number): void;
  setThrew(threw: number, value: number): void;
  malloc(size: number): Pointer;
  free(at: Pointer): void;

  luaL_newstate(): Pointer;
  luaL_ref(thread: Pointer, table: number): number;
  luaL_unref(thread: Pointer, table: number, ref: number): void;
  luaL_loadbufferx(thread: Pointer, text: Pointer, length: number, name: Pointer, mode: Pointer): number;
  luaL_traceback(to: Pointer, of: Pointer, message: Pointer, level: number): void;
  luaopen_base(thread: Pointer): number;
  luaopen_coroutine(thread: Pointer): number;
  luaopen_table(thread: Pointer): number;
  luaopen_string(thread: Pointer): number;
  luaopen_utf8(thread: Pointer): number;
  luaopen_math(thread: Pointer): number;
  luaopen_os(thread: Pointer): number;

  lua_newthread(thread: Pointer): Pointer;
  lua_resetthread(thread: Pointer): number;
  lua_resume(thread: Pointer, from: Pointer, args: number, results: Pointer): number;
  lua_isyieldable(thread: Pointer): number;
  /** Raises the value on top of the stack: never returns. */
  lua_error(thread: Pointer): number;
  lua_pcallk(thread: Pointer, args: number, results: number, handler: number, context: number, k: number): number;

  lua_checkstack(thread: Pointer, slots: number): number;
  lua_gettop(thread: Pointer): number;
  lua_settop(thread: Pointer, index: number): void;
  lua_pushvalue(thread: Pointer, index: number): void;
  lua_copy(thread: Pointer, from: number, to: number): void;
  lua_rotate(thread: Pointer, index: number, by: number): void;
  lua_xmove(from: Pointer, to: Pointer, count: number): void;

  lua_pushnil(thread: Pointer): void;
  lua_pushboolean(thread: Pointer, value: number): void;
  lua_pushinteger(thread: Pointer, value: bigint): void;
  lua_pushnumber(thread: Pointer, value: number): void;
  lua_pushlstring(thread: Pointer, text: Pointer, length: number): Pointer;
  lua_pushlightuserdata(thread: Pointer, value: Pointer): void;
  lua_newuserdatauv(thread: Pointer, size: number, values: number): Pointer;
  lua_pushcclosure(thread: Pointer, fn: number, values: number): void;
  lua_createtable(thread: Pointer, items: number, fields: number): void;

  lua_type(thread: Pointer, index: number): number;
  lua_isinteger(thread: Pointer, index: number): number;
  lua_toboolean(thread: Pointer, index: number): number;
  lua_tonumberx(thread: Pointer, index: number, ok: Pointer): number;
  lua_tointegerx(thread: Pointer, index: number, ok: Pointer): bigint;
  lua_tolstring(thread: Pointer, index: number, length: Pointer): Pointer;
  lua_touserdata(thread: Pointer, index: number): Pointer;
  lua_rawlen(thread: Pointer, index: number): bigint;
  lua_rawequal(thread: Pointer, a: number, b: number): number;

  lua_rawget(thread: Pointer, index: number): number;
  lua_rawgeti(thread: Pointer, index: number, key: bigint): number;
  lua_rawset(thread: Pointer, index: number): void;
  lua_rawseti(thread: Pointer, index: number, key: bigint): void;
  lua_next(thread: Pointer, index: number): number;
  lua_getmetatable(thread: Pointer, index: number): number;
  lua_setmetatable(thread: Pointer, index: number): number;
  lua_getglobal(thread: Pointer, name: Pointer): number;
  lua_setglobal(thread: Pointer, name: Pointer): void;
}

/** `LUA_REGISTRYINDEX` of a build with `LUAI_MAXSTACK` of a million. */
export const REGISTRY = -1_001_000;

/** What `lua_type` answers. */
export const NIL = 0;
export const BOOLEAN = 1;
export const LIGHT_USERDATA = 2;
export const NUMBER = 3;
export const STRING = 4;
export const TABLE = 5;
export const FUNCTION = 6;
export const USERDATA = 7;

/** What `lua_resume` and `lua_pcallk` answer. */
export const STATUS_OK = 0;
export const STATUS_YIELD = 1;
export const STATUS_MEMORY = 4;

const TYPE_NAMES = [
  "nil",
  "a boolean",
  "a light userdata",
  "a number",
  "a string",
  "a table",
  "a function",
  "a handle",
  "a coroutine",
];

export function typeName(type: number): string {
  return TYPE_NAMES[type] ?? "nothing";
}
