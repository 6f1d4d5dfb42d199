/** Brings a machine to the point where a plugin's files can be loaded: runs the prelude and keeps what it returns. */
import { Defect } from "../../fault.ts";
import { type Pointer, STATUS_OK, TABLE } from "./api.ts";
import { NO_MEMORY, PRELUDE_CHUNK } from "./failure.ts";
import type { LuaMachine } from "./machine.ts";
import { PRELUDE } from "./prelude.ts";
import { MachineLost } from "./system.ts";

/** Registry places of what the prelude returns. */
export interface Prelude {
  /** Marks the yields that are calls of imports. */
  readonly token: Pointer;
  /** `import(id)` makes the function whose call yields the token and this id. */
  readonly import: number;
  /** `handle_class(name, methods)` makes the metatable of imported handles. */
  readonly handleClass: number;
  /** Tables by module name: loaded modules, and files not yet run. */
  readonly modules: number;
  readonly chunks: number;
  /** The module `sennit`. */
  readonly sennit: number;
  /** Metatables of failures of imports, of `sennit.err`, `sennit.bytes` and `sennit.map`. */
  readonly failure: number;
  readonly err: number;
  readonly bytes: number;
  readonly map: number;
}

/** The number of the host function `bar` of the prelude. */
export const BAR = 0;

/** What loading a text came to: the function is on the main thread's stack, or there is a message. */
export function loadText(machine: LuaMachine, text: Uint8Array, chunk: string): string | null {
  const { api, main } = machine;
  // The scratch area lends one thing at a time: names first, in memory of their own.
  const names = new TextEncoder().encode(`${chunk}\0t\0`);
  const at = api.malloc(names.length + text.length);
  if (at === 0) return NO_MEMORY;
  machine.bytes().set(names, at);
  machine.bytes().set(text, at + names.length);
  const status = api.luaL_loadbufferx(main, at + names.length, text.length, at, at + names.length - 2);
  api.free(at);
  if (status === STATUS_OK) return null;
  const message = machine.describeText(main);
  machine.pop(main, 1);
  return message;
}

/** @param seed 32 bytes */
export function runPrelude(machine: LuaMachine, seed: Uint8Array): Prelude {
  const { api, main } = machine;
  const token = machine.counter;
  const problem = loadText(machine, new TextEncoder().encode(PRELUDE), PRELUDE_CHUNK);
  if (problem !== null) throw broken(problem);
  const view = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
  api.lua_pushlightuserdata(main, token);
  api.lua_pushinteger(main, view.getBigInt64(0, true));
  api.lua_pushinteger(main, view.getBigInt64(8, true));
  machine.pushHostFunction(main, BAR);
  if (api.lua_pcallk(main, 4, 1, 0, 0, 0) !== STATUS_OK || api.lua_type(main, -1) !== TABLE) {
    throw broken(machine.describeText(main));
  }
  const keep = (name: string): number => {
    machine.push(main, machine.key(name));
    api.lua_rawget(main, -2);
    return machine.take(main);
  };
  const prelude = {
    token,
    import: keep("import"),
    handleClass: keep("handle_class"),
    modules: keep("modules"),
    chunks: keep("chunks"),
    sennit: keep("sennit"),
    failure: keep("failure"),
    err: keep("err"),
    bytes: keep("bytes"),
    map: keep("map"),
  };
  machine.pop(main, 1);
  return prelude;
}

/** Calls a function of the prelude that cannot fail but for lack of memory; its result is on top of the stack. */
export function callPrelude(machine: LuaMachine, thread: Pointer, fn: number, pushArguments: () => number): void {
  machine.push(thread, fn);
  const count = pushArguments();
  if (machine.api.lua_pcallk(thread, count, 1, 0, 0, 0) !== STATUS_OK) {
    throw broken(machine.describeText(thread));
  }
}

/** What fails in the prelude is our mistake, but for a lack of memory. */
function broken(problem: string): Error {
  return problem === NO_MEMORY ? new MachineLost(problem) : new Defect(`Lua's prelude failed: ${problem}`);
}

/** Sets a field of the table on top of the stack to the value that `push` pushes. */
export function setField(machine: LuaMachine, thread: Pointer, name: string, push: () => void): void {
  machine.push(thread, machine.key(name));
  push();
  machine.api.lua_rawset(thread, -3);
}
