/**
 * The handles of one Python instance: which numbers the guest may use for which resources.
 *
 *   R1  The guest names the host's resources by numbers of this table only, so that it cannot forge a handle of another's.
 *   R2  What was lent for a call (`borrow`) is taken back when the call ends.
 *   R3  Encoding changes nothing until `commit`: arguments that turn out wrong leave every handle where it was.
 */
import type { Resource, WitType } from "../../wit/types.ts";
import { Callback, Handle, type Value } from "../../wit/value.ts";
import { type HandleTable, Mismatch } from "./marshal.ts";

type HandleType = WitType & { readonly kind: "own" | "borrow" };

interface Entry {
  readonly resource: Resource;
  readonly value: Value;
  readonly lent: boolean;
}

export class Handles implements HandleTable {
  readonly #instance: number;
  readonly #isExported: (resource: Resource) => boolean;
  /** Objects of the guest that the host holds. */
  readonly #exported = new Map<number, Resource>();
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
    if (type.kind === "borrow") throw new Mismatch(`a borrowed ${type.resource.name.name} cannot leave its instance`);
    if (this.#exported.has(number)) throw new Mismatch(`the same ${type.resource.name.name} was given out twice`);
    this.#exported.set(number, type.resource);
    this.#highest = Math.max(this.#highest, number);
    return new Handle(this.#instance, number);
  }

  #liftImported(type: HandleType, number: number): Value {
    const entry = this.#imported.get(number);
    const wanted = type.resource.name;
    if (entry === undefined || entry.resource !== type.resource)
      throw new Mismatch(`expected a ${wanted.name} that the plugin holds`);
    if (type.kind === "borrow") return entry.value;
    if (entry.lent) throw new Mismatch(`a borrowed ${wanted.name} cannot be given away`);
    this.#imported.delete(number);
    return entry.value;
  }

  /** The arguments were all right: what they gave away is gone. Returns what was lent, for `endLoan`. */
  commit(): readonly number[] {
    for (const id of this.#given) this.#exported.delete(id);
    const lent = this.#lent;
    this.#given = [];
    this.#lent = [];
    this.#added = [];
    return lent;
  }

  /** The arguments were wrong (R3). */
  rollback(): void {
    for (const id of this.#added) this.#imported.delete(id);
    this.#given = [];
    this.#lent = [];
    this.#added = [];
  }

  endLoan(lent: readonly number[]): void {
    for (const number of lent) this.#imported.delete(number);
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
