/** A type as a text that is equal exactly for equal types (T1): nominal types by id, the rest by structure. */
import type { Type } from "../types.ts";

export function typeKey(type: Type): string {
  switch (type.kind) {
    case "list":
      return `[${typeKey(type.element)}]`;
    case "tuple":
      return `(${type.items.map(typeKey).join()})`;
    case "option":
      return `${typeKey(type.some)}?`;
    case "map":
      return `Map<${typeKey(type.key)},${typeKey(type.value)}>`;
    case "result":
      return `Result<${typeKey(type.ok)},${typeKey(type.err)}>`;
    case "fn":
      return `fn(${type.params.map(typeKey).join()})->${typeKey(type.result)}`;
    case "task":
      return `Task<${typeKey(type.result)}>`;
    case "stream":
    case "future":
      return `${type.kind}<${typeKey(type.element)}>`;
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "resource":
      return `${type.kind} ${type.name} ${type.id}`;
    default:
      return type.kind;
  }
}
