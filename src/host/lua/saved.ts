/** What the state of a Lua plugin's instances depends on, besides its code. */
import { type StateOwner, stateOwner } from "../state/bytes.ts";

/**
 * The interpreter, and the order in which the host makes things in it: `prelude.ts`, `setup.ts` and `link.ts`. Whoever changes what
 * is made, or in which order, counts on.
 */
const INTERPRETER = "wasmoon 1.16.0";
const MADE = 1;

export function luaOwner(source: string, digest: string): StateOwner {
  return stateOwner(source, "lua", digest, INTERPRETER, `made ${MADE}`);
}
