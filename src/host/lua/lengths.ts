/** How long the table on top of the stack is, before anything of its length is allocated. */
import type { WitType } from "../../wit/types.ts";
import { type Pointer, TABLE } from "./api.ts";
import type { LuaMachine } from "./machine.ts";
import { Misfit } from "./misfit.ts";
import { mismatch } from "./scalars.ts";

type ListType = Extract<WitType, { kind: "list" }>;

/**
 * The length without metamethods: a border of Lua's, so one who puts values at 1, 2, 4, 8 … can make it anything. A table
 * with fields and no elements is taken for a mistake, not for an empty list.
 */
export function listLength(machine: LuaMachine, thread: Pointer, type: ListType): number {
  const { api } = machine;
  if (api.lua_type(thread, -1) !== TABLE) throw mismatch(machine, thread, "a list");
  const length = machine.length(thread);
  refuseLength(type, length);
  if (length === 0) refuseFields(machine, thread);
  return length;
}

export function refuseLength({ length: want }: ListType, length: number): void {
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
