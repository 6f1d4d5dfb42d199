/**
 * The handles of one Python instance: which numbers the guest may use for which resources.
 *
 *   R1  The guest names the host's resources by numbers of this table only, so that it cannot forge a handle of another's.
 *   R2  What was lent for a call (`borrow`) is taken back when the call ends.
 *   R3  Encoding changes nothing until `commit`: arguments that turn out wrong leave every handle where it was; and `undo`
 *       takes back what a call moved that was never made.
 */
import type { Resource, WitType } from "../../wit/types.ts";
import { Callback, Handle, type Value } from "../../wit/value.ts";
import { type HandleTable, Mismatch } from "./marshal.ts";

/** What the arguments of one call moved: what was lent to the guest, given to it, and given back to it. */
export interface Moved {
  readonly lent: readonly number[];
  readonly added: readonly number[];
  readonly given: readonly number[];
}

const NOTHING: Moved = { lent: [], added: [], given: [] };

type HandleType = WitType & { readonly kind: "own" | "borrow" };

interface Entry {
  readonly resource: Resource;
  readonly value: Value;
  readonly lent: boolean;
}

/** A guest that gives out more objects than this at once is out to fill the host's memory. */
const MOST_EXPORTED = 1 << 20;

export class Handles implements HandleTable {
  readonly #instance: number;
  readonly #isExported: (resource: Resource) => boolean;
  /** Objects of the guest that the host holds. */
  readonly #exported = new Map<number, Resource>();
  /** What calls gave back to the guest that have not ended. */
  readonly #away = new Map<number, Resource>();
  /** Resources of the host, or of another plugin, that the guest holds. */
  readonly #imported = new Map<number, Entry>();
  /** The guest never uses a number twice, so one up to here that is not held was given away. */
  #highest = 0;
  #last = 0;
  #given: number[] = [];
  #lent: number[] = [];
  #added: number[] = [];

  constructor(instance: number, isExported: (resource: Resource) => boolean) {
    this.#instance = instance;
    this.#isExported = isExported;
  }

  /** Whether nobody holds anything of the other's. */
  get areNone(): boolean {
    return this.#exported.size === 0 && this.#away.size === 0 && this.#imported.size === 0;
  }

  /** So many objects were given out by the instance that this one goes on from. */
  goOn(objects: number): void {
    this.#highest = objects;
  }

  lower(type: HandleType, value: Value): number {
    const { resource } = type;
    if (!this.#isExported(resource)) return this.#lend(type, value);
    if (!(value instanceof Handle) || value.instance !== this.#instance)
      throw new Mismatch(`expected a ${resource.name.name} of this instance`);
    const known = this.#exported.get(value.id);
    if (this.#given.includes(value.id) || (known === undefined && value.id <= this.#highest)) {
      throw new Mismatch(`this ${resource.name.name} was passed away or dropped before`, "moved");
    }
    if (known !== resource) throw new Mismatch(`expected a ${resource.name.name} of this instance`);
    if (type.kind === "own") this.#given.push(value.id);
    return value.id;
  }

  #lend(type: HandleType, value: Value): number {
    const { resource } = type;
    if (!(value instanceof Handle) && !(value instanceof Callback))
      throw new Mismatch(`expected a ${resource.name.name}`);
    this.#last += 1;
    const lent = type.kind === "borrow";
    this.#imported.set(this.#last, { resource, value, lent });
    this.#added.push(this.#last);
    if (lent) this.#lent.push(this.#last);
    return this.#last;
  }

  lift(type: HandleType, number: number): Value {
    return this.#isExported(type.resource) ? this.#liftExported(type, number) : this.#liftImported(type, number);
  }

  #liftExported(type: HandleType, number: number): Value {
    if (type.kind === "borrow")
      throw new Mismatch(`a borrowed ${type.resource.name.name} cannot leave its instance`, "forged");
    if (this.#exported.has(number))
      throw new Mismatch(`the same ${type.resource.name.name} was given out twice`, "forged");
    if (this.#exported.size >= MOST_EXPORTED)
      throw new Mismatch(`${MOST_EXPORTED} objects were given out before`, "forged");
    this.#exported.set(number, type.resource);
    this.#highest = Math.max(this.#highest, number);
    return new Handle(this.#instance, number);
  }

  #liftImported(type: HandleType, number: number): Value {
    const entry = this.#imported.get(number);
    const wanted = type.resource.name;
    if (entry === undefined || entry.resource !== type.resource)
      throw new Mismatch(`expected a ${wanted.name} that the plugin holds`, "forged");
    if (type.kind === "borrow") return entry.value;
    if (entry.lent) throw new Mismatch(`a borrowed ${wanted.name} cannot be given away`, "forged");
    this.#imported.delete(number);
    return entry.value;
  }

  /** The arguments were all right: what they gave away is gone. */
  commit(): Moved {
    if (this.#added.length === 0 && this.#given.length === 0) return NOTHING;
    const moved: Moved = { lent: this.#lent, added: this.#added, given: this.#given };
    for (const id of moved.given) {
      const resource = this.#exported.get(id);
      this.#exported.delete(id);
      if (resource !== undefined) this.#away.set(id, resource);
    }
    this.#forget();
    return moved;
  }

  /** The arguments were wrong (R3). */
  rollback(): void {
    for (const id of this.#added) this.#imported.delete(id);
    this.#forget();
  }

  #forget(): void {
    if (this.#given.length > 0) this.#given = [];
    if (this.#lent.length > 0) this.#lent = [];
    if (this.#added.length > 0) this.#added = [];
  }

  /** The call was made, and has ended (R2). */
  endLoan(moved: Moved): void {
    for (const number of moved.lent) this.#imported.delete(number);
    for (const id of moved.given) this.#away.delete(id);
  }

  /** The call was never made (R3). */
  undo(moved: Moved): void {
    for (const number of moved.added) this.#imported.delete(number);
    for (const id of moved.given) {
      const resource = this.#away.get(id);
      this.#away.delete(id);
      if (resource !== undefined) this.#exported.set(id, resource);
    }
  }

  /** The guest lets go of a resource; gives it, if the guest held it for its own. */
  releaseImported(number: number): { readonly resource: Resource; readonly value: Value } | undefined {
    const entry = this.#imported.get(number);
    if (entry === undefined || entry.lent) return undefined;
    this.#imported.delete(number);
    return entry;
  }

  /** The host lets go of an object; false when it did not hold it. */
  releaseExported(id: number): boolean {
    return this.#exported.delete(id);
  }
}
