/**
 * The imports of one instance, in the form that jco's bindings take: by interface, functions and classes.
 *
 *   J1  What a guest passes is lifted before the host sees it.
 *   J2  jco takes a promise for a zero where it expects none, and never settles an export whose import rejects: both are
 *       stopped before they reach it (I4 of import-call.ts, N3 of instance.ts).
 */
import type { Resource, World } from "../../../wit/types.ts";
import type { Value } from "../../../wit/value.ts";
import { invalidValue } from "../../invalid-value.ts";
import { lowerCamel, memberName, upperCamel } from "../../names.ts";
import type { Guest } from "../guest.ts";
import { importCall, type Imports } from "../import-call.ts";
import type { ForeignClass } from "./foreign.ts";
import type { Lifting } from "./lifting.ts";
import type { Resources } from "./resources.ts";
import type { Signature } from "./signature.ts";

type JsFunction = (...args: unknown[]) => unknown;
type Classes = ReadonlyMap<Resource, ForeignClass>;

/** The instance that imports. */
export interface Caller {
  readonly guest: Guest;
  readonly resources: Resources;
  readonly lifting: Lifting;
}

export function importsObject(
  world: World,
  signatures: readonly Signature[],
  imports: Imports,
  classes: Classes,
  to: Caller,
): Record<string, unknown> {
  const object: Record<string, Record<string, unknown>> = {};
  for (const [id, { types }] of world.imports.interfaces) object[id] = classesOf([...types.values()], classes);
  for (const signature of signatures) {
    const bound = bind(signature, imports, to);
    if (signature.interface === null) object[signature.fn.name] = { default: bound };
    else place(object[signature.interface] ?? {}, signature, bound, classes);
  }
  return object;
}

function place(target: Record<string, unknown>, signature: Signature, bound: JsFunction, classes: Classes): void {
  const { fn } = signature;
  const owner = fn.resource === null ? undefined : classes.get(fn.resource);
  if (owner === undefined) target[lowerCamel(fn.name)] = bound;
  else owner.define(fn.shape, lowerCamel(memberName(fn)), bound);
}

function classesOf(types: readonly (Resource | { kind: string })[], all: Classes): Record<string, unknown> {
  const classes: Record<string, unknown> = {};
  for (const type of types) {
    const owner = type.kind === "resource" ? all.get(type as Resource) : undefined;
    if (owner !== undefined) classes[upperCamel(owner.resource.name.name)] = owner.constructor;
  }
  return classes;
}

function bind(signature: Signature, imports: Imports, { guest, resources, lifting }: Caller): JsFunction {
  const { key, params, result, fn } = signature;
  const call = importCall(key, fn, imports, guest);
  const answered = (value: Value): unknown => (result === null ? undefined : result.lower(value, resources));
  const failed = (thrown: unknown): never => {
    throw guest.importFailed(thrown);
  };
  const lifted = (args: readonly unknown[]): Value[] => {
    try {
      return params.map((codec, at) => codec.lift(args[at], resources)); // J1
    } catch (thrown) {
      throw invalidValue(guest.source, "passed", key, String((thrown as Error).message), { cause: thrown });
    }
  };
  return (...args) => {
    lifting.reset(); // the arguments are lifted
    try {
      const answer = call(lifted(args));
      return answer instanceof Promise ? answer.then(answered).catch(failed) : answered(answer);
    } catch (thrown) {
      return failed(thrown);
    }
  };
}
