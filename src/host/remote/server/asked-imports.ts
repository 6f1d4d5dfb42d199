/** The imports of an instance whose providers are the caller's: each call is a question. */
import { type FunctionKey, functionsOf, type WitFunction, type World } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import type { ImportedFunction } from "../../plugin.ts";
import { resourcesOf } from "../../world.ts";
import { argumentsCodec, codecOrNothing } from "../frames/codec.ts";
import type { Reader } from "../frames/reader.ts";
import type { Writer } from "../frames/writer.ts";

export interface Asking {
  readonly ask: (body: (to: Writer) => void, read: (from: Reader) => Value) => Promise<Value>;
  /** The guest let go of what somebody else made. */
  readonly release: (value: Value) => void;
}

/** @param given the keys that the caller has; of those that are no import, only the names count, for the words of `link-failed` */
export function askedImports(
  world: World,
  given: ReadonlySet<string>,
  asking: Asking,
): ReadonlyMap<FunctionKey, ImportedFunction> {
  const imports = new Map<FunctionKey, ImportedFunction>();
  for (const key of given) imports.set(key, { colour: "async", call: () => null });
  [...functionsOf(world.imports)].forEach(([key, fn], number) => {
    if (given.has(key)) imports.set(key, { colour: "async", call: asked(number, fn, asking) });
  });
  for (const { name } of resourcesOf(world.imports)) {
    imports.set(`${name.interface ?? ""}#[resource-drop]${name.name}`, {
      colour: "sync",
      call: ([value]) => {
        asking.release(value as Value);
        return null;
      },
    });
  }
  return imports;
}

function asked(number: number, fn: WitFunction, { ask }: Asking): ImportedFunction["call"] {
  const { write } = argumentsCodec(fn);
  const { read } = codecOrNothing(fn.result);
  return (args) =>
    ask((to) => {
      to.u32(number);
      write(to, args);
    }, read);
}
