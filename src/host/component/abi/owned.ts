/**
 * Handles as they cross: indices of the guest's table to values of the host, and back (T1–T5 of handles.ts).
 */
import { OVERHEAD } from "../../../wit/budget.ts";
import type { Resource } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { hostObject, type BorrowScope } from "./handles.ts";
import type { Context } from "./context.ts";
import { AbiTrap } from "./trap.ts";

type Handled = { readonly kind: "own" | "borrow"; readonly resource: Resource };

/** What an index of the guest stands for. */
export function handleLift({ kind, resource }: Handled): (cx: Context, index: number) => Value {
  const lift = kind === "own" ? liftOwn : liftBorrow;
  return (cx, index) => {
    cx.budget.bytes(OVERHEAD.handle);
    return lift(cx, index, resource);
  };
}

/** The index, or the guest's own name, for a value. */
export function handleLower({ kind, resource }: Handled): (cx: Context, value: Value) => number {
  return kind === "own"
    ? (cx, value) => lowerOwn(cx, value, resource)
    : (cx, value) => lowerBorrow(cx, value, resource);
}

function liftOwn({ handles }: Context, index: number, resource: Resource): Value {
  const kind = handles.kindOf(resource);
  const entry = handles.remove(index, kind);
  if (!entry.own) throw new AbiTrap(`handle ${index} is borrowed, and given away as if it were owned`);
  return kind.guest ? handles.lend(kind, entry.rep as number) : entry.rep;
}

function liftBorrow(cx: Context, index: number, resource: Resource): Value {
  const { handles } = cx;
  const kind = handles.kindOf(resource);
  const entry = handles.get(index, kind);
  const scope = scopeOf(cx);
  scope.lend(entry);
  if (!kind.guest) return entry.rep;
  const handle = handles.lend(kind, entry.rep as number);
  scope.temporary(handle.id);
  return handle;
}

function lowerOwn({ handles }: Context, value: Value, resource: Resource): number {
  const kind = handles.kindOf(resource);
  return handles.add(kind, kind.guest ? handles.take(value, kind) : hostObject(value, kind), null);
}

function lowerBorrow(cx: Context, value: Value, resource: Resource): number {
  const { handles } = cx;
  const kind = handles.kindOf(resource);
  return kind.guest ? handles.repOf(value, kind) : handles.add(kind, hostObject(value, kind), scopeOf(cx));
}

/** WIT has no borrowed handles in results, so only calls with parameters that borrow have a scope. */
function scopeOf({ scope }: Context): BorrowScope {
  if (scope === null) throw new AbiTrap("a borrowed handle outside of a call's parameters");
  return scope;
}
