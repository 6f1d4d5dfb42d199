/** What an instance is refused with when nothing provides what it imports. */
import { Fault } from "../fault.ts";
import type { FunctionKey } from "../wit/types.ts";

/** @param offered the functions that the caller gives */
export function linkFault(source: string, missing: readonly string[], offered: Iterable<FunctionKey>): Fault {
  const interfaces = [...new Set([...offered].map((key) => key.replace(/#.*/, "")))];
  return new Fault("link-failed", `Nothing provides what ${source} imports: ${missing.join(", ")}`, {
    hint:
      interfaces.length === 0
        ? "This host offers it nothing but its own interfaces."
        : `This host offers ${interfaces.join(", ")}.`,
  });
}
