/**
 * The imports of one instance, in the form that jco's bindings take: by interface, functions and classes.
 *
 *   I1  Every import of the world is there before any guest code runs, or `link-failed` names those that are not.
 *   I2  What a guest passes is lifted before the host sees it; what the host answers is checked before the guest does.
 *   I3  An import that fails ends the instance: its stack is gone, and the guest's data may be half-written.
 *   I4  jco takes a promise for a zero where it expects none, so an import that was said to be synchronous may not wait.
 */
import { Defect, Fault } from "../../fault.ts";
import type { Resource, World, WorldSide } from "../../wit/types.ts";
import { checkValue } from "../../wit/validate.ts";
import type { Value } from "../../wit/value.ts";
import { invalidValue } from "../invalid-value.ts";
import { linkFault } from "../link-fault.ts";
import type { ImportedFunction } from "../plugin.ts";
import { lowerCamel, memberName, upperCamel, withoutVersion } from "../names.ts";
import type { Guest } from "./guest.ts";
import type { ForeignClass } from "./foreign.ts";
import type { Signature } from "./signature.ts";
import { isWasi, type WasiInterfaces } from "./wasi/interfaces.ts";

export interface ImportSource {
  /** The package, for messages. */
  readonly name: string;
  readonly wasi: WasiInterfaces;
  readonly functions: ReadonlyMap<string, ImportedFunction>;
  readonly classes: ReadonlyMap<Resource, ForeignClass>;
}

type JsFunction = (...args: unknown[]) => unknown;

/** @throws {Fault} `link-failed` (I1) */
export function importsObject(
  world: World,
  signatures: readonly Signature[],
  source: ImportSource,
  guest: Guest,
): Record<string, unknown> {
  refuseMissing(world.imports, signatures, source);
  const imports: Record<string, Record<string, unknown>> = {};
  for (const [id, { types }] of world.imports.interfaces) {
    imports[id] = isWasi(id) ? { ...source.wasi[withoutVersion(id)] } : classesOf([...types.values()], source);
  }
  for (const signature of signatures) {
    const bound = bind(signature, given(signature, source), guest, source.name);
    if (signature.interface === null) imports[signature.fn.name] = { default: bound };
    else place(imports[signature.interface] ?? {}, signature, bound, source);
  }
  return imports;
}

function place(target: Record<string, unknown>, signature: Signature, bound: JsFunction, source: ImportSource): void {
  const { fn } = signature;
  const owner = fn.resource === null ? undefined : source.classes.get(fn.resource);
  if (owner === undefined) target[lowerCamel(fn.name)] = bound;
  else owner.define(fn.shape, lowerCamel(memberName(fn)), bound);
}

function classesOf(types: readonly (Resource | { kind: string })[], source: ImportSource): Record<string, unknown> {
  const classes: Record<string, unknown> = {};
  for (const type of types) {
    const owner = type.kind === "resource" ? source.classes.get(type as Resource) : undefined;
    if (owner !== undefined) classes[upperCamel(owner.resource.name.name)] = owner.constructor;
  }
  return classes;
}

function given(signature: Signature, source: ImportSource): ImportedFunction {
  const found = source.functions.get(signature.key);
  if (found === undefined) throw new Defect(`import ${signature.key} vanished while linking`);
  return found;
}

function bind(signature: Signature, imported: ImportedFunction, guest: Guest, source: string): JsFunction {
  const { params, result, fn } = signature;
  const answered = (value: Value): unknown => {
    if (fn.result === null || result === null) return undefined;
    checkValue(fn.result, value, `answer of ${signature.key}`);
    return result.lower(value, guest.resources);
  };
  const failed = (thrown: unknown): never => {
    throw guest.importFailed(thrown); // I3
  };
  const lifted = (args: readonly unknown[]): Value[] => {
    try {
      return params.map((codec, at) => codec.lift(args[at], guest.resources)); // I2
    } catch (thrown) {
      throw invalidValue(source, "passed", signature.key, String((thrown as Error).message), { cause: thrown });
    }
  };
  return (...args) => {
    guest.refuseWhenDead();
    try {
      const values = lifted(args);
      const answer = guest.outside(() => imported.call(values));
      if (!(answer instanceof Promise)) return answered(answer);
      if (imported.colour === "sync" && !fn.async) throw cannotWait(signature.key, answer); // I4
      return answer.then(answered).catch(failed);
    } catch (thrown) {
      return failed(thrown);
    }
  };
}

/** Such an import comes about when a provider that answered at once was lost and has to be started anew. */
function cannotWait(key: string, answer: Promise<unknown>): Fault {
  answer.catch(() => {}); // nobody waits for it
  return new Fault("import-failed", `${key} had to wait, and its caller was started when it did not`, {
    hint: "Run the program again.",
  });
}

function refuseMissing(side: WorldSide, signatures: readonly Signature[], source: ImportSource): void {
  const missing = signatures.map((each) => each.key).filter((key) => !source.functions.has(key));
  missing.push(...missingWasi(side, source.wasi));
  if (missing.length === 0) return;
  throw linkFault(source.name, missing, source.functions.keys());
}

/** Functions and resources of WASI that the plugin imports and this host does not have. */
function* missingWasi(side: WorldSide, wasi: WasiInterfaces): Generator<string> {
  for (const [id, { functions }] of side.interfaces) {
    if (!isWasi(id)) continue;
    const offered = wasi[withoutVersion(id)];
    for (const [name, fn] of functions) {
      const js = fn.resource === null ? lowerCamel(name) : upperCamel(fn.resource.name.name);
      if (offered?.[js] === undefined) yield `${id}#${name}`;
    }
  }
}
