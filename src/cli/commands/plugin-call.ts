/** What the commands that call a plugin have in common: the function by its name, its arguments as texts, an instance. */
import { Fault } from "../../fault.ts";
import { fromPlain } from "../../host/javascript/plain.ts";
import type { Instance, InstanceOptions, Plugin } from "../../host/plugin.ts";
import { nearest } from "../../lang/nearest.ts";
import { formatFunction, formatType } from "../../wit/text.ts";
import { functionsOf } from "../../wit/types.ts";
import type { FunctionKey, WitFunction, WitType } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";

/** An instance that is given nothing of other packages. */
export async function alone(plugin: Plugin, options: InstanceOptions): Promise<Instance> {
  try {
    return await plugin.instantiate(options);
  } catch (failure) {
    if (!(failure instanceof Fault) || failure.code !== "link-failed") throw failure;
    throw new Fault(failure.code, failure.message, {
      source: failure.source,
      hint: "`plugin call` calls a package by itself; call this one from a program, in a project whose [dependencies] provide its imports",
    });
  }
}

/** By its key, its name in a program (`iface.fn`), or its bare name when only one function has it. */
export function find(plugin: Plugin, name: string): readonly [FunctionKey, WitFunction] {
  const wanted = name.replaceAll("_", "-");
  const all = [...functionsOf(plugin.world.exports)].filter(([, fn]) => fn.shape === "function");
  const found = all.filter(([key, fn]) => key === name || fn.name === wanted || programName(key) === wanted);
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  const names = all.map(([key]) => programName(key));
  if (only !== undefined)
    throw new Fault("usage", `\`${name}\` is in several interfaces: ${found.map(([key]) => key).join(", ")}`);
  const close = nearest(wanted, names);
  throw new Fault("unknown-function", `${plugin.manifest.name} exports no function \`${name}\``, {
    hint: close === undefined ? `It exports ${names.join(", ") || "none"}` : `Did you mean \`${close}\`?`,
  });
}

/** `acme:shapes/geometry@1.0.0#area` is `geometry.area` in a program. */
function programName(key: FunctionKey): string {
  const hash = key.lastIndexOf("#");
  if (hash < 0) return key;
  const iface = key.slice(0, hash).replace(/@.*$/, "");
  return `${iface.slice(iface.lastIndexOf("/") + 1)}.${key.slice(hash + 1)}`;
}

export function readArguments(fn: WitFunction, texts: readonly string[]): readonly Value[] {
  if (texts.length !== fn.params.length) {
    throw new Fault("usage", `\`${fn.name}\` takes ${fn.params.length} arguments, got ${texts.length}`, {
      hint: formatFunction(fn),
    });
  }
  return fn.params.map((param, at) =>
    fromPlain(param.type, readText(param.type, texts[at] ?? "", param.name), param.name),
  );
}

/** JSON; where a string or enum is expected the bare text stands for itself. Integers keep all their digits. */
function readText(type: WitType, text: string, name: string): unknown {
  const bare = type.kind === "string" || type.kind === "char" || type.kind === "enum";
  if (bare && !text.startsWith('"')) return text;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Fault("usage", `The argument \`${name}\` cannot be read: ${text}`, {
      hint: `It is a ${formatType(type)}, written as JSON`,
    });
  }
}
