/**
 * Resources that somebody else implements, as classes that jco accepts from the host.
 *
 *   F1  One class per resource and instance: an object made for another instance is not an instance of it.
 *   F2  An object in the guest stands for one value of the host: a `Callback`, or a `Handle` of another plugin.
 */
import { Fault } from "../../../fault.ts";
import type { Resource, WitFunction } from "../../../wit/types.ts";
import { Handle, Opaque, type Value } from "../../../wit/value.ts";
import { notOne, type HostResource } from "./resources.ts";

type JsFunction = (...args: unknown[]) => unknown;

/** A class made at run time, with the members that the imports give it. */
export interface ForeignClass extends HostResource {
  readonly resource: Resource;
  readonly constructor: new (...args: unknown[]) => object;
  readonly define: (shape: WitFunction["shape"], name: string, call: JsFunction) => void;
}

/** `dropped` learns that the guest let go of an object it owned. */
export function foreignClass(resource: Resource, dropped: (value: Value) => unknown): ForeignClass {
  const values = new WeakMap<object, Value>();
  let construct: JsFunction | undefined;

  class Foreign {
    constructor(...args: unknown[]) {
      if (args[0] === values) return; // made by `enter`
      const made = construct?.(...args);
      if (!(made instanceof Foreign)) throw new Fault("link-failed", `${resource.name.name} has no constructor here`);
      return made;
    }
    [Symbol.dispose](): void {
      const value = values.get(this);
      if (value !== undefined) dropped(value);
    }
  }

  const enter = (value: Value): object => {
    if (!(value instanceof Handle) && !(value instanceof Opaque)) throw notOne(resource);
    const object = new Foreign(values);
    values.set(object, value);
    return object;
  };
  return {
    resource,
    constructor: Foreign,
    enter,
    leave: (object) => (object instanceof Foreign ? values.get(object) : undefined),
    define: (shape, name, call) => {
      if (shape === "constructor") construct = call;
      else if (shape === "static") Object.defineProperty(Foreign, name, { value: call });
      else Object.defineProperty(Foreign.prototype, name, { value: methodOf(call) });
    },
  };
}

/** jco calls a method on its object; a WIT method takes it as its first argument. */
function methodOf(call: JsFunction): JsFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    return call(this, ...args);
  };
}
