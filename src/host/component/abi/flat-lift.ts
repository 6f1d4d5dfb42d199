/**
 * Values from core values: one closure per type and place.
 */
import { Defect } from "../../../fault.ts";
import { isIntegerKind } from "../../../wit/numbers.ts";
import type { WitType } from "../../../wit/types.ts";
import { CaseValue, isNullable, Some, type Value } from "../../../wit/value.ts";
import type { FlatType } from "./flat.ts";
import { payloadsOf, repeated, typesOf } from "./layout.ts";
import { compileLoadMany } from "./lists.ts";
import { compileLoad } from "./load.ts";
import type { Context } from "./context.ts";
import { numbersFrom } from "./numbers.ts";
import { handleLift } from "./owned.ts";
import { Places, type Flats } from "./places.ts";
import { caseOf, coreOf, fromCore } from "./scalars.ts";

export type FlatLift = (cx: Context, flats: Flats) => Value;

/** Each value of these types, from the places in order. */
export function compileFlatLifts(types: readonly WitType[], have: readonly FlatType[]): readonly FlatLift[] {
  const places = new Places(have);
  return types.map((type) => compile(type, places));
}

function compile(type: WitType, places: Places): FlatLift {
  const scalar = fromCore(type);
  if (scalar === null) return compound(type, places);
  const read = places.read(coreOf(type));
  return (_, flats) => scalar(read(flats));
}

function compound(type: WitType, places: Places): FlatLift {
  switch (type.kind) {
    case "string": {
      const [at, length] = [places.read("i32"), places.read("i32")];
      return (cx, flats) => cx.strings.load(cx, (at(flats) as number) >>> 0, (length(flats) as number) >>> 0);
    }
    case "list":
      if (type.length !== undefined) return liftFixed(type.element, type.length, places);
      return liftAtPointer(type, places);
    case "map":
      return liftAtPointer(type, places);
    case "tuple":
      return liftFields(type.items, places);
    case "record":
      return liftFields(typesOf(type.fields), places);
    case "option":
      return liftOption(type, places);
    case "result":
    case "variant":
      return liftCase(payloadsOf(type), places);
    case "own":
    case "borrow": {
      const read = places.read("i32");
      const lift = handleLift(type);
      return (cx, flats) => lift(cx, (read(flats) as number) >>> 0);
    }
    default:
      throw new Defect(`${type.kind} has no core value`);
  }
}

function liftAtPointer(type: Extract<WitType, { kind: "list" | "map" }>, places: Places): FlatLift {
  const [at, count] = [places.read("i32"), places.read("i32")];
  const load = compileLoadMany(type, compileLoad);
  return (cx, flats) => load(cx, (at(flats) as number) >>> 0, (count(flats) as number) >>> 0);
}

function liftFixed(element: WitType, length: number, places: Places): FlatLift {
  const lift = liftFields(repeated(element, length), places);
  const { kind } = element;
  if (!isIntegerKind(kind) && kind !== "f32" && kind !== "f64") return lift;
  return (cx, flats) => numbersFrom(kind, lift(cx, flats) as readonly Value[]);
}

function liftFields(types: readonly WitType[], places: Places): FlatLift {
  const lifts = types.map((type) => compile(type, places));
  const [a, b, c] = lifts;
  if (a !== undefined && b !== undefined) {
    if (c === undefined) return (cx, flats) => [a(cx, flats), b(cx, flats)];
    if (lifts.length === 3) return (cx, flats) => [a(cx, flats), b(cx, flats), c(cx, flats)];
  }
  return (cx, flats) => {
    const fields: Value[] = [];
    for (const lift of lifts) fields.push(lift(cx, flats));
    return fields;
  };
}

function liftOption(type: Extract<WitType, { kind: "option" }>, places: Places): FlatLift {
  const discriminant = places.read("i32");
  const lift = compile(type.some, places);
  const nullable = isNullable(type.some);
  return (cx, flats) => {
    if (caseOf((discriminant(flats) as number) >>> 0, 2) === 0) return null;
    const value = lift(cx, flats);
    return nullable ? new Some(value) : value;
  };
}

function liftCase(payloads: readonly (WitType | null)[], places: Places): FlatLift {
  const discriminant = places.read("i32");
  const lifts = sharing(payloads, places);
  const count = lifts.length;
  return (cx, flats) => {
    const index = caseOf((discriminant(flats) as number) >>> 0, count);
    const lift = lifts[index];
    return new CaseValue(index, lift === null || lift === undefined ? null : lift(cx, flats));
  };
}

/** Compiles each payload at the same places, and goes on after the longest. */
function sharing(payloads: readonly (WitType | null)[], places: Places): readonly (FlatLift | null)[] {
  let end = places.at;
  const lifts = payloads.map((type) => {
    if (type === null) return null;
    const fork = places.fork();
    const lift = compile(type, fork);
    end = Math.max(end, fork.at);
    return lift;
  });
  places.at = end;
  return lifts;
}
