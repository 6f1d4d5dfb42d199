/** Codecs of lists, tuples and maps: Lua tables with the keys 1 to n. */
import { OVERHEAD } from "../../wit/budget.ts";
import { isIntegerKind, type NumberKind } from "../../wit/numbers.ts";
import type { WitType } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import { weightOf } from "../../wit/weight.ts";
import { NIL, type Pointer, TABLE } from "./api.ts";
import { type Codec, type CodecContext, type CodecOf } from "./codec.ts";
import { listLength, refuseLength } from "./lengths.ts";
import type { LuaMachine } from "./machine.ts";
import { Misfit, within } from "./misfit.ts";
import { numbersCodec } from "./number-lists.ts";
import { mismatch } from "./scalars.ts";

type ListType = Extract<WitType, { kind: "list" }>;

export function listCodec(context: CodecContext, type: ListType, of: CodecOf): Codec {
  const { element } = type;
  if (element.kind === "u8") return bytesCodec(context, type);
  const codec = of(element, "boxed");
  return isNumeric(element.kind)
    ? numbersCodec(context, type, element.kind, codec)
    : itemsCodec(context, type, codec, weightOf(element));
}

function bytesCodec({ machine, budget }: CodecContext, type: ListType): Codec {
  return {
    slots: 1,
    push: (thread, value) => machine.pushBytes(thread, value as Uint8Array),
    read: (thread) => {
      const at = machine.string(thread);
      if (at === 0) throw mismatch(machine, thread, "a string of bytes");
      const length = machine.stringLength;
      refuseLength(type, length);
      budget.bytes(length + OVERHEAD.typedArray);
      return machine.bytes().slice(at, at + length);
    },
  };
}

/** @param nodes of one element */
function itemsCodec({ machine, budget }: CodecContext, type: ListType, codec: Codec, nodes: number): Codec {
  const { api, shim } = machine;
  return {
    slots: 3 + codec.slots,
    push: (thread, value) => {
      const list = value as readonly Value[];
      const { length } = list;
      api.lua_createtable(thread, length, 0);
      for (let index = 0; index < length; index++) {
        codec.push(thread, list[index] as Value);
        shim.setElement(thread, index + 1);
      }
    },
    read: (thread) => {
      const length = listLength(machine, thread, type);
      budget.nodes(length * nodes);
      const items: Value[] = [];
      readEach(machine, thread, length, () => items.push(codec.read(thread)));
      return items;
    },
  };
}

function readEach(machine: LuaMachine, thread: Pointer, length: number, read: (index: number) => void): void {
  let index = 0;
  try {
    for (; index < length; index++) {
      machine.shim.element(thread, index + 1);
      read(index);
      machine.pop(thread, 1);
    }
  } catch (error) {
    throw within(error, `[${index + 1}]`);
  }
}

export function tupleCodec({ machine }: CodecContext, types: readonly WitType[], of: CodecOf): Codec {
  const { api } = machine;
  const items = types.map((type) => of(type, "plain"));
  return {
    slots: 3 + deepest(items),
    push: (thread, value) => {
      const values = value as readonly Value[];
      api.lua_createtable(thread, items.length, 0);
      items.forEach((item, index) => {
        item.push(thread, values[index] as Value);
        machine.shim.setElement(thread, index + 1);
      });
    },
    read: (thread) => {
      if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, `a table of ${items.length}`);
      refuseMore(machine, thread, items.length);
      const values: Value[] = [];
      readEach(machine, thread, items.length, (index) => values.push((items[index] as Codec).read(thread)));
      return values;
    },
  };
}

function refuseMore(machine: LuaMachine, thread: Pointer, most: number): void {
  const type = machine.shim.element(thread, most + 1);
  machine.pop(thread, 1);
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
      context.budget.bytes(OVERHEAD.map);
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
