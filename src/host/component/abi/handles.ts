/**
 * The handles of one component instance: those that the guest holds, and those that the host holds of the guest.
 *
 *   T1  One index space for all resources; 0 is never an index; a freed index is used again, latest first. There is an
 *       end to them.
 *   T2  An entry knows its resource, whether it owns, and how often it is lent: one that is lent cannot be given away.
 *   T3  A handle borrowed for a call is dropped when the call answers, or the guest traps.
 *   T4  A `Handle` that the host holds names one object of this instance; ids are never used again. Passed as `own` it
 *       is moved away, and a later use fails with `moved`.
 *   T5  The guest sees an object of its own by what it called it (`rep`), one of the host's by an index only.
 */
import { Defect, Fault } from "../../../fault.ts";
import type { Resource } from "../../../wit/types.ts";
import { Handle, Opaque, type Value } from "../../../wit/value.ts";
import { AbiTrap } from "./trap.ts";

/** Runs when the last owner of a guest's object lets go of it; a promise where the guest may suspend. */
export type Destructor = (rep: number) => unknown;

/** A resource as this instance knows it. Made on first mention; what is said about it may come later. */
export interface ResourceKind {
  readonly resource: Resource;
  /** Whether this component implements it; else the host, or another plugin behind it. */
  guest: boolean;
  /** Of a guest's resource. */
  destructor: Destructor | null;
  /** As `destructor`, when the host is the one that drops: wrapped by `WebAssembly.promising` where it may suspend. */
  hostDestructor: Destructor | null;
  /** Of a host's resource: the guest let go of one it owned. May be a promise. */
  dropped: (value: Value) => unknown;
}

/** What one index of the guest stands for. `rep` is a number for the guest's own resource and a Value for others. */
export interface Entry {
  readonly kind: ResourceKind;
  readonly rep: Value;
  readonly own: boolean;
  /** The call that the handle is borrowed for. */
  readonly scope: BorrowScope | null;
  lends: number;
}

/** What is borrowed during one call: by the guest from its caller, or by the host from the guest. */
export class BorrowScope {
  /** Handles that the guest still has to drop. */
  borrowed = 0;
  readonly #table: HandleTable;
  #lenders: Entry[] | null = null;
  #temporary: number[] | null = null;

  constructor(table: HandleTable) {
    this.#table = table;
  }

  lend(entry: Entry): void {
    entry.lends++;
    (this.#lenders ??= []).push(entry);
  }

  /** A host's handle that lives as long as the call. */
  temporary(id: number): void {
    (this.#temporary ??= []).push(id);
  }

  /** The guest answered. @throws {AbiTrap} when it still holds what it borrowed (T3) */
  refuseHeld(): void {
    if (this.borrowed === 0) return;
    throw new AbiTrap(`the guest kept ${this.borrowed} borrowed handle(s) after the call they were borrowed for`);
  }

  /** The host answered: what it borrowed is the guest's alone again. */
  giveBack(): void {
    if (this.#lenders !== null) for (const entry of this.#lenders) entry.lends--;
    if (this.#temporary !== null) for (const id of this.#temporary) this.#table.forget(id);
  }
}

interface Lent {
  readonly kind: ResourceKind;
  readonly rep: number;
}

/** The specification allows 2^28 - 1, which would be some 16 GB of the host's memory. */
export const MOST_HANDLES: number = 2 ** 20;

/** The guest's side of a table, as it stands. */
export interface HeldHandles {
  readonly entries: readonly (Entry | undefined)[];
  readonly free: readonly number[];
  /** The number of the next handle that the host will be given. */
  readonly next: number;
}

export class HandleTable {
  readonly instance: number;
  readonly #kinds = new Map<Resource, ResourceKind>();
  #entries: (Entry | undefined)[] = [undefined];
  #free: number[] = [];
  readonly #lent = new Map<number, Lent>();
  #next = 1;

  constructor(instance: number) {
    this.instance = instance;
  }

  /** How many handles the host holds. */
  get size(): number {
    return this.#lent.size;
  }

  /** How many handles the guest holds. */
  get held(): number {
    return this.#entries.length - 1 - this.#free.length;
  }

  /** A resource that nothing was said about is the host's, and nobody asks when one is dropped. */
  kindOf(resource: Resource): ResourceKind {
    const known = this.#kinds.get(resource);
    if (known !== undefined) return known;
    const kind: ResourceKind = { resource, guest: false, destructor: null, hostDestructor: null, dropped: () => {} };
    this.#kinds.set(resource, kind);
    return kind;
  }

  /** This component implements the resource. */
  defineGuest(resource: Resource, destructor: Destructor | null, hostDestructor: Destructor | null = destructor): void {
    Object.assign(this.kindOf(resource), { guest: true, destructor, hostDestructor });
  }

  /** Somebody else implements it: the guest's objects of it stand for values. `dropped` may give a promise. */
  defineHost(resource: Resource, dropped: (value: Value) => unknown): void {
    Object.assign(this.kindOf(resource), { guest: false, dropped });
  }

  /** All that the guest holds, to be saved. */
  saved(): HeldHandles {
    return { entries: this.#entries, free: this.#free, next: this.#next };
  }

  /** Takes what was saved for all that the guest holds. */
  restore({ entries, free, next }: HeldHandles): void {
    this.#entries = [...entries];
    this.#free = [...free];
    this.#next = next;
  }

  // What the guest holds.

  /** @throws {AbiTrap} */
  add(kind: ResourceKind, rep: Value, scope: BorrowScope | null): number {
    if (scope !== null) scope.borrowed++;
    const entry: Entry = { kind, rep, own: scope === null, scope, lends: 0 };
    const index = this.#free.pop() ?? this.#entries.length;
    if (index > MOST_HANDLES) throw new AbiTrap(`the guest has more than ${MOST_HANDLES} handles`);
    this.#entries[index] = entry;
    return index;
  }

  /** @throws {AbiTrap} */
  get(index: number, kind: ResourceKind): Entry {
    const entry = this.#entries[index];
    if (entry === undefined) throw new AbiTrap(`${index} is no handle`);
    if (entry.kind !== kind) {
      throw new AbiTrap(`handle ${index} is of \`${nameOf(entry.kind)}\`, not of \`${nameOf(kind)}\``);
    }
    return entry;
  }

  /** Takes an entry out. @throws {AbiTrap} also when it is lent (T2) */
  remove(index: number, kind: ResourceKind): Entry {
    const entry = this.get(index, kind);
    if (entry.lends > 0) throw new AbiTrap(`handle ${index} is given away while it is lent`);
    this.#entries[index] = undefined;
    this.#free.push(index);
    return entry;
  }

  // What the host holds of the guest (T4).

  lend(kind: ResourceKind, rep: number): Handle {
    const id = this.#next++;
    this.#lent.set(id, { kind, rep });
    return new Handle(this.instance, id);
  }

  /** What the guest calls the object behind a handle. @throws {Fault} `type-mismatch`, `moved` */
  repOf(value: Value, kind: ResourceKind): number {
    return this.#lentOf(value, kind).rep;
  }

  /** As `repOf`, and the handle is gone. @throws {Fault} `type-mismatch`, `moved` */
  take(value: Value, kind: ResourceKind): number {
    const { rep } = this.#lentOf(value, kind);
    this.#lent.delete((value as Handle).id);
    return rep;
  }

  /** Forgets a handle and runs the guest's destructor. Twice is nothing. */
  drop(id: number): void | Promise<void> {
    const lent = this.#lent.get(id);
    if (lent === undefined) return;
    this.#lent.delete(id);
    const done = lent.kind.hostDestructor?.(lent.rep);
    if (done instanceof Promise) return done.then(() => {});
  }

  /** Forgets a handle; the object stays. */
  forget(id: number): void {
    this.#lent.delete(id);
  }

  /** Forgets everything; the guest's memory goes with its instance, so no destructor runs. */
  close(): void {
    this.#lent.clear();
    this.#entries.length = 1;
    this.#free.length = 0;
  }

  #lentOf(value: Value, kind: ResourceKind): Lent {
    if (!kind.guest) throw new Defect(`${nameOf(kind)} is not the guest's own`);
    if (!(value instanceof Handle) || value.instance !== this.instance) throw notOne(kind);
    const lent = this.#lent.get(value.id);
    if (lent === undefined) throw moved(kind);
    if (lent.kind !== kind) throw notOne(kind);
    return lent;
  }
}

/** A value that may stand for an object of the host. @throws {Fault} `type-mismatch` */
export function hostObject(value: Value, kind: ResourceKind): Value {
  if (value instanceof Handle || value instanceof Opaque) return value;
  throw notOne(kind);
}

function nameOf(kind: ResourceKind): string {
  return kind.resource.name.name;
}

function notOne(kind: ResourceKind): Fault {
  return new Fault("type-mismatch", `Expected a ${nameOf(kind)} of this instance`);
}

export function moved(kind: ResourceKind): Fault {
  return new Fault("moved", `This ${nameOf(kind)} was passed away or dropped before`, {
    hint: "A resource passed as `own` belongs to its receiver; make a new one.",
  });
}
