/**
 * The exports of one instance: how each WIT function is called on the object that jco's script returned.
 */
import { Defect } from "../../fault.ts";
import { lowerCamel, memberName, upperCamel } from "../names.ts";
import type { Signature } from "./signature.ts";

export interface Bound {
  readonly signature: Signature;
  /** Arguments and answer are in jco's form; a promise when the export may suspend. */
  readonly invoke: (args: readonly unknown[]) => unknown;
}

type Callable = (...args: unknown[]) => unknown;
type Members = Readonly<Record<string, unknown>>;

export function bindExports(exported: Members, signatures: readonly Signature[]): ReadonlyMap<string, Bound> {
  return new Map(signatures.map((each) => [each.key, { signature: each, invoke: invokerOf(exported, each) }]));
}

function invokerOf(exported: Members, { interface: id, fn }: Signature): Bound["invoke"] {
  const scope = id === null ? exported : (exported[id] as Members);
  const name = lowerCamel(memberName(fn));
  switch (fn.shape) {
    case "function":
      return spread(callable(scope[name], fn.name));
    case "static": {
      const owner = classOf(scope, fn.resource?.name.name) as unknown as Members;
      return spread(callable(owner[name], fn.name));
    }
    case "constructor": {
      const owner = classOf(scope, fn.resource?.name.name);
      return (args) => new owner(...args);
    }
    case "method":
      return ([self, ...args]) => callable((self as Members)[name], fn.name).apply(self, args);
  }
}

/** A call with its arity known is several times cheaper than one that spreads an array. */
function spread(fn: Callable): Bound["invoke"] {
  return (args) => {
    switch (args.length) {
      case 0:
        return fn();
      case 1:
        return fn(args[0]);
      case 2:
        return fn(args[0], args[1]);
      default:
        return fn(...args);
    }
  };
}

function classOf(scope: Members, resource = ""): new (...args: unknown[]) => object {
  return callable(scope[upperCamel(resource)], resource) as unknown as new (...args: unknown[]) => object;
}

function callable(found: unknown, name: string): Callable {
  if (typeof found !== "function") throw new Defect(`jco exports nothing for ${name}`);
  return found as Callable;
}
