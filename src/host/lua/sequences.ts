/** Codecs of lists, tuples and maps: Lua tables with the keys 1 to n. */
import { isIntegerKind, type NumberKind } from "../../wit/numbers.ts";
import type { WitType } from "../../wit/types.ts";
import type { TypedNumbers, Value } from "../../wit/value.ts";
import { NIL, type Pointer, STRING, TABLE } from "./api.ts";
import type { Codec, CodecContext, CodecOf } from "./codec.ts";
import type { LuaMachine } from "./machine.ts";
import { Misfit, within } from "./misfit.ts";
import { mismatch } from "./scalars.ts";

type ListType = Extract<WitType, { kind: "list" }>;

/** Table keys as bigints, which the C API wants: made once, since making one costs more than passing it. */
const KEYS: readonly bigint[] = Array.from({ length: 4097 }, (_, index) => BigInt(index));

function keyAt(index: number): bigint {
  return KEYS[index] ?? BigInt(index);
}

export function listCodec(context: CodecContext, type: ListType, of: CodecOf): Codec {
  const { element } = type;
  if (element.kind === "u8") return bytesCodec(context, type);
  const codec = of(element, "boxed");
  const read = isNumeric(element.kind)
    ? numbersReader(context, type, element.kind, codec)
    : itemsReader(context, type, codec);
  return { slots: 3 + codec.slots, push: elementsPusher(context.machine, codec), read };
}

function bytesCodec({ machine, budget }: CodecContext, type: ListType): Codec {
  return {
    slots: 1,
    push: (thread, value) => machine.pushBytes(thread, value as Uint8Array),
    read: (thread) => {
      if (machine.api.lua_type(thread, -1) !== STRING) throw mismatch(machine, thread, "a string of bytes");
      const length = machine.length(thread);
      refuseLength(type, length);
      budget.spendBytes(length);
      return machine.viewBytes(thread).slice();
    },
  };
}

function elementsPusher({ api }: LuaMachine, codec: Codec): Codec["push"] {
  return (thread, value) => {
    const list = value as ArrayLike<Value>;
    const { length } = list;
    api.lua_createtable(thread, length, 0);
    for (let index = 0; index < length; index++) {
      codec.push(thread, list[index] as Value);
      api.lua_rawseti(thread, -2, keyAt(index + 1));
    }
  };
}

function itemsReader({ machine, budget }: CodecContext, type: ListType, codec: Codec): Codec["read"] {
  return (thread) => {
    const length = listLength(machine, thread, type);
    budget.spend(length);
    const items: Value[] = [];
    readEach(machine, thread, length, () => items.push(codec.read(thread)));
    return items;
  };
}

/** A list of numbers becomes the typed array of its kind. */
function numbersReader(
  { machine, budget }: CodecContext,
  type: ListType,
  kind: NumberKind,
  codec: Codec,
): Codec["read"] {
  return (thread) => {
    const length = listLength(machine, thread, type);
    budget.spend(length);
    const numbers = typedArray(kind, length);
    if (numbers instanceof BigInt64Array || numbers instanceof BigUint64Array) {
      readEach(machine, thread, length, (index) => {
        numbers[index] = BigInt(codec.read(thread) as number | bigint);
      });
    } else {
      readEach(machine, thread, length, (index) => {
        numbers[index] = codec.read(thread) as number;
      });
    }
    return numbers;
  };
}

function readEach({ api }: LuaMachine, thread: Pointer, length: number, read: (index: number) => void): void {
  let index = 0;
  try {
    for (; index < length; index++) {
      api.lua_rawgeti(thread, -1, keyAt(index + 1));
      read(index);
      api.lua_settop(thread, -2);
    }
  } catch (error) {
    throw within(error, `[${index + 1}]`);
  }
}

/** The length of the table on top of the stack. A table with fields and no elements is taken for a mistake, not for an empty list. */
function listLength(machine: LuaMachine, thread: Pointer, type: ListType): number {
  const { api } = machine;
  if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "a list");
  const length = machine.length(thread);
  refuseLength(type, length);
  if (length === 0) refuseFields(machine, thread);
  return length;
}

function refuseLength({ length: want }: ListType, length: number): void {
  if (want !== undefined && length !== want) {
    throw new Misfit("type-mismatch", `a list of ${length} is not a list of ${want}`);
  }
}

function refuseFields(machine: LuaMachine, thread: Pointer): void {
  machine.api.lua_pushnil(thread);
  if (machine.api.lua_next(thread, -2) === 0) return;
  machine.pop(thread, 2);
  throw new Misfit("type-mismatch", "a table with fields is not a list");
}

export function tupleCodec({ machine, budget }: CodecContext, types: readonly WitType[], of: CodecOf): Codec {
  const { api } = machine;
  const items = types.map((type) => of(type, "plain"));
  return {
    slots: 3 + deepest(items),
    push: (thread, value) => {
      const values = value as readonly Value[];
      api.lua_createtable(thread, items.length, 0);
      items.forEach((item, index) => {
        item.push(thread, values[index] as Value);
        api.lua_rawseti(thread, -2, keyAt(index + 1));
      });
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, `a table of ${items.length}`);
      refuseMore(machine, thread, items.length);
      budget.spend(items.length);
      const values: Value[] = [];
      readEach(machine, thread, items.length, (index) => values.push((items[index] as Codec).read(thread)));
      return values;
    },
  };
}

function refuseMore({ api }: LuaMachine, thread: Pointer, most: number): void {
  const type = api.lua_rawgeti(thread, -1, keyAt(most + 1));
  api.lua_settop(thread, -2);
  if (type !== NIL) throw new Misfit("type-mismatch", `a table of more than ${most} is not a tuple of ${most}`);
}

/** A map is a list of its entries, since a Lua table has no order. */
export function mapCodec(context: CodecContext, type: Extract<WitType, { kind: "map" }>, of: CodecOf): Codec {
  const entry: WitType = { kind: "tuple", items: [type.key, type.value] };
  const entries = listCodec(context, { kind: "list", element: entry }, of);
  return {
    slots: entries.slots,
    push: (thread, value) => entries.push(thread, [...(value as ReadonlyMap<Value, Value>)]),
    read: (thread) => {
      const pairs = entries.read(thread) as [Value, Value][];
      const map = new Map(pairs);
      if (map.size < pairs.length) throw new Misfit("type-mismatch", "a key is in the map twice");
      return map;
    },
  };
}

export function deepest(codecs: readonly (Codec | null)[]): number {
  return Math.max(0, ...codecs.map((codec) => codec?.slots ?? 0));
}

function isNumeric(kind: WitType["kind"]): kind is NumberKind {
  return isIntegerKind(kind) || kind === "f32" || kind === "f64";
}

function typedArray(kind: NumberKind, length: number): TypedNumbers {
  switch (kind) {
    case "s8":
      return new Int8Array(length);
    case "u8":
      return new Uint8Array(length);
    case "s16":
      return new Int16Array(length);
    case "u16":
      return new Uint16Array(length);
    case "s32":
      return new Int32Array(length);
    case "u32":
      return new Uint32Array(length);
    case "s64":
      return new BigInt64Array(length);
    case "u64":
      return new BigUint64Array(length);
    case "f32":
      return new Float32Array(length);
    case "f64":
      return new Float64Array(length);
  }
}
