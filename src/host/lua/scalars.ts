/** Codecs of single values: booleans, numbers, text, enums. */
import { isInRange, type IntegerKind, rangeOf } from "../../wit/numbers.ts";
import { integer, type Value } from "../../wit/value.ts";
import { BOOLEAN, NUMBER, type Pointer, STRING, typeName } from "./api.ts";
import type { Codec, CodecContext } from "./codec.ts";
import type { LuaMachine } from "./machine.ts";
import { Misfit } from "./misfit.ts";
import { luaName } from "./names.ts";

export function mismatch(machine: LuaMachine, thread: Pointer, want: string): Misfit {
  return new Misfit("type-mismatch", `${typeName(machine.api.lua_type(thread, -1))} is not ${want}`);
}

export function boolCodec({ machine }: CodecContext): Codec {
  const { api } = machine;
  return {
    slots: 1,
    push: (thread, value) => api.lua_pushboolean(thread, value === true ? 1 : 0),
    read: (thread) => {
      if (api.lua_type(thread, -1) !== BOOLEAN) throw mismatch(machine, thread, "a boolean");
      return api.lua_toboolean(thread, -1) !== 0;
    },
  };
}

export function integerCodec({ machine }: CodecContext, kind: IntegerKind): Codec {
  const { api } = machine;
  const min = Number(rangeOf(kind).min);
  const max = Number(rangeOf(kind).max);
  return {
    slots: 1,
    // The low 64 bits cross, which for a u64 of 2^63 and above are a negative Lua integer.
    push: (thread, value) => api.lua_pushinteger(thread, BigInt(value as number | bigint)),
    read: (thread) => {
      if (api.lua_type(thread, -1) !== NUMBER) throw mismatch(machine, thread, `an integer (${kind})`);
      const number = api.lua_tonumberx(thread, -1, 0);
      if (number >= min && number <= max && Number.isSafeInteger(number)) return number === 0 ? 0 : number;
      return readRareInteger(machine, thread, kind, number);
    },
  };
}

/** Integers beyond 2^53, those out of range, and floats. */
function readRareInteger({ api }: LuaMachine, thread: Pointer, kind: IntegerKind, number: number): Value {
  if (api.lua_isinteger(thread, -1) === 0) {
    if (Number.isInteger(number)) throw outOfRange(kind, String(number));
    throw new Misfit("type-mismatch", `${number} is not an integer (${kind})`);
  }
  const signed = api.lua_tointegerx(thread, -1, 0);
  const value = kind === "u64" ? BigInt.asUintN(64, signed) : signed;
  if (!isInRange(kind, value)) throw outOfRange(kind, String(signed));
  return integer(value);
}

function outOfRange(kind: IntegerKind, value: string): Misfit {
  const { min, max } = rangeOf(kind);
  return new Misfit("out-of-range", `${value} is not of type ${kind} (${min} to ${max})`);
}

export function floatCodec({ machine }: CodecContext, kind: "f32" | "f64"): Codec {
  const { api } = machine;
  return {
    slots: 1,
    push: (thread, value) => api.lua_pushnumber(thread, value as number),
    read: (thread) => {
      if (api.lua_type(thread, -1) !== NUMBER) throw mismatch(machine, thread, `a number (${kind})`);
      const number = api.lua_tonumberx(thread, -1, 0);
      if (!Number.isSafeInteger(number)) refuseInexact(machine, thread, number);
      return kind === "f32" ? Math.fround(number) : number;
    },
  };
}

/** A Lua integer beyond 2^53 that is no float. */
function refuseInexact({ api }: LuaMachine, thread: Pointer, number: number): void {
  if (api.lua_isinteger(thread, -1) === 0) return;
  const exact = api.lua_tointegerx(thread, -1, 0);
  if (BigInt(number) !== exact) throw new Misfit("out-of-range", `the integer ${exact} is not exactly a float`);
}

export function stringCodec({ machine, budget }: CodecContext): Codec {
  return {
    slots: 1,
    push: (thread, value) => machine.pushText(thread, value as string),
    read: (thread) => {
      if (machine.api.lua_type(thread, -1) !== STRING) throw mismatch(machine, thread, "a string");
      budget.spendBytes(machine.length(thread));
      const text = machine.readText(thread);
      if (text === undefined) throw new Misfit("type-mismatch", "a string that is not UTF-8 is not a string of WIT");
      return text;
    },
  };
}

const LONGEST_CHAR = 4;

export function charCodec({ machine }: CodecContext): Codec {
  return {
    slots: 1,
    push: (thread, value) => machine.pushText(thread, value as string),
    read: (thread) => {
      const isText = machine.api.lua_type(thread, -1) === STRING;
      if (!isText) throw mismatch(machine, thread, "a character");
      const text = machine.length(thread) <= LONGEST_CHAR ? machine.readText(thread) : undefined;
      if (text === undefined || [...text].length !== 1) {
        throw new Misfit("type-mismatch", "the string is not one character in UTF-8");
      }
      return text;
    },
  };
}

export function enumCodec({ machine }: CodecContext, cases: readonly string[]): Codec {
  const names = caseNames(machine, cases);
  return {
    slots: 1,
    push: (thread, value) => machine.push(thread, names.keys[value as number] as bigint),
    read: (thread) => names.read(thread, "case"),
  };
}

/** The cases of an enum or variant: their names on Lua's side, and which one a string names. */
export function caseNames(
  machine: LuaMachine,
  cases: readonly string[],
): { readonly keys: readonly bigint[]; readonly read: (thread: Pointer, what: string) => number } {
  const names = cases.map(luaName);
  const indices = new Map(names.map((name, index) => [name, index]));
  const longest = Math.max(...names.map((name) => name.length));
  return {
    keys: names.map((name) => machine.key(name)),
    read: (thread, what) => {
      if (machine.api.lua_type(thread, -1) !== STRING) throw mismatch(machine, thread, `the name of a ${what}`);
      const text = machine.length(thread) <= longest ? machine.readText(thread) : undefined;
      const index = text === undefined ? undefined : indices.get(text);
      if (index === undefined)
        throw new Misfit("type-mismatch", `${quoted(machine, thread)} is no ${what}: ${listed(names)}`);
      return index;
    },
  };
}

/** A string of the guest's on top of the stack, fit for a message. */
export function quoted(machine: LuaMachine, thread: Pointer): string {
  const bytes = machine.viewBytes(thread);
  return JSON.stringify(new TextDecoder().decode(bytes.subarray(0, 40))) + (bytes.length > 40 ? "…" : "");
}

export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `"${name}"`);
  return `one of ${shown.join(", ")}${names.length > 8 ? ", …" : ""}`;
}
