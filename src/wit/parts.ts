/** Types taken apart, for whoever walks them. */
import type { WitType } from "./types.ts";

/** The types that a type is made of, one level down. */
export function partsOf(type: WitType): readonly WitType[] {
  switch (type.kind) {
    case "list":
      return [type.element];
    case "map":
      return [type.key, type.value];
    case "tuple":
      return type.items;
    case "option":
      return [type.some];
    case "result":
      return [type.ok, type.err].filter((part) => part !== null);
    case "record":
      return type.fields.map((field) => field.type);
    case "variant":
      return type.cases.map((one) => one.type).filter((part) => part !== null);
    case "stream":
    case "future":
      return type.element === null ? [] : [type.element];
    default:
      return [];
  }
}
