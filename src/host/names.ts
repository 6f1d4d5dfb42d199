/**
 * WIT names as the languages write them, where more than one host asks. A WIT name is unique regardless of case, so two
 * names never meet in one of these.
 */

/** `get-HTTP-url` is `getHttpUrl`. */
export function lowerCamel(name: string): string {
  return name
    .split("-")
    .map((word, at) => (at === 0 ? word.toLowerCase() : capitalized(word)))
    .join("");
}

/** `hash-map` is `HashMap`: the class of a resource. */
export function upperCamel(name: string): string {
  return name.split("-").map(capitalized).join("");
}

/** `get-HTTP-url` is `get_http_url`. */
export function snakeCase(name: string): string {
  return name.replaceAll("-", "_").toLowerCase();
}

/** The last part of `[method]counter.inc` and `[static]counter.make`; a free function's own name. */
export function memberName({ name }: { readonly name: string }): string {
  return name.slice(name.lastIndexOf(".") + 1);
}

/** `geometry` of `acme:shapes/geometry@1.0.0`. */
export function shortName(interfaceId: string): string {
  const bare = withoutVersion(interfaceId);
  return bare.slice(bare.lastIndexOf("/") + 1);
}

/** `acme:shapes/geometry` of `acme:shapes/geometry@1.0.0`. */
export function withoutVersion(interfaceId: string): string {
  const at = interfaceId.indexOf("@");
  return at < 0 ? interfaceId : interfaceId.slice(0, at);
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
