/** How WIT names are written in Lua: snake_case, all lower case. */
import * as names from "../names.ts";

export { snakeCase as luaName, withoutVersion } from "../names.ts";

/** The short name of an interface: `geometry` of `acme:shapes/geometry@1.0.0`. */
export function shortName(interfaceId: string): string {
  return names.snakeCase(names.shortName(interfaceId));
}

/** The last part of a function's name: `inc` of `[method]counter.inc`; `new` of a constructor. */
export function memberName(fn: { readonly name: string; readonly shape: string }): string {
  return fn.shape === "constructor" ? "new" : names.snakeCase(names.memberName(fn));
}
