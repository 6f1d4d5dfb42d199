/**
 * The exports of one instance: how each WIT function is called on the object that jco's script returned.
 */
import { Defect } from "../../../fault.ts";
import { CaseValue, ERR, OK, type Value } from "../../../wit/value.ts";
import { lowerCamel, memberName, upperCamel } from "../../names.ts";
import type { Bound } from "../guest.ts";
import type { Lifting } from "./lifting.ts";
import { trapOfPointer } from "./misread.ts";
import type { Resources } from "./resources.ts";
import type { Signature } from "./signature.ts";

type Callable = (...args: unknown[]) => unknown;
type Invoke = (args: readonly unknown[]) => unknown;
type Members = Readonly<Record<string, unknown>>;

export function bindExport(exported: Members, signature: Signature, resources: Resources, lifting: Lifting): Bound {
  const { key, fn, params, check, result } = signature;
  const invoke = invokerOf(exported, signature);
  let lowered: unknown[] = [];
  const answered = (js: unknown): Value => {
    const { success } = signature;
    if (success !== undefined) return new CaseValue(OK, success === null ? null : success.lift(js, resources));
    return result === null ? null : result.lift(js, resources);
  };
  /** jco throws the error case of a `result`; everything else is the instance's end. */
  const threw = (thrown: unknown): Value => {
    const { failure } = signature;
    if (failure === undefined || !isErr(thrown)) throw trapOfPointer(thrown);
    return new CaseValue(ERR, failure === null ? null : failure.lift(thrown.payload, resources));
  };
  return {
    key,
    async: fn.async,
    check,
    // Lowering takes handles away from the workflow, and refuses those that are gone.
    admit: (args) => {
      lowered = resources.takeAll(() => params.map((param, at) => param.lower(args[at] as Value, resources)));
    },
    invoke: () => {
      let answer: unknown;
      lifting.reset();
      try {
        answer = invoke(lowered);
      } catch (thrown) {
        return threw(thrown);
      }
      return answer instanceof Promise ? answer.then(answered, threw) : answered(answer);
    },
  };
}

function invokerOf(exported: Members, { interface: id, fn }: Signature): Invoke {
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
function spread(fn: Callable): Invoke {
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

/** jco's wrapper of the error case of a `result`. */
function isErr(thrown: unknown): thrown is Error & { payload: unknown } {
  return thrown instanceof Error && thrown.constructor.name === "ComponentError" && Object.hasOwn(thrown, "payload");
}
