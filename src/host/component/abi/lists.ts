/**
 * Lists and maps: a pointer and a count to a value and back.
 *
 *   E1  A list is in the guest's memory and paid for from the budget before anything of it is allocated.
 *   E2  A typed array and a map cost OVERHEAD beside what is in them (B3 of budget.ts), a list of fixed length as any other.
 *   E3  Lists of numbers are typed arrays, one copy each way. Of two equal keys of a map the last counts.
 *   E4  An Any is bytes that can be read as one.
 */
import { OVERHEAD } from "../../../wit/budget.ts";
import type { WitType } from "../../../wit/types.ts";
import type { TypedNumbers, Value } from "../../../wit/value.ts";
import { weightOf } from "../../../wit/weight.ts";
import { isAnyType, problemOfAny } from "../../any-type.ts";
import { fieldsLayout, layoutOf, offsetsOf, type Layout } from "./layout.ts";
import type { Context } from "./context.ts";
import { numberListOf, type NumberList } from "./numbers.ts";
import type { Load, Store } from "./scalars.ts";
import { MOST_BYTES, NotOfItsType, tooLarge } from "./trap.ts";

/** How the elements are compiled: given, since elements can be lists again. */
export type CompileLoad = (type: WitType, offset: number) => Load;
export type CompileStore = (type: WitType, offset: number) => Store;

/** Reads what lies at a pointer, so many times. */
export type LoadMany = (cx: Context, at: number, count: number) => Value;

/** Writes a list somewhere; gives the pointer, and the count in `cx.length`. */
export type StoreMany = (cx: Context, value: Value) => number;

type Listed = Extract<WitType, { kind: "list" | "map" }>;

export function compileLoadMany(type: Listed, compile: CompileLoad): LoadMany {
  if (type.kind === "map") return loadMap(type.key, type.value, compile);
  const numbers = numberListOf(type.element);
  if (numbers === undefined) return loadItems(type.element, compile);
  const load = loadNumbers(numbers, layoutOf(type.element));
  return isAnyType(type) ? loadAny(load) : load;
}

/** (E4) */
function loadAny(load: LoadMany): LoadMany {
  return (cx, at, count) => {
    const bytes = load(cx, at, count);
    const problem = problemOfAny(bytes);
    if (problem !== null) throw new NotOfItsType(problem);
    return bytes;
  };
}

function refuseBytes(cx: Context, at: number, bytes: number, align: number): void {
  cx.refuseOutside(at, bytes, align, "list");
  if (bytes > MOST_BYTES) throw tooLarge("A list", bytes);
}

function loadNumbers(numbers: NumberList, { size, align }: Layout): LoadMany {
  return (cx, at, count) => {
    const bytes = count * size;
    refuseBytes(cx, at, bytes, align);
    cx.budget.bytes(bytes + OVERHEAD.typedArray);
    return numbers.load(cx, at, count);
  };
}

function loadItems(element: WitType, compile: CompileLoad): LoadMany {
  const { size, align } = layoutOf(element);
  const load = compile(element, 0);
  const weight = weightOf(element);
  return (cx, at, count) => {
    refuseBytes(cx, at, count * size, align);
    cx.budget.nodes(count * weight);
    return itemsAt(cx, at, count, size, load);
  };
}

/** Of exactly the size needed: an array that is pushed to has room for 17, which millions of short lists would feel. */
function itemsAt(cx: Context, at: number, count: number, size: number, load: Load): Value[] {
  const items = Array<Value>(count);
  for (let index = 0; index < count; index++) items[index] = load(cx, at + index * size);
  return items;
}

function loadMap(keyType: WitType, valueType: WitType, compile: CompileLoad): LoadMany {
  const { entry, key, value } = entryOf(keyType, valueType);
  const loadKey = compile(keyType, key);
  const loadValue = compile(valueType, value);
  const weight = weightOf(keyType) + weightOf(valueType);
  return (cx, at, count) => {
    refuseBytes(cx, at, count * entry.size, entry.align);
    cx.budget.nodes(count * weight);
    cx.budget.bytes(OVERHEAD.map);
    const map = new Map<Value, Value>();
    for (let index = 0; index < count; index++) {
      const place = at + index * entry.size;
      map.set(loadKey(cx, place), loadValue(cx, place));
    }
    return map;
  };
}

/** An entry of a map lies as a tuple of key and value. */
function entryOf(keyType: WitType, valueType: WitType): { entry: Layout; key: number; value: number } {
  const types = [keyType, valueType];
  const [key = 0, value = 0] = offsetsOf(types);
  return { entry: fieldsLayout(types), key, value };
}

export function compileStoreMany(type: Listed, compile: CompileStore): StoreMany {
  if (type.kind === "map") return storeMap(type.key, type.value, compile);
  const numbers = numberListOf(type.element);
  return numbers === undefined ? storeItems(type.element, compile) : storeNumbers(numbers, layoutOf(type.element));
}

function allocateMany(cx: Context, count: number, { size, align }: Layout): number {
  const bytes = count * size;
  if (bytes > MOST_BYTES) throw tooLarge("A list", bytes);
  return cx.allocate(bytes, align, "list");
}

function storeNumbers(numbers: NumberList, layout: Layout): StoreMany {
  return (cx, value) => {
    const list = value as TypedNumbers | readonly Value[];
    const at = allocateMany(cx, list.length, layout);
    numbers.store(cx, at, list);
    cx.length = list.length;
    return at;
  };
}

function storeItems(element: WitType, compile: CompileStore): StoreMany {
  const layout = layoutOf(element);
  const { size } = layout;
  const store = compile(element, 0);
  return (cx, value) => {
    const list = value as readonly Value[];
    const { length } = list;
    const at = allocateMany(cx, length, layout);
    for (let index = 0; index < length; index++) store(cx, at + index * size, list[index] as Value);
    cx.length = length;
    return at;
  };
}

function storeMap(keyType: WitType, valueType: WitType, compile: CompileStore): StoreMany {
  const { entry, key, value } = entryOf(keyType, valueType);
  const storeKey = compile(keyType, key);
  const storeValue = compile(valueType, value);
  return (cx, given) => {
    const map = given as ReadonlyMap<Value, Value>;
    const start = allocateMany(cx, map.size, entry);
    let at = start;
    for (const [k, v] of map) {
      storeKey(cx, at, k);
      storeValue(cx, at, v);
      at += entry.size;
    }
    cx.length = map.size;
    return start;
  };
}

/** Lists of fixed length lie where they are, without a pointer: their bytes are bounded by the type. */
export function loadFixed(element: WitType, length: number, offset: number, compile: CompileLoad): Load {
  const numbers = numberListOf(element);
  const { size } = layoutOf(element);
  if (numbers !== undefined) {
    return (cx, at) => {
      cx.budget.bytes(length * size + OVERHEAD.typedArray);
      return numbers.load(cx, at + offset, length);
    };
  }
  const load = compile(element, offset);
  return (cx, at) => itemsAt(cx, at, length, size, load);
}

export function storeFixed(element: WitType, length: number, offset: number, compile: CompileStore): Store {
  const numbers = numberListOf(element);
  if (numbers !== undefined) {
    return (cx, at, value) => numbers.store(cx, at + offset, value as TypedNumbers | readonly Value[]);
  }
  const { size } = layoutOf(element);
  const store = compile(element, offset);
  return (cx, at, value) => {
    const list = value as readonly Value[];
    for (let index = 0; index < length; index++) store(cx, at + index * size, list[index] as Value);
  };
}
