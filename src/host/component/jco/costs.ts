/**
 * What elements of lists and entries of maps cost to lift in jco's form, by their size in the guest's memory.
 */
import { OVERHEAD } from "../../../wit/budget.ts";
import { isIntegerKind } from "../../../wit/numbers.ts";
import { partsOf } from "../../../wit/parts.ts";
import { functionsOf, type WitType, type World } from "../../../wit/types.ts";
import { weightOf } from "../../../wit/weight.ts";
import { fieldsLayout, layoutOf } from "../abi/layout.ts";

export interface Cost {
  readonly nodes: number;
  /** Beside the nodes, and without what lists and maps in it hold. */
  readonly bytes: number;
}

export interface ElementCosts {
  /** Of the dearest element of this size. */
  readonly of: (size: number) => Cost;
}

/** Of an object that jco makes of flags: for itself, and for each label. */
const FLAGS = 64;
const LABEL = 8;

/** For every list and map in the functions of a world. */
export function elementCosts(world: World): ElementCosts {
  const bySize = new Map<number, Cost>();
  const seen = new Set<WitType>();
  const note = (size: number, types: readonly WitType[]): void => {
    const known = bySize.get(size) ?? { nodes: 0, bytes: 0 };
    bySize.set(size, {
      nodes: Math.max(known.nodes, sum(types, weightOf)),
      bytes: Math.max(known.bytes, sum(types, bytesOf)),
    });
  };
  const visit = (type: WitType): void => {
    if (seen.has(type)) return;
    seen.add(type);
    if (type.kind === "list") note(layoutOf(type.element).size, [type.element]);
    if (type.kind === "map") note(fieldsLayout([type.key, type.value]).size, [type.key, type.value]);
    partsOf(type).forEach(visit);
  };
  for (const side of [world.imports, world.exports]) {
    for (const [, { params, result }] of functionsOf(side)) {
      for (const { type } of params) visit(type);
      if (result !== null) visit(result);
    }
  }
  // A size that no type has would be a mistake of ours; a byte can be eight flags.
  return { of: (size) => bySize.get(size) ?? { nodes: 8 * size, bytes: 0 } };
}

/** Objects of its own that a value is, beside its nodes. */
function bytesOf(type: WitType): number {
  switch (type.kind) {
    case "own":
    case "borrow":
      return OVERHEAD.handle;
    case "flags":
      return FLAGS + LABEL * type.labels.length;
    case "list":
      return type.length === undefined ? 0 : fixedBytes(type.element, type.length);
    case "map":
      return 0;
    default:
      return sum(partsOf(type), bytesOf);
  }
}

/** jco pushes the numbers of a list of fixed length, too. */
function fixedBytes(element: WitType, length: number): number {
  const isNumber = isIntegerKind(element.kind) || element.kind === "f32" || element.kind === "f64";
  return OVERHEAD.typedArray + length * (isNumber ? 2 * 8 : bytesOf(element));
}

function sum(types: readonly WitType[], of: (type: WitType) => number): number {
  return types.reduce((total, type) => total + of(type), 0);
}
