/** What leaves a realm by its number: handles, and functions of the workflow that it was given. */
import { Fault } from "../../../fault.ts";
import { Broken } from "../frames/reader.ts";
import type { HandleType } from "../frames/writer.ts";
import { Callback, Handle, Opaque, type Value } from "../../../wit/value.ts";

export class RemoteCallback extends Callback {
  readonly number: number;
  constructor(number: number, call: Callback["call"]) {
    super(call);
    this.number = number;
  }
}

/** @throws {Fault} `type-mismatch` */
export function numberOf(value: Value): number {
  if (value instanceof RemoteCallback) return value.number;
  if (value instanceof Handle) return value.id;
  const what = value instanceof Opaque ? `a ${value.opaque}` : "this";
  throw new Fault("type-mismatch", `${what} is no resource that can leave`);
}

/** The handles that a caller which may lie was given, and has not given back (S4 of serve.ts). */
export class GivenHandles {
  readonly #numbers = new Set<number>();

  add(number: number): void {
    this.#numbers.add(number);
  }

  /** It hands one over: for good, when it is owned. @throws {Broken} */
  use(number: number, { kind, resource }: HandleType): void {
    if (!this.#numbers.has(number)) throw new Broken(`${number} is no ${resource.name.name} that it was given`);
    if (kind === "own") this.#numbers.delete(number);
  }

  /** @throws {Broken} */
  drop(number: number): void {
    if (!this.#numbers.delete(number)) throw new Broken(`it drops ${number}, which it has not`);
  }
}
