/**
 * Resources on the caller's side of the wall.
 *
 *   T1  What the instance made crosses as its own number, under the instance's id: it can name nothing of others.
 *   T2  What others made (resources of other plugins, functions of the workflow) crosses as a ticket: a number of this
 *       table, which says what it stands for and of which resource. A number it does not hold is a forgery.
 *   T3  A ticket that was lent for a call ends with the call; one that was given, when it is given back or dropped.
 */
import { Fault } from "../../../fault.ts";
import type { Resource, World } from "../../../wit/types.ts";
import { Callback, Handle, type Value } from "../../../wit/value.ts";
import { exportedResources } from "../../world.ts";
import { Broken } from "../frames/reader.ts";
import type { HandleMap, HandleType } from "../frames/writer.ts";

interface Ticket {
  readonly value: Value;
  readonly resource: Resource;
}

const MOST_TICKETS = 2 ** 20;

export class Tickets implements HandleMap {
  readonly #instance: number;
  readonly #exported: ReadonlySet<Resource>;
  readonly #tickets = new Map<number, Ticket>();
  #next = 1;
  #lent: number[] = [];

  constructor(instance: number, world: World) {
    this.#instance = instance;
    this.#exported = exportedResources(world);
  }

  get size(): number {
    return this.#tickets.size;
  }

  readonly give = (value: Value, { kind, resource }: HandleType): number => {
    if (this.#exported.has(resource)) {
      if (value instanceof Handle && value.instance === this.#instance) return value.id;
      throw new Fault("type-mismatch", `Expected a ${resource.name.name} of this instance`);
    }
    if (this.#tickets.size >= MOST_TICKETS) throw new Fault("value-too-large", `More than ${MOST_TICKETS} handles`);
    const number = this.#next++;
    this.#tickets.set(number, { value, resource });
    if (kind === "borrow") this.#lent.push(number);
    return number;
  };

  readonly take = (number: number, { kind, resource }: HandleType): Value => {
    if (this.#exported.has(resource)) return new Handle(this.#instance, number);
    const ticket = this.#tickets.get(number);
    if (ticket?.resource !== resource) throw new Broken(`${number} is no ${resource.name.name} that it was given`);
    if (kind === "own") this.#tickets.delete(number);
    return ticket.value;
  };

  /** The tickets that were lent since the last time, to be given to `end` when what they were lent for is over. */
  lent(): readonly number[] {
    const lent = this.#lent;
    if (lent.length > 0) this.#lent = [];
    return lent;
  }

  end(tickets: readonly number[]): void {
    for (const number of tickets) this.#tickets.delete(number);
  }

  /** The function of the workflow that a ticket stands for. @throws {Broken} */
  callback(number: number): Callback {
    const value = this.#tickets.get(number)?.value;
    if (value instanceof Callback) return value;
    throw new Broken(`${number} is no callback that it was given`);
  }

  /** The instance dropped it. Undefined when there is no such ticket any more. */
  release(number: number): Ticket | undefined {
    const ticket = this.#tickets.get(number);
    this.#tickets.delete(number);
    return ticket;
  }

  clear(): void {
    this.#tickets.clear();
  }
}
