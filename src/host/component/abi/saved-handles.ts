/**
 * The handles that a guest holds, in a saved state.
 *
 *   S1  Nothing is saved while the host holds a handle of the guest's, or the guest one of a thing that the host does not know
 *       again by a number.
 *   S2  Indices stay what they are, and are used again in the same order: the guest's memory has them.
 */
import type { Resource } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import type { StateReader, StateWriter } from "../../state/bytes.ts";
import { type Entry, type HandleTable, MOST_HANDLES, type ResourceKind } from "./handles.ts";

/** What the host knows again: null, or undefined, for all else. */
export interface KnownObjects {
  readonly numberOf: (value: Value) => number | null;
  readonly objectOf: (number: number) => Value | undefined;
}

const FREE = 0;
const HELD = 1;

/** False when something cannot be told (S1). `resources` are all that the component knows, in an order that stays. */
export function writeHandles(
  table: HandleTable,
  resources: readonly Resource[],
  known: KnownObjects,
  to: StateWriter,
): boolean {
  if (table.size > 0) return false;
  const { entries, free, next } = table.saved();
  to.f64(next);
  to.u32(entries.length - 1);
  for (const entry of entries.slice(1)) {
    to.u8(entry === undefined ? FREE : HELD);
    if (entry !== undefined && !writeEntry(entry, resources, known, to)) return false;
  }
  for (const index of free) to.u32(index);
  return true;
}

function writeEntry(
  { kind, rep, own, lends }: Entry,
  resources: readonly Resource[],
  known: KnownObjects,
  to: StateWriter,
): boolean {
  const resource = resources.indexOf(kind.resource);
  const number = kind.guest ? (rep as number) : known.numberOf(rep);
  if (resource < 0 || number === null || !own || lends > 0) return false;
  to.u32(resource);
  to.i32(number);
  return true;
}

/** Takes the place of all that the guest holds. @throws {Fault} `state-invalid` */
export function readHandles(
  table: HandleTable,
  resources: readonly Resource[],
  known: KnownObjects,
  from: StateReader,
): void {
  const next = from.whole();
  const entries: (Entry | undefined)[] = [undefined];
  const unused = new Set<number>();
  const count = from.count(1);
  if (count > MOST_HANDLES) from.refuse(`it has ${count} handles`);
  for (let left = count; left > 0; left--) {
    if (from.u8() === FREE) unused.add(entries.length);
    const isFree = unused.has(entries.length);
    entries.push(isFree ? undefined : readEntry(table, resources, known, from));
  }
  table.restore({ entries, free: readFree(unused, from), next });
}

function readFree(unused: Set<number>, from: StateReader): number[] {
  const free: number[] = [];
  for (let left = unused.size; left > 0; left--) {
    const index = from.u32();
    if (!unused.delete(index)) from.refuse(`handle ${index} is not free`);
    free.push(index);
  }
  return free;
}

function readEntry(table: HandleTable, resources: readonly Resource[], known: KnownObjects, from: StateReader): Entry {
  const resource = resources[from.u32()];
  const number = from.i32();
  if (resource === undefined) from.refuse("it has a handle of no resource");
  const kind: ResourceKind = table.kindOf(resource);
  const rep = kind.guest ? number : known.objectOf(number);
  if (rep === undefined) from.refuse("it has a handle of what is not there");
  return { kind, rep, own: true, scope: null, lends: 0 };
}
