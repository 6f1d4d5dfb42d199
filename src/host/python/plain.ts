/** Which types look the same in Python as in marshal. */
import type { WitType } from "../../wit/types.ts";
import { isNullable } from "../../wit/value.ts";
import { isNumberList } from "./number-lists.ts";

/**
 * True when all of a value is in marshal what it is in Python.
 *
 * @param numbers whether that is so of a list of these numbers: it differs by direction
 */
export function isWholly(type: WitType, numbers: (element: WitType) => boolean): boolean {
  switch (type.kind) {
    case "list":
      return isNumberList(type.element) ? numbers(type.element) : isWholly(type.element, numbers);
    case "tuple":
      return type.items.every((item) => isWholly(item, numbers));
    case "option":
      return !isNullable(type.some) && isWholly(type.some, numbers);
    case "map":
    case "result":
    case "record":
    case "variant":
    case "enum":
    case "flags":
    case "own":
    case "borrow":
      return false;
    default:
      return true;
  }
}
