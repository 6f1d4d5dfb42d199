/**
 * Untyped data in Lua: `sennit:host/values.value`, and what a callback takes and gives.
 *
 * Integers stay integers and floats floats. Text is a string; bytes are an object made by `sennit.bytes`. A list is a table with the
 * keys 1 to n; a map is a table with string keys, sorted when it leaves, and one that came from the host is marked
 * as a map, so that an empty one stays one. Null is nil, and `sennit.null` inside a table.
 */
import { OVERHEAD } from "../../wit/budget.ts";
import { AnyFloat, type AnyValue } from "../../wit/any.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import { WitError } from "../../wit/error.ts";
import { integer } from "../../wit/value.ts";
import { BOOLEAN, LIGHT_USERDATA, NIL, NUMBER, type Pointer, STRING, TABLE } from "./api.ts";
import { type Codec, type CodecContext, type Position } from "./codec.ts";
import { Misfit, within } from "./misfit.ts";
import { mismatch } from "./scalars.ts";

const MOST_DEPTH = 100;
/** Stack slots that the deepest value needs. */
export const ANY_SLOTS: number = 4 * MOST_DEPTH + 8;
const LARGEST = 2n ** 63n - 1n;

export function anyCodec(context: CodecContext, position: Position): Codec {
  return {
    slots: ANY_SLOTS,
    push: (thread, value) => pushAny(context, thread, decodedAny(value as Uint8Array), position === "boxed"),
    read: (thread) => encodeAny(readAny(context, thread, MOST_DEPTH)),
  };
}

/** @throws {Misfit} `type-mismatch` for bytes that are no Any, or nested deeper than Lua takes */
export function decodedAny(bytes: Uint8Array): AnyValue {
  try {
    return decodeAny(bytes, { depth: MOST_DEPTH });
  } catch (error) {
    if (!(error instanceof WitError)) throw error;
    throw new Misfit("type-mismatch", `the untyped value cannot be read: ${error.message}`);
  }
}

export function pushAny(context: CodecContext, thread: Pointer, value: AnyValue, inside: boolean): void {
  const { machine } = context;
  const { api } = machine;
  if (value === null) {
    if (inside) api.lua_pushlightuserdata(thread, 0);
    else api.lua_pushnil(thread);
  } else if (typeof value === "boolean") api.lua_pushboolean(thread, value ? 1 : 0);
  else if (typeof value === "string") machine.pushText(thread, value);
  else if (value instanceof AnyFloat) api.lua_pushnumber(thread, value.value);
  else if (typeof value === "number" || typeof value === "bigint") pushInteger(context, thread, BigInt(value));
  else if (value instanceof Uint8Array) pushMarkedBytes(context, thread, value);
  else if (value instanceof Map) pushMap(context, thread, value as ReadonlyMap<string, AnyValue>);
  else pushList(context, thread, value as readonly AnyValue[]);
}

function pushInteger({ machine }: CodecContext, thread: Pointer, value: bigint): void {
  if (value > LARGEST || value < -LARGEST - 1n) {
    throw new Misfit("out-of-range", `the integer ${value} does not fit in the 64 bits that Lua has`);
  }
  machine.api.lua_pushinteger(thread, value);
}

function pushList(context: CodecContext, thread: Pointer, items: readonly AnyValue[]): void {
  context.machine.api.lua_createtable(thread, items.length, 0);
  items.forEach((item, index) => {
    pushAny(context, thread, item, true);
    context.machine.shim.setElement(thread, index + 1);
  });
}

function pushMap(context: CodecContext, thread: Pointer, map: ReadonlyMap<string, AnyValue>): void {
  const { machine, marks } = context;
  machine.api.lua_createtable(thread, 0, map.size);
  for (const [key, value] of map) {
    machine.pushText(thread, key);
    pushAny(context, thread, value, true);
    machine.api.lua_rawset(thread, -3);
  }
  machine.push(thread, marks.map);
  machine.api.lua_setmetatable(thread, -2);
}

function pushMarkedBytes({ machine, marks }: CodecContext, thread: Pointer, bytes: Uint8Array): void {
  machine.api.lua_createtable(thread, 0, 1);
  machine.push(thread, machine.key("bytes"));
  machine.pushBytes(thread, bytes);
  machine.api.lua_rawset(thread, -3);
  machine.push(thread, marks.bytes);
  machine.api.lua_setmetatable(thread, -2);
}

/** Reads the value on top of the stack; `depth` bounds a table that contains itself. */
export function readAny(context: CodecContext, thread: Pointer, depth: number = MOST_DEPTH): AnyValue {
  const { machine } = context;
  const { api } = machine;
  const type = api.lua_type(thread, -1);
  switch (type) {
    case NIL:
      return null;
    case BOOLEAN:
      return api.lua_toboolean(thread, -1) !== 0;
    case NUMBER:
      if (api.lua_isinteger(thread, -1) === 0) return new AnyFloat(api.lua_tonumberx(thread, -1, 0));
      return integer(api.lua_tointegerx(thread, -1, 0));
    case STRING:
      return readText(context, thread);
    case TABLE:
      if (depth === 0) throw new Misfit("type-mismatch", "tables are nested too deeply, or contain themselves");
      return readTable(context, thread, depth - 1);
    default:
      if (type === LIGHT_USERDATA && api.lua_touserdata(thread, -1) === 0) return null;
      throw mismatch(machine, thread, "untyped data");
  }
}

function readText({ machine, budget }: CodecContext, thread: Pointer): string {
  const at = machine.string(thread);
  const length = machine.stringLength;
  budget.bytes(length);
  const text = machine.textAt(at, length);
  if (text === undefined) throw new Misfit("type-mismatch", "a string that is not UTF-8: wrap bytes in sennit.bytes");
  return text;
}

function readTable(context: CodecContext, thread: Pointer, depth: number): AnyValue {
  if (hasMark(context, thread, context.marks.bytes)) return readMarkedBytes(context, thread);
  if (hasMark(context, thread, context.marks.map)) return readMap(context, thread, depth);
  const length = context.machine.length(thread);
  if (length > 0) return readList(context, thread, length, depth);
  const map = readMap(context, thread, depth);
  return map.size === 0 ? [] : map;
}

function hasMark({ machine }: CodecContext, thread: Pointer, mark: number): boolean {
  if (machine.api.lua_getmetatable(thread, -1) === 0) return false;
  machine.push(thread, mark);
  const same = machine.api.lua_rawequal(thread, -1, -2) !== 0;
  machine.pop(thread, 2);
  return same;
}

function readMarkedBytes({ machine, budget }: CodecContext, thread: Pointer): Uint8Array {
  machine.push(thread, machine.key("bytes"));
  machine.api.lua_rawget(thread, -2);
  const at = machine.string(thread);
  if (at === 0) throw mismatch(machine, thread, "a string of bytes");
  const length = machine.stringLength;
  budget.bytes(length + OVERHEAD.typedArray);
  const bytes = machine.bytes().slice(at, at + length);
  machine.pop(thread, 1);
  return bytes;
}

function readList(context: CodecContext, thread: Pointer, length: number, depth: number): AnyValue[] {
  const { machine, budget } = context;
  budget.nodes(length);
  const items: AnyValue[] = [];
  for (let index = 1; index <= length; index++) {
    machine.shim.element(thread, index);
    items.push(readItem(context, thread, depth, `[${index}]`));
    machine.pop(thread, 1);
  }
  return items;
}

function readMap(context: CodecContext, thread: Pointer, depth: number): Map<string, AnyValue> {
  const { machine } = context;
  const entries: [string, AnyValue][] = [];
  context.budget.bytes(OVERHEAD.map);
  machine.api.lua_pushnil(thread);
  while (machine.api.lua_next(thread, -2) !== 0) {
    context.budget.nodes(1);
    const value = readItem(context, thread, depth, "");
    machine.pop(thread, 1);
    if (machine.api.lua_type(thread, -1) !== STRING) throw mismatch(machine, thread, "the key of a map");
    entries.push([readText(context, thread), value]);
  }
  return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function readItem(context: CodecContext, thread: Pointer, depth: number, step: string): AnyValue {
  try {
    return readAny(context, thread, depth);
  } catch (error) {
    throw within(error, step);
  }
}
