/**
 * Handles in both directions.
 *
 *   L1  An object of the guest's is held in the registry from when its handle leaves until the handle is dropped or comes back owned.
 *   L2  A handle of another's is a full userdata that holds a number into a table of the host's. Guests cannot make userdata, so
 *       what is read was given, and is still looked at: its resource, and whether it was given away.
 *   L3  Handles that are given away leave only once all values of a call are known to be good: `commit` or `revoke` after a push,
 *       `accept` or `reject` after a read.
 *   L4  A guest's object costs the budget when it is read, so that one that is passed a million times is no small thing; a handle of
 *       another's that was given away costs nothing any more.
 */
import { type LiftBudget, OVERHEAD } from "../../wit/budget.ts";
import { isCallbackResource } from "../../wit/validate.ts";
import type { Resource, WitType } from "../../wit/types.ts";
import { Callback, Handle, type Value } from "../../wit/value.ts";
import type { StateReader, StateWriter } from "../state/bytes.ts";
import { NIL, type Pointer, USERDATA } from "./api.ts";
import { type Codec, type HandleCodecs } from "./codec.ts";
import type { LuaMachine } from "./machine.ts";
import { Misfit } from "./misfit.ts";

type HandleType = Extract<WitType, { kind: "own" | "borrow" }>;

interface Own {
  readonly resource: Resource;
  readonly ref: number;
}

interface Foreign {
  readonly number: number;
  readonly resource: Resource;
  readonly handle: Handle;
}

export interface HandleOptions {
  readonly machine: LuaMachine;
  readonly budget: LiftBudget;
  /** The instance's own id. */
  readonly instance: number;
  /** The resources that the guest implements; all others are imported. */
  readonly exported: ReadonlySet<Resource>;
  /** Pushes the metatable of handles of an imported resource. */
  readonly pushClass: (thread: Pointer, resource: Resource) => void;
  readonly pushCallback: (thread: Pointer, callback: Callback, lent: boolean) => void;
}

export class Handles implements HandleCodecs {
  readonly #options: HandleOptions;
  /** Objects of the guest's by handle. */
  readonly #own = new Map<number, Own>();
  readonly #leaving = new Set<number>();
  /** Handles of others, by the number in their userdata. */
  readonly #foreign = new Map<number, Foreign>();
  readonly #known = new Map<string, Foreign>();
  readonly #lent = new Set<Foreign>();
  /** By the read that is on its way. */
  readonly #taken: Foreign[] = [];
  #next = 1;
  #nextForeign = 1;

  constructor(options: HandleOptions) {
    this.#options = options;
  }

  /** How many handles there are on either side. */
  get size(): number {
    return this.#own.size + this.#foreign.size;
  }

  /** How many handles there were, so that no number is used again; false while there is one. */
  save(to: StateWriter): boolean {
    for (const each of [this.#next, this.#nextForeign]) to.f64(each);
    return this.size === 0;
  }

  restore(from: StateReader): void {
    this.#next = from.whole();
    this.#nextForeign = from.whole();
  }

  of(type: HandleType): Codec {
    if (isCallbackResource(type.resource)) return this.#callbackCodec(type);
    return this.#options.exported.has(type.resource) ? this.#ownCodec(type) : this.#foreignCodec(type);
  }

  /** All arguments are in place: handles that the host gave back are gone (L3). */
  commit(): void {
    for (const id of this.#leaving) this.drop(id);
    this.#leaving.clear();
  }

  /** An argument was refused: nothing leaves. */
  revoke(): void {
    this.#leaving.clear();
  }

  /** All that was read is good. */
  accept(): void {
    this.#taken.length = 0;
  }

  /** Something that was read is refused: everything is whose it was. Not for objects of the guest's, which no import can take. */
  reject(): void {
    for (const foreign of this.#taken.splice(0)) this.#keep(foreign);
  }

  /** No call is running: handles that were lent to one are over. */
  endLoans(): void {
    for (const foreign of this.#lent) this.#give(foreign);
    this.#lent.clear();
  }

  drop(id: number): void {
    const own = this.#own.get(id);
    if (own === undefined) return;
    this.#own.delete(id);
    this.#options.machine.release(own.ref);
  }

  /** The handle in the userdata on top of the stack, which the guest gives up. */
  takeForeign(thread: Pointer): { readonly resource: Resource; readonly handle: Handle } {
    const found = this.#foreignAt(thread, "handle");
    this.#give(found);
    return found;
  }

  #ownCodec({ kind, resource }: HandleType): Codec {
    const { machine, instance, budget } = this.#options;
    return {
      slots: 2,
      push: (thread, value) => {
        const { id } = value as Handle;
        const { ref } = this.#ownAt(value as Handle, resource);
        if (kind === "own") this.#leaving.add(id);
        machine.push(thread, ref);
      },
      read: (thread) => {
        if (machine.api.lua_type(thread, -1) === NIL)
          throw new Misfit("type-mismatch", `nil is no ${resource.name.name}`);
        budget.bytes(OVERHEAD.handle); // L4
        machine.api.lua_pushvalue(thread, -1);
        const id = this.#next++;
        this.#own.set(id, { resource, ref: machine.take(thread) });
        return new Handle(instance, id);
      },
    };
  }

  #ownAt({ id, instance }: Handle, resource: Resource): Own {
    const { name } = resource.name;
    if (instance !== this.#options.instance || id >= this.#next) {
      throw new Misfit("type-mismatch", `this is not a ${name} of this instance`);
    }
    const own = this.#own.get(id);
    if (own === undefined || this.#leaving.has(id)) {
      throw new Misfit("moved", `this ${name} was passed away or dropped before`);
    }
    if (own.resource !== resource) throw new Misfit("type-mismatch", `a ${own.resource.name.name} is not a ${name}`);
    return own;
  }

  #foreignCodec({ kind, resource }: HandleType): Codec {
    const { machine } = this.#options;
    return {
      slots: 3,
      push: (thread, value) => {
        const number = this.#number(resource, value as Handle, kind);
        const at = machine.api.lua_newuserdatauv(thread, 4, 0);
        machine.setWord(at, number);
        this.#options.pushClass(thread, resource);
        machine.api.lua_setmetatable(thread, -2);
      },
      read: (thread) => {
        const found = this.#foreignAt(thread, resource.name.name);
        if (found.resource !== resource) {
          throw new Misfit("type-mismatch", `a handle of ${found.resource.name.name} is no ${resource.name.name}`);
        }
        if (kind === "own") this.#taken.push(this.#give(found));
        return found.handle;
      },
    };
  }

  #number(resource: Resource, handle: Handle, kind: HandleType["kind"]): number {
    const known = this.#known.get(nameOf(handle));
    const foreign = known?.resource === resource ? known : { number: this.#nextForeign++, resource, handle };
    if (foreign !== known) this.#keep(foreign);
    if (kind === "own") this.#lent.delete(foreign);
    else if (foreign !== known) this.#lent.add(foreign);
    return foreign.number;
  }

  #keep(foreign: Foreign): void {
    this.#foreign.set(foreign.number, foreign);
    this.#known.set(nameOf(foreign.handle), foreign);
  }

  #give(foreign: Foreign): Foreign {
    this.#foreign.delete(foreign.number);
    this.#known.delete(nameOf(foreign.handle));
    return foreign;
  }

  #foreignAt(thread: Pointer, what: string): Foreign {
    const { machine } = this.#options;
    const isHandle = machine.api.lua_type(thread, -1) === USERDATA;
    if (!isHandle) throw new Misfit("type-mismatch", "this is not a handle");
    const found = this.#foreign.get(machine.word(machine.api.lua_touserdata(thread, -1)));
    if (found === undefined) throw new Misfit("moved", `this ${what} was given away, or lent to a call that has ended`);
    return found;
  }

  #callbackCodec({ kind }: HandleType): Codec {
    return {
      slots: 8,
      push: (thread, value: Value) => {
        if (!(value instanceof Callback))
          throw new Misfit("type-mismatch", "this host passes callbacks as functions only");
        this.#options.pushCallback(thread, value, kind === "borrow");
      },
      read: () => {
        throw new Misfit("type-mismatch", "a callback cannot be passed back");
      },
    };
  }
}

function nameOf({ instance, id }: Handle): string {
  return `${instance}:${id}`;
}
