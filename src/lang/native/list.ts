/** Natives over lists. Lists may be typed arrays (src/wit/value.ts): `elements` gives one form. */
import { Fault } from "../../fault.ts";
import { Some } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { compare, equal } from "../data/any-compare.ts";
import { elementAt, elements } from "../data/any-data.ts";
import { addInt, small } from "../data/maths-int.ts";
import type { Int } from "../data/maths-int.ts";
import { printForm } from "../data/print.ts";
import type { Native } from "./type.ts";
import { isNullable } from "../types.ts";

/** Longer lists than this are a mistake, and would take the memory of everybody. */
const MAX_RANGE = 2 ** 24;

function range(from: Int, to: Int): Value {
  const count = to > from ? Number(BigInt(to) - BigInt(from)) : 0;
  if (count > MAX_RANGE) throw new Fault("out-of-range", `\`range\` of ${count} Ints: at most ${MAX_RANGE}`);
  const list: Value[] = [];
  let next = from;
  for (let i = 0; i < count; i++) {
    list.push(next);
    next = addInt(next, 1);
  }
  return list;
}

/** Positions from Ints that may count from the end, clipped to the ends. */
export function clipped(length: number, from: Value, to: Value | undefined): readonly [number, number] {
  const position = (at: Value | undefined): number => {
    if (at === undefined || at === null) return length;
    const n = small(at as Int);
    return n < 0 ? Math.max(0, n + length) : Math.min(n, length);
  };
  return [position(from), position(to)];
}

function slice(list: Value, from: Value, to: Value | undefined): Value {
  const whole = list as Uint8Array | readonly Value[];
  const [start, end] = clipped(whole.length, from, to);
  return whole.slice(start, end);
}

/** The first of those that no other comes before; NaN only when there is nothing else before it. */
function extreme(list: readonly Value[], better: (x: Value, y: Value) => boolean, name: string): Value {
  if (list.length === 0) throw new Fault("out-of-range", `\`${name}\` of an empty list`);
  return list.reduce((best, item) => (better(item, best) ? item : best));
}

/** As IEEE's minimum: nan if one of them is, and −0 below 0. */
export function minFloat(x: number, y: number): number {
  if (x < y) return x;
  if (y < x) return y;
  if (x === y) return Object.is(x, -0) ? x : y;
  return NaN;
}

export function maxFloat(x: number, y: number): number {
  return -minFloat(-x, -y);
}

function sumFloats(list: Value): number {
  let sum = 0;
  for (const item of elements(list)) sum += item as number;
  return sum;
}

function first(list: Value, name: string): readonly Value[] {
  const items = elements(list);
  if (items.length === 0) throw new Fault("out-of-range", `\`${name}\` of an empty list`);
  return items;
}

export const lists: Readonly<Record<string, Native>> = {
  "len/0": ([list]) => (list as Value[]).length,
  "len/2": ([bytes]) => (bytes as Uint8Array).length,
  "range/0": ([n]) => range(0, n as Int),
  "range/1": ([from, to]) => range(from as Int, to as Int),
  "push/0": ([list, item]) => [...elements(list!), item!],
  "zip/0": ([xs, ys]) => {
    const length = Math.min((xs as Value[]).length, (ys as Value[]).length);
    return Array.from({ length }, (_, i) => [elementAt(xs!, i), elementAt(ys!, i)]);
  },
  "sort/0": ([list], [of], all) => elements(list!).toSorted((x, y) => compare(x, y, of!, all)),
  "sort-by-keys/0": ([list, keys], [of], all) => {
    const pairs = elements(list!).map((item, i) => ({ item, key: elementAt(keys!, i) }));
    return pairs.sort((x, y) => compare(x.key, y.key, of!, all)).map((pair) => pair.item);
  },
  "reverse/0": ([list]) => elements(list!).toReversed(),
  "sum/0": ([list]) => elements(list!).reduce((sum, item) => addInt(sum as Int, item as Int), 0),
  "sum/1": ([list]) => sumFloats(list!),
  "contains/0": ([list, item], [of], all) => elements(list!).some((each) => equal(each, item!, of!, all)),
  "get/1": ([list, at], types) => {
    const { length } = list as Value[];
    const position = (at as Int) < 0 ? small(at as Int) + length : small(at as Int);
    if (position < 0 || position >= length) return null;
    const item = elementAt(list!, position);
    return isNullable(types[0]!) ? new Some(item) : item;
  },
  "join/0": ([list, separator], [of], all) =>
    elements(list!)
      .map((item) => printForm(item, of!, all))
      .join(separator as string),
  "slice/0": ([list, from, to]) => slice(list!, from!, to),
  "slice/2": ([bytes, from, to]) => slice(bytes!, from!, to),
  "min/2": ([list]) => extreme(elements(list!), (x, y) => (x as Int) < (y as Int), "min"),
  "min/3": ([list]) => first(list!, "min").reduce((x, y) => minFloat(x as number, y as number)),
  "min/4": ([list], [of], all) => extreme(elements(list!), (x, y) => compare(x, y, of!, all) < 0, "min"),
  "max/2": ([list]) => extreme(elements(list!), (x, y) => (x as Int) > (y as Int), "max"),
  "max/3": ([list]) => first(list!, "max").reduce((x, y) => maxFloat(x as number, y as number)),
  "max/4": ([list], [of], all) => extreme(elements(list!), (x, y) => compare(x, y, of!, all) > 0, "max"),
  "list-join/0": ([xs, ys]) => [...elements(xs!), ...elements(ys!)],
  "bytes-join/0": ([xs, ys]) => {
    const [x, y] = [xs as Uint8Array, ys as Uint8Array];
    const joined = new Uint8Array(x.length + y.length);
    joined.set(x);
    joined.set(y, x.length);
    return joined;
  },
};
