/** Which store a command is about. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Fault } from "../fault.ts";
import { defaultStore } from "../daemon/place.node.ts";
import { readSqlite } from "../journal/sqlite/sqlite-reader.node.ts";
import { openSqlite } from "../journal/sqlite/sqlite-store.node.ts";
import type { Store } from "../journal/store.ts";
import type { Invocation } from "./arguments.ts";

/** The file that `--store` names, or the user's own, there or not. */
export function storeOf(invocation: Invocation): string {
  const given = invocation.value("store");
  return given === undefined ? defaultStore() : resolve(given);
}

/** The same for a command that needs a store. @throws {Fault} `usage` when none is named and the user has none */
export function storeIn(invocation: Invocation): string {
  const path = storeOf(invocation);
  if (invocation.value("store") !== undefined || existsSync(path)) return path;
  throw new Fault("usage", `\`--store FILE\` is missing, and there is none at ${path}`, {
    hint: `\`sennit daemon start\` makes that one, \`sennit run PROGRAM --store FILE\` any other. ${invocation.command.usage}`,
  });
}

/** The store itself, which is there already: a mistyped name makes no file. */
export async function openStore(invocation: Invocation): Promise<Store> {
  const path = storeIn(invocation);
  readSqlite(path)[Symbol.dispose]();
  return await openSqlite(path);
}

export function unknownRun(id: string): Fault {
  return new Fault("unknown-run", `The store has no run ${id}`, { hint: "`sennit ps --store FILE` lists its runs" });
}
