/**
 * What one value of a type costs at least, in nodes of the budget: those that its type has when written out (B2).
 */
import type { WitType } from "../../../wit/types.ts";
import { payloadsOf, typesOf } from "./layout.ts";
import { numberListOf } from "./numbers.ts";

export function weightOf(type: WitType): number {
  switch (type.kind) {
    case "tuple":
      return sum(type.items);
    case "record":
      return sum(typesOf(type.fields));
    case "option":
    case "result":
    case "variant":
      return sum(payloadsOf(type));
    case "list":
      return type.length === undefined || numberListOf(type.element) !== undefined
        ? 1
        : 1 + type.length * weightOf(type.element);
    default:
      return 1;
  }
}

function sum(types: readonly (WitType | null)[]): number {
  return types.reduce((nodes, type) => nodes + (type === null ? 0 : weightOf(type)), 1);
}
