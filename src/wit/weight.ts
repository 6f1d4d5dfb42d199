/**
 * How many nodes a value of a type costs: those that its type has when written out (B2 of budget.ts), so that every language
 * refuses the same values. Lists and maps inside it cost one, and what they hold when they are read.
 */
import { isIntegerKind } from "./numbers.ts";
import type { WitType } from "./types.ts";

export function weightOf(type: WitType): number {
  switch (type.kind) {
    case "record":
      return sum(type.fields.map((field) => field.type));
    case "tuple":
      return sum(type.items);
    case "option":
      return sum([type.some]);
    case "variant":
      return sum(type.cases.map((each) => each.type));
    case "result":
      return sum([type.ok, type.err]);
    case "list":
      return type.length === undefined || isNumber(type.element) ? 1 : 1 + type.length * weightOf(type.element);
    default:
      return 1;
  }
}

function isNumber({ kind }: WitType): boolean {
  return isIntegerKind(kind) || kind === "f32" || kind === "f64";
}

function sum(types: readonly (WitType | null)[]): number {
  return types.reduce((nodes, type) => nodes + (type === null ? 0 : weightOf(type)), 1);
}
