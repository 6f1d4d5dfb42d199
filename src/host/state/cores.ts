/**
 * The state of a plugin's core instances: their memories and their variables, in the order in which they were instantiated.
 *
 *   C1  What one instance imports of another is saved where it is defined, once.
 *   C2  A variable that is not a number cannot be read bit by bit: nothing is saved then.
 *   C3  Cores are given back what their own code left; whether that is sound nobody asks, for nothing outside of the sandbox
 *       depends on it.
 */
import { GLOBALS, MEMORIES } from "../meter/exposed.ts";
import type { StateReader, StateWriter } from "./bytes.ts";
import { readMemory, writeMemory } from "./memory.ts";

/** False when something cannot be told (C2); what was written is of no use then. `cores` are compiled from `exposed` modules. */
export function writeCores(cores: readonly WebAssembly.Exports[], to: StateWriter): boolean {
  to.u32(cores.length);
  for (const core of cores) {
    const { memories, globals } = ownOf(core);
    to.u32(memories.length);
    for (const memory of memories) writeMemory(memory, to);
    to.u32(globals.length);
    for (const global of globals) if (!writeGlobal(global.value, to)) return false;
  }
  return true;
}

/** Takes the place of all state of these cores, whose start functions have not run. @throws {Fault} `state-invalid` */
export function readCores(cores: readonly WebAssembly.Exports[], from: StateReader): void {
  same(from, cores.length, "core instances");
  for (const core of cores) {
    const { memories, globals } = ownOf(core);
    same(from, memories.length, "memories");
    for (const memory of memories) readMemory(memory, from);
    same(from, globals.length, "variables");
    for (const global of globals) global.value = typeof global.value === "bigint" ? from.i64() : from.f64();
  }
}

function same(from: StateReader, expected: number, what: string): void {
  const count = from.u32();
  if (count !== expected) from.refuse(`it has ${count} ${what} in the place of ${expected}`);
}

/** Numbers of every width are doubles to JavaScript, exactly. */
function writeGlobal(value: unknown, to: StateWriter): boolean {
  if (typeof value === "bigint") to.i64(value);
  else if (typeof value === "number") to.f64(value);
  return typeof value === "bigint" || (typeof value === "number" && !Number.isNaN(value));
}

interface Own {
  readonly memories: readonly WebAssembly.Memory[];
  readonly globals: readonly WebAssembly.Global[];
}

/** In the order in which the module exports them, which is that of their numbers. */
function ownOf(exports: WebAssembly.Exports): Own {
  const items = Object.entries(exports);
  return {
    memories: items.flatMap(([name, item]) =>
      name.startsWith(MEMORIES) && item instanceof WebAssembly.Memory ? [item] : [],
    ),
    globals: items.flatMap(([name, item]) =>
      name.startsWith(GLOBALS) && item instanceof WebAssembly.Global ? [item] : [],
    ),
  };
}
