/**
 * Handles among arguments, looked at before a call: a caller's mistake with one must not cost the instance.
 *
 *   N1  After `admit` lowering cannot fail over a handle: each is this instance's, alive, and given away at most once.
 */
import type { WitFunction, WitType } from "../../../wit/types.ts";
import type { CaseValue, Handle, Some, Value } from "../../../wit/value.ts";
import { isNullable } from "../../../wit/value.ts";
import type { AbiGuest } from "./guest.ts";
import { hostObject, moved } from "./handles.ts";
import { payloadsOf, typesOf } from "./layout.ts";

/** What the arguments of one call do with the guest's objects: by id, whether one is given away. */
type Seen = Map<number, boolean>;
type Look = (guest: AbiGuest, value: Value, seen: Seen) => void;

/** Null when the function takes no handles. */
export function admission(fn: WitFunction): ((guest: AbiGuest, args: readonly Value[]) => void) | null {
  const look = lookAtEach(typesOf(fn.params));
  return look === null ? null : (guest, args) => look(guest, args, new Map());
}

/** Null for a type without handles. */
function lookAt(type: WitType): Look | null {
  switch (type.kind) {
    case "own":
    case "borrow":
      return (guest, value, seen) => lookAtHandle(type, guest, value, seen);
    case "list":
      return lookAtItems(lookAt(type.element));
    case "map":
      return lookAtEntries(lookAt(type.key), lookAt(type.value));
    case "tuple":
      return lookAtEach(type.items);
    case "record":
      return lookAtEach(typesOf(type.fields));
    case "option":
      return lookAtSome(lookAt(type.some), isNullable(type.some));
    case "result":
    case "variant":
      return lookAtCase(payloadsOf(type).map((payload) => (payload === null ? null : lookAt(payload))));
    default:
      return null;
  }
}

function lookAtHandle(
  { kind, resource }: Extract<WitType, { kind: "own" | "borrow" }>,
  { handles }: AbiGuest,
  value: Value,
  seen: Seen,
): void {
  const resourceKind = handles.kindOf(resource);
  if (!resourceKind.guest) {
    hostObject(value, resourceKind);
    return;
  }
  handles.repOf(value, resourceKind);
  const { id } = value as Handle;
  const before = seen.get(id);
  if (before === true || (before === false && kind === "own")) throw moved(resourceKind);
  seen.set(id, kind === "own");
}

function lookAtItems(look: Look | null): Look | null {
  if (look === null) return null;
  return (guest, value, seen) => {
    for (const item of value as readonly Value[]) look(guest, item, seen);
  };
}

function lookAtEntries(key: Look | null, value: Look | null): Look | null {
  if (key === null && value === null) return null;
  return (guest, map, seen) => {
    for (const [k, v] of map as ReadonlyMap<Value, Value>) {
      key?.(guest, k, seen);
      value?.(guest, v, seen);
    }
  };
}

function lookAtEach(types: readonly WitType[]): Look | null {
  const looks = types.map(lookAt);
  if (looks.every((look) => look === null)) return null;
  return (guest, value, seen) => {
    for (const [index, look] of looks.entries()) look?.(guest, (value as readonly Value[])[index] as Value, seen);
  };
}

function lookAtSome(look: Look | null, nullable: boolean): Look | null {
  if (look === null) return null;
  return (guest, value, seen) => {
    if (value !== null) look(guest, nullable ? (value as Some).value : value, seen);
  };
}

function lookAtCase(looks: readonly (Look | null)[]): Look | null {
  if (looks.every((look) => look === null)) return null;
  return (guest, value, seen) => {
    const { index, payload } = value as CaseValue;
    looks[index]?.(guest, payload, seen);
  };
}
