/**
 * Values from memory: one closure per type, at an offset from a pointer.
 *
 *   O1  Whoever calls one has checked that the pointer is aligned for the type and the type's size is in memory.
 */
import { Defect } from "../../../fault.ts";
import type { WitType } from "../../../wit/types.ts";
import { CaseValue, isNullable, Some, type Value } from "../../../wit/value.ts";
import { discriminantSize, offsetsOf, payloadOffset, payloadsOf, typesOf } from "./layout.ts";
import { compileLoadMany, loadFixed } from "./lists.ts";
import { handleLift } from "./owned.ts";
import { caseOf, scalarLoad, unsignedLoad, type Load } from "./scalars.ts";

export function compileLoad(type: WitType, offset: number): Load {
  return scalarLoad(type, offset) ?? compound(type, offset);
}

function compound(type: WitType, offset: number): Load {
  switch (type.kind) {
    case "string":
      return (cx, at) => {
        const place = (at + offset) >>> 2;
        return cx.strings.load(cx, cx.u32[place] as number, cx.u32[place + 1] as number);
      };
    case "list":
      if (type.length !== undefined) return loadFixed(type.element, type.length, offset, compileLoad);
      return loadAtPointer(type, offset);
    case "map":
      return loadAtPointer(type, offset);
    case "tuple":
      return loadFields(type.items, offset);
    case "record":
      return loadFields(typesOf(type.fields), offset);
    case "option":
      return loadOption(type, offset);
    case "result":
    case "variant":
      return loadCase(payloadsOf(type), offset);
    case "own":
    case "borrow": {
      const lift = handleLift(type);
      return (cx, at) => lift(cx, cx.u32[(at + offset) >>> 2] as number);
    }
    default:
      throw new Defect(`${type.kind} has no form in memory`);
  }
}

function loadAtPointer(type: Extract<WitType, { kind: "list" | "map" }>, offset: number): Load {
  const load = compileLoadMany(type, compileLoad);
  return (cx, at) => {
    const place = (at + offset) >>> 2;
    return load(cx, cx.u32[place] as number, cx.u32[place + 1] as number);
  };
}

/** An array of the values of fields. The usual small ones are written out, which is twice as fast. */
export function loadFields(types: readonly WitType[], offset: number): Load {
  const offsets = offsetsOf(types);
  const loads = types.map((type, index) => compileLoad(type, offset + (offsets[index] ?? 0)));
  const [a, b, c, d] = loads;
  if (a === undefined) return () => [];
  if (b === undefined) return (cx, at) => [a(cx, at)];
  if (c === undefined) return (cx, at) => [a(cx, at), b(cx, at)];
  if (d === undefined) return (cx, at) => [a(cx, at), b(cx, at), c(cx, at)];
  if (loads.length === 4) return (cx, at) => [a(cx, at), b(cx, at), c(cx, at), d(cx, at)];
  // Copied, so that numbers and others never make the engine change the kind of a new array on the way.
  const blank: Value[] = loads.map(() => null);
  const count = loads.length;
  return (cx, at) => {
    const fields = blank.slice();
    for (let index = 0; index < count; index++) fields[index] = (loads[index] as Load)(cx, at);
    return fields;
  };
}

function loadOption(type: Extract<WitType, { kind: "option" }>, offset: number): Load {
  const load = compileLoad(type.some, offset + payloadOffset(payloadsOf(type)));
  if (!isNullable(type.some)) return (cx, at) => (isSome(cx.u8[at + offset] as number) ? load(cx, at) : null);
  return (cx, at) => (isSome(cx.u8[at + offset] as number) ? new Some(load(cx, at)) : null);
}

/** @throws {NotOfItsType} */
export function isSome(discriminant: number): boolean {
  return caseOf(discriminant, 2) === 1;
}

function loadCase(payloads: readonly (WitType | null)[], offset: number): Load {
  const discriminant = unsignedLoad(discriminantSize(payloads.length), offset);
  const start = offset + payloadOffset(payloads);
  const loads = payloads.map((type) => (type === null ? null : compileLoad(type, start)));
  const count = loads.length;
  return (cx, at) => {
    const index = caseOf(discriminant(cx, at), count);
    const load = loads[index];
    return new CaseValue(index, load === null || load === undefined ? null : load(cx, at));
  };
}
