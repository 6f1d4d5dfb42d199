/** The objects of resources that functions of one instance gave out, by handle. */
import { Fault } from "../../fault.ts";
import type { Resource, WitFunction } from "../../wit/types.ts";
import { Handle, type Value } from "../../wit/value.ts";
import { misfit } from "./misfit.ts";
import type { HandleType, PlainHandles } from "./handles.ts";

interface Held {
  readonly resource: Resource;
  readonly object: object;
}

export class Objects implements PlainHandles {
  readonly #instance: number;
  readonly #held = new Map<number, Held>();
  #next = 1;

  constructor(instance: number) {
    this.#instance = instance;
  }

  readonly toPlain = (type: HandleType, handle: Handle): unknown => {
    const held = handle.instance === this.#instance ? this.#held.get(handle.id) : undefined;
    if (type.kind === "own") this.#held.delete(handle.id);
    if (held === undefined) throw movedAway(type.resource.name.name);
    return held.object;
  };

  readonly fromPlain = ({ resource }: HandleType, plain: unknown): Handle => {
    if (typeof plain !== "object" || plain === null) throw misfit(`an object of ${resource.name.name}`, plain);
    const id = this.#next++;
    this.#held.set(id, { resource, object: plain });
    return new Handle(this.#instance, id);
  };

  /** Every handle among the arguments that stand alone is one that was given out and not given away. */
  check({ params }: WitFunction, args: readonly Value[]): void {
    params.forEach(({ type }, index) => {
      const handle = args[index];
      if ((type.kind !== "own" && type.kind !== "borrow") || !(handle instanceof Handle)) return;
      const { name } = type.resource.name;
      if (handle.instance !== this.#instance || handle.id >= this.#next) {
        throw new Fault("type-mismatch", `This is not a ${name} of this program`);
      }
      const held = this.#held.get(handle.id);
      if (held === undefined) throw movedAway(name);
      if (held.resource !== type.resource)
        throw new Fault("type-mismatch", `A ${held.resource.name.name} is not a ${name}`);
    });
  }

  drop(id: number): void {
    this.#held.delete(id);
  }

  clear(): void {
    this.#held.clear();
  }
}

function movedAway(name: string): Fault {
  return new Fault("moved", `This ${name} was passed away or dropped before`);
}
