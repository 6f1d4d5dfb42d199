/** Codecs of single values: booleans, numbers, text, enums. */
import { isInRange, type IntegerKind, rangeOf } from "../../wit/numbers.ts";
import { integer, type Value } from "../../wit/value.ts";
import { BOOLEAN, NUMBER, type Pointer, typeName } from "./api.ts";
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
  const { api, shim } = machine;
  const min = Number(rangeOf(kind).min);
  const max = Number(rangeOf(kind).max);
  return {
    slots: 1,
    push: (thread, value) => {
      if (typeof value === "number") shim.pushSafeInteger(thread, value);
      // The low 64 bits cross, which for a u64 of 2^63 and above are a negative Lua integer.
      else api.lua_pushinteger(thread, value as bigint);
    },
    read: (thread) => {
      const number = shim.number(thread);
      if (number >= min && number <= max && Number.isSafeInteger(number)) return number + 0; // -0 is the integer 0
      if (api.lua_type(thread, -1) !== NUMBER) throw mismatch(machine, thread, `an integer (${kind})`);
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
      const number = machine.shim.number(thread);
      if (!(Math.abs(number) < EXACT)) refuseInexact(machine, thread, number, kind);
      return kind === "f32" ? Math.fround(number) : number;
    },
  };
}

const EXACT = 2 ** 53;

/** What is no number, or a Lua integer beyond 2^53 that is no float. */
function refuseInexact(machine: LuaMachine, thread: Pointer, number: number, kind: string): void {
  const { api } = machine;
  if (api.lua_type(thread, -1) !== NUMBER) throw mismatch(machine, thread, `a number (${kind})`);
  if (api.lua_isinteger(thread, -1) === 0) return;
  const exact = api.lua_tointegerx(thread, -1, 0);
  if (BigInt(number) !== exact) throw new Misfit("out-of-range", `the integer ${exact} is not exactly a float`);
}

export function stringCodec({ machine, budget }: CodecContext): Codec {
  return {
    slots: 1,
    push: (thread, value) => machine.pushText(thread, value as string),
    read: (thread) => {
      const at = machine.string(thread);
      if (at === 0) throw mismatch(machine, thread, "a string");
      const length = machine.stringLength;
      budget.bytes(length);
      const text = machine.textAt(at, length);
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
      const at = machine.string(thread);
      if (at === 0) throw mismatch(machine, thread, "a character");
      const text = shortText(machine, at, LONGEST_CHAR);
      if (text === undefined || [...text].length !== 1) {
        throw new Misfit("type-mismatch", "the string is not one character in UTF-8");
      }
      return text;
    },
  };
}

/** The text that `string` found last, if it has at most so many bytes. */
export function shortText(machine: LuaMachine, at: Pointer, most: number): string | undefined {
  const length = machine.stringLength;
  return length <= most ? machine.textAt(at, length) : undefined;
}

export function enumCodec({ machine }: CodecContext, cases: readonly string[]): Codec {
  const names = caseNames(machine, cases);
  return {
    slots: 1,
    push: (thread, value) => machine.push(thread, names.keys[value as number] as number),
    read: (thread) => names.read(thread, "case"),
  };
}

/** The cases of an enum or variant: their names on Lua's side, and which one a string names. */
export function caseNames(
  machine: LuaMachine,
  cases: readonly string[],
): { readonly keys: readonly number[]; readonly read: (thread: Pointer, what: string) => number } {
  const names = cases.map(luaName);
  const indices = new Map(names.map((name, index) => [name, index]));
  const longest = Math.max(...names.map((name) => name.length));
  return {
    keys: names.map((name) => machine.key(name)),
    read: (thread, what) => {
      const at = machine.string(thread);
      if (at === 0) throw mismatch(machine, thread, `the name of a ${what}`);
      const text = shortText(machine, at, longest);
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
