/**
 * What some realisations cannot do, each with its reason; exceptions.test.ts shows that each is still true.
 * Nothing else is left out anywhere in this folder.
 *
 *   X1  Functions of the embedding program have no imports: what goes through the host elsewhere is a plain echo there, and
 *       a function that only fetches a value from the host, or takes the host's things, is not called.
 *   X2  wit-component makes names of the world out of type names and fails where two differ by case or hyphens only:
 *       type names have one spelling.
 *
 * jco's binding, which is only taken for components that the direct path cannot, has these besides (`isForJco`); the direct
 * path takes all such worlds:
 *
 *   Y1  A resource whose class has the name of a global that the script uses breaks it; a static function `caller`, `length` or `name` too,
 *       and a method `then` is refused.
 *   Y2  A function whose own result is a result of what looks like one (a result, an option of one, a record or variant with
 *       such names), or an alias of a result, is unwrapped wrongly.
 *   Y3  The functions of an exported interface that is written in the world are not found.
 *   Y4  Its transpiler panics on a world's own export whose name has capitals, and on strings of the encoding latin1+utf16.
 */
import type { WitType } from "../../../src/wit/types.ts";
import type { GeneratedFunction, GeneratedWorld } from "./model.ts";

/** The world whose functions need no imports (X1). */
export function withoutImports(world: GeneratedWorld): GeneratedWorld {
  const interfaces = world.interfaces.map((each) => {
    return each.exported ? { ...each, functions: each.functions.filter(isPossible) } : each;
  });
  return { ...world, interfaces, exports: world.exports.filter(isPossible) };
}

function isPossible({ does, params, result }: GeneratedFunction): boolean {
  return does.kind === "via" ? params.length > 0 || result === null : does.kind !== "thing";
}

const GLOBALS = new Set(["array", "error", "map", "number", "object", "set", "string", "symbol"]); // Y1

/** Whether jco's binding can take the world. */
export function isForJco({ interfaces, imports, exports, core }: GeneratedWorld): boolean {
  if (core.encoding === "compact-utf16" || exports.some(({ name }) => name !== name.toLowerCase())) return false; // Y5
  if (interfaces.some((each) => each.package === null)) return false; // Y3
  const functions = [...imports, ...exports, ...interfaces.flatMap((each) => each.functions)];
  return !interfaces.some(({ resource }) => GLOBALS.has(resource?.label ?? "")) && functions.every(isFunctionForJco);
}

function isFunctionForJco({ name, result }: GeneratedFunction): boolean {
  if (/^\[static\].*\.(?:caller|length|name)$|^\[method\].*\.then$/.test(name)) return false; // Y1
  if (result?.type.kind !== "result") return true;
  return !hasTag(result.type.ok) && result.text.startsWith("result"); // Y2
}

/** Whether jco could take a value of this type for a result. */
function hasTag(type: WitType | null): boolean {
  switch (type?.kind) {
    case "result":
      return true;
    case "option":
      return hasTag(type.some);
    case "variant":
      return type.cases.some(({ name }) => name === "ok" || name === "err");
    case "record":
      return type.fields.some(({ name }) => name === "tag");
    default:
      return false;
  }
}
