/**
 * Values into core values: one closure per type and place.
 */
import { Defect } from "../../../fault.ts";
import type { WitType } from "../../../wit/types.ts";
import { isNullable, type CaseValue, type Some, type Value } from "../../../wit/value.ts";
import type { FlatType } from "./flat.ts";
import { payloadsOf, repeated, typesOf } from "./layout.ts";
import { compileStoreMany } from "./lists.ts";
import type { Context } from "./context.ts";
import { handleLower } from "./owned.ts";
import { Places, type Flats } from "./places.ts";
import { coreOf, toCore } from "./scalars.ts";
import { compileStore } from "./store.ts";

export type FlatLower = (cx: Context, value: Value, flats: Flats) => void;

/** Each value of these types, into the places in order. All places of a type are written. */
export function compileFlatLowers(types: readonly WitType[], have: readonly FlatType[]): readonly FlatLower[] {
  const places = new Places(have);
  return types.map((type) => compile(type, places));
}

function compile(type: WitType, places: Places): FlatLower {
  const scalar = toCore(type);
  if (scalar === null) return compound(type, places);
  const write = places.write(coreOf(type));
  return (_, value, flats) => write(flats, scalar(value));
}

function compound(type: WitType, places: Places): FlatLower {
  switch (type.kind) {
    case "string": {
      const [at, length] = [places.write("i32"), places.write("i32")];
      return (cx, value, flats) => {
        at(flats, cx.strings.store(cx, value as string));
        length(flats, cx.length);
      };
    }
    case "list":
      if (type.length !== undefined) return lowerFields(repeated(type.element, type.length), places);
      return lowerAtPointer(type, places);
    case "map":
      return lowerAtPointer(type, places);
    case "tuple":
      return lowerFields(type.items, places);
    case "record":
      return lowerFields(typesOf(type.fields), places);
    case "option":
      return lowerOption(type, places);
    case "result":
    case "variant":
      return lowerCase(payloadsOf(type), places);
    case "own":
    case "borrow": {
      const write = places.write("i32");
      const lower = handleLower(type);
      return (cx, value, flats) => write(flats, lower(cx, value));
    }
    default:
      throw new Defect(`${type.kind} has no core value`);
  }
}

function lowerAtPointer(type: Extract<WitType, { kind: "list" | "map" }>, places: Places): FlatLower {
  const [at, count] = [places.write("i32"), places.write("i32")];
  const store = compileStoreMany(type, compileStore);
  return (cx, value, flats) => {
    at(flats, store(cx, value));
    count(flats, cx.length);
  };
}

/** Also of a list of fixed length, which may be a typed array. */
function lowerFields(types: readonly WitType[], places: Places): FlatLower {
  const lowers = types.map((type) => compile(type, places));
  const count = lowers.length;
  return (cx, value, flats) => {
    const fields = value as readonly Value[];
    for (let index = 0; index < count; index++) (lowers[index] as FlatLower)(cx, fields[index] as Value, flats);
  };
}

function lowerOption(type: Extract<WitType, { kind: "option" }>, places: Places): FlatLower {
  const discriminant = places.write("i32");
  const none = places.fork();
  const lower = compile(type.some, places);
  const blank = none.blank(places.at);
  const nullable = isNullable(type.some);
  return (cx, value, flats) => {
    discriminant(flats, value === null ? 0 : 1);
    if (value === null) blank(flats);
    else lower(cx, nullable ? (value as Some).value : value, flats);
  };
}

interface CaseLower {
  readonly lower: FlatLower | null;
  readonly places: Places;
}

function lowerCase(payloads: readonly (WitType | null)[], places: Places): FlatLower {
  const discriminant = places.write("i32");
  const cases = payloads.map((type): CaseLower => {
    const fork = places.fork();
    return { lower: type === null ? null : compile(type, fork), places: fork };
  });
  const end = Math.max(places.at, ...cases.map((each) => each.places.at));
  const blanks = cases.map((each) => each.places.blank(end));
  places.at = end;
  return (cx, value, flats) => {
    const { index, payload } = value as CaseValue;
    discriminant(flats, index);
    cases[index]?.lower?.(cx, payload, flats);
    blanks[index]?.(flats);
  };
}
