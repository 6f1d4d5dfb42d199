/** The one run that a command is about. */
import { Fault } from "../fault.ts";
import type { Invocation } from "./arguments.ts";

/** @throws {Fault} `usage` */
export function onlyRun(invocation: Invocation): string {
  const [id, more] = invocation.positionals;
  if (id !== undefined && more === undefined) return id;
  throw new Fault("usage", `\`sennit ${invocation.command.name}\` needs the id of one run`, {
    hint: invocation.command.usage,
  });
}
