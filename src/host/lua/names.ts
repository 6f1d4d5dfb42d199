/** How WIT names are written in Lua: snake_case, all lower case. */

export function luaName(name: string): string {
  return name.replaceAll("-", "_").toLowerCase();
}

/** The short name of an interface: `geometry` of `acme:shapes/geometry@1.0.0`. */
export function shortName(interfaceId: string): string {
  const slash = interfaceId.lastIndexOf("/");
  const at = interfaceId.indexOf("@", slash + 1);
  return luaName(interfaceId.slice(slash + 1, at < 0 ? undefined : at));
}

/** `acme:shapes/geometry` of `acme:shapes/geometry@1.0.0`. */
export function withoutVersion(interfaceId: string): string {
  const at = interfaceId.indexOf("@");
  return at < 0 ? interfaceId : interfaceId.slice(0, at);
}

/** The last part of a function's name: `inc` of `[method]counter.inc`; `new` of a constructor. */
export function memberName(fn: { readonly name: string; readonly shape: string }): string {
  if (fn.shape === "constructor") return "new";
  return luaName(fn.name.slice(fn.name.lastIndexOf(".") + 1));
}
