/**
 * The handles between a run and one instance's objects.
 *
 *   R1  A handle that the workflow holds names one object of this instance; ids are never used again.
 *   R2  Passing a handle as `own` moves it away; a later use fails with `moved`. A call that is refused moves nothing.
 *   R3  The other direction, objects of the host that the guest holds (callbacks, resources of other plugins), are
 *       instances of a `Guest…` class made per instance, so that jco takes them and nobody else's.
 */
import { Fault } from "../../../fault.ts";
import type { Resource } from "../../../wit/types.ts";
import { Handle, type Value } from "../../../wit/value.ts";

/** What jco makes for a resource that the guest exports. */
export type GuestObject = object & { [Symbol.dispose]?: () => void };

/** A class for a resource that the host implements, as the codec sees it. */
export interface HostResource {
  /** The object that stands for a value in the guest. @throws {Fault} `type-mismatch`, `moved` */
  readonly enter: (value: Value, own: boolean) => object;
  /** The value that a guest's object stands for; undefined when it is not one of ours. */
  readonly leave: (object: unknown, own: boolean) => Value | undefined;
}

interface Lent {
  readonly object: GuestObject;
  readonly resource: Resource;
}

/** The resources of one instance. Owned by the instance, which closes it. */
export class Resources {
  readonly instance: number;
  readonly host: ReadonlyMap<Resource, HostResource>;
  readonly #lent = new Map<number, Lent>();
  readonly #ids = new WeakMap<object, number>();
  #taken: [id: number, lent: Lent][] = [];
  #next = 1;

  constructor(instance: number, host: ReadonlyMap<Resource, HostResource>) {
    this.instance = instance;
    this.host = host;
  }

  /** How many handles are out. */
  get size(): number {
    return this.#lent.size;
  }

  /** Gives out a handle for an object of the guest (lift). */
  lend(object: unknown, resource: Resource): Handle {
    if (typeof object !== "object" || object === null) throw new TypeError(`this is no ${resource.name.name}`);
    const known = this.#ids.get(object);
    if (known !== undefined && this.#lent.has(known)) return new Handle(this.instance, known);
    const id = this.#next++;
    this.#lent.set(id, { object, resource });
    this.#ids.set(object, id);
    return new Handle(this.instance, id);
  }

  /** The object behind a handle (lower). `own` takes it away from the workflow (R2). */
  take(value: Value, resource: Resource, own: boolean): GuestObject {
    if (!(value instanceof Handle) || value.instance !== this.instance) throw notOne(resource);
    const lent = this.#lent.get(value.id);
    if (lent === undefined) throw movedAway(resource);
    if (lent.resource !== resource) throw notOne(resource);
    if (own) {
      this.#lent.delete(value.id);
      this.#taken.push([value.id, lent]);
    }
    return lent.object;
  }

  /** Lowers the arguments of a call: all handles are taken, or none (R2). */
  takeAll<T>(lower: () => T): T {
    this.#taken = [];
    try {
      return lower();
    } catch (thrown) {
      for (const [id, lent] of this.#taken) this.#lent.set(id, lent);
      throw thrown;
    }
  }

  /** Forgets a handle and runs the guest's destructor. Twice is nothing. */
  drop(id: number): void {
    const lent = this.#lent.get(id);
    if (lent === undefined) return;
    this.#lent.delete(id);
    lent.object[Symbol.dispose]?.();
  }

  /** Forgets every handle; the guest's memory goes with its instance, so no destructor runs. */
  close(): void {
    this.#lent.clear();
  }
}

export function notOne(resource: Resource): Fault {
  return new Fault("type-mismatch", `Expected a ${resource.name.name} of this instance`);
}

export function movedAway(resource: Resource): Fault {
  return new Fault("moved", `This ${resource.name.name} was passed away or dropped before`, {
    hint: "A resource passed as `own` belongs to its receiver; make a new one.",
  });
}
