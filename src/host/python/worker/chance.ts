/**
 * The random bytes of the realm (W3 of realm.ts): of each call its own, made when one is drawn.
 *
 *   R1  What a call draws follows from the instance's seed and the number of the call, and not from what calls before it
 *       drew. Calls that overlap draw from those of the latest.
 */
import { SeededBytes, seedOfCall } from "../../seeded.ts";

export class Chance {
  /** Of the instance, once it has one: a start image knows of none. */
  #seed: Uint8Array = new Uint8Array(32);
  #call = 0;
  #bytes: SeededBytes | undefined;

  bind(seed: Uint8Array): void {
    this.#seed = seed;
    this.#bytes = undefined;
  }

  /** So many calls were made before, in the instance that this one goes on from. */
  goOn(calls: number): void {
    this.#call = calls;
    this.#bytes = undefined;
  }

  /** Another call begins. Gives its number, from 1. */
  begin(): number {
    this.#bytes = undefined;
    return (this.#call += 1);
  }

  get bytes(): SeededBytes {
    return (this.#bytes ??= new SeededBytes(seedOfCall(this.#seed, this.#call)));
  }
}
