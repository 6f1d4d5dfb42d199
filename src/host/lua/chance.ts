/**
 * The random numbers of a guest (HAZARDS 22).
 *
 *   R1  What a call draws follows from the instance's seed and the number of the call, and not from what calls before it drew.
 *   R2  A call that draws nothing pays for nothing but this number.
 *   R3  A guest that gives a seed of its own keeps to that one, from call to call.
 *
 * While calls overlap in an instance, one that goes on after another has drawn begins with its numbers anew.
 */
import { ShortSeeds } from "../seeded.ts";
import type { StateReader, StateWriter } from "../state/bytes.ts";
import { REGISTRY, type Pointer } from "./api.ts";
import type { LuaMachine } from "./machine.ts";

export class Chance {
  readonly #machine: LuaMachine;
  readonly #seed: Uint8Array;
  #seeds: ShortSeeds | undefined;
  /** The registry's hold on the table whose field `drawn` is the prelude's. */
  #state: number | undefined;
  #last = 0;
  #call = 0;
  #drawn = false;

  constructor(machine: LuaMachine, seed: Uint8Array) {
    this.#machine = machine;
    this.#seed = seed;
  }

  /** The number of a call that begins. */
  next(): number {
    return (this.#last += 1);
  }

  save(to: StateWriter): void {
    for (const each of [this.#last, this.#call]) to.f64(each);
    to.u8(this.#drawn ? 1 : 0);
    to.u8(this.#state === undefined ? 0 : 1);
    to.u32(this.#state ?? 0);
  }

  restore(from: StateReader): void {
    this.#last = from.whole();
    this.#call = from.whole();
    this.#drawn = from.flag();
    const isKept = from.flag();
    const state = from.u32();
    this.#state = isKept ? state : undefined;
  }

  /** Who runs from now on. */
  enter(call: number): void {
    if (this.#call === call) return;
    this.#call = call;
    if (this.#drawn) this.#forget();
  }

  /** Asked by the prelude, with its table, when something is drawn first: pushes the two halves of a seed. */
  draw(thread: Pointer): number {
    const { api, shim } = this.#machine;
    this.#drawn = true;
    if (this.#state === undefined) {
      api.lua_settop(thread, 1);
      this.#state = api.luaL_ref(thread, REGISTRY);
    }
    this.#seeds ??= new ShortSeeds(this.#seed);
    const [high, low] = this.#seeds.of(this.#call);
    shim.pushSafeInteger(thread, high);
    shim.pushSafeInteger(thread, low);
    return 2;
  }

  /** (R1) Nobody runs. */
  #forget(): void {
    const { api, main, shim } = this.#machine;
    this.#drawn = false;
    if (this.#state === undefined) return;
    shim.held(main, this.#state);
    api.lua_pushboolean(main, 0);
    shim.setField(main, this.#machine.key("drawn"));
    this.#machine.pop(main, 1);
  }
}
