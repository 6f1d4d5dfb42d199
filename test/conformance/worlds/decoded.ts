/** Whether the decoder read from a binary what the generator wrote: names, order and types, aliases apart. */
import { functionOf, type WitFunction, type WitType, type World } from "../../../src/wit/types.ts";
import { exportsOf, type GeneratedFunction, type GeneratedWorld, importsOf } from "./model.ts";

/** The functions that are not as they were written; `isHere` tells which of them the realisation has. */
export function misread(world: GeneratedWorld, decoded: World, isHere: (key: string) => boolean): string[] {
  const wrong = (side: World["imports"], all: ReturnType<typeof exportsOf>): string[] =>
    all
      .filter(({ key, fn }) => isHere(key) && written(fn) !== read(functionOf(side, key)))
      .map(({ key, fn }) => `${key}: ${read(functionOf(side, key))} was written as ${written(fn)}`);
  return [...wrong(decoded.exports, exportsOf(world)), ...wrong(decoded.imports, importsOf(world))];
}

function written({ params, result }: GeneratedFunction): string {
  return JSON.stringify([
    params.map((param) => [param.name, bare(param.type)]),
    result === null ? null : bare(result.type),
  ]);
}

function read(fn: WitFunction | undefined): string {
  if (fn === undefined) return "nothing";
  return JSON.stringify([
    fn.params.map((param) => [param.name, bare(param.type)]),
    fn.result === null ? null : bare(fn.result),
  ]);
}

/** The type without the names it goes by, as data. */
function bare(type: WitType | null): unknown {
  if (type === null) return null;
  switch (type.kind) {
    case "list":
      return ["list", bare(type.element), type.length ?? null];
    case "map":
      return ["map", bare(type.key), bare(type.value)];
    case "tuple":
      return ["tuple", ...type.items.map(bare)];
    case "option":
      return ["option", bare(type.some)];
    case "result":
      return ["result", bare(type.ok), bare(type.err)];
    case "record":
      return ["record", ...type.fields.map((field) => [field.name, bare(field.type)])];
    case "variant":
      return ["variant", ...type.cases.map((each) => [each.name, bare(each.type)])];
    case "enum":
      return ["enum", ...type.cases];
    case "flags":
      return ["flags", ...type.labels];
    case "own":
    case "borrow":
      return [type.kind, type.resource.name.interface, type.resource.name.name];
    default:
      return type.kind;
  }
}
