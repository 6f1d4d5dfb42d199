/**
 * A guest's memory as one canonical definition reaches it.
 *
 *   M1  Views are taken anew after any guest code has run: a memory that grew leaves the old ones empty.
 *   M2  What `realloc` answers is checked each time, and so is every pointer before it is read.
 */
import type { LiftBudget } from "../../../wit/budget.ts";
import type { CanonOptions, CoreFunction } from "./abi.ts";
import type { AbiGuest } from "./guest.ts";
import { AbiTrap } from "./trap.ts";
import { NO_VIEWS, type Views } from "./views.ts";

export class GuestMemory {
  readonly guest: AbiGuest;
  readonly budget: LiftBudget;
  readonly #memory: WebAssembly.Memory | null;
  readonly #realloc: CoreFunction | null;
  // Here and not in one object, which every access would have to look up first.
  u8: Views["u8"] = NO_VIEWS.u8;
  i8: Views["i8"] = NO_VIEWS.i8;
  u16: Views["u16"] = NO_VIEWS.u16;
  i16: Views["i16"] = NO_VIEWS.i16;
  u32: Views["u32"] = NO_VIEWS.u32;
  i32: Views["i32"] = NO_VIEWS.i32;
  u64: Views["u64"] = NO_VIEWS.u64;
  i64: Views["i64"] = NO_VIEWS.i64;
  f32: Views["f32"] = NO_VIEWS.f32;
  f64: Views["f64"] = NO_VIEWS.f64;
  /** The second answer of whatever stores a string or a list: its length as the guest is told. */
  length = 0;

  constructor(guest: AbiGuest, options: CanonOptions) {
    this.guest = guest;
    this.budget = guest.budget;
    this.#memory = options.memory;
    this.#realloc = options.realloc;
  }

  /** After guest code may have run (M1). */
  refresh(): void {
    if (this.u8.length === 0 && this.#memory !== null) this.#take(this.guest.viewsOf(this.#memory));
  }

  #take(views: Views): void {
    this.u8 = views.u8;
    this.i8 = views.i8;
    this.u16 = views.u16;
    this.i16 = views.i16;
    this.u32 = views.u32;
    this.i32 = views.i32;
    this.u64 = views.u64;
    this.i64 = views.i64;
    this.f32 = views.f32;
    this.f64 = views.f64;
  }

  /** Fresh memory of the guest's. @throws {AbiTrap} (M2) */
  allocate(size: number, align: number, what: string): number {
    return this.reallocate(0, 0, size, align, what);
  }

  /** @throws {AbiTrap} (M2) */
  reallocate(old: number, oldSize: number, size: number, align: number, what: string): number {
    const { guest } = this;
    if (this.#realloc === null) throw new AbiTrap(`no realloc to place a ${what} with`);
    guest.mayLeave = false;
    const at = (this.#realloc(old, oldSize, align, size) as number) >>> 0;
    guest.mayLeave = true;
    this.refresh();
    this.refuseOutside(at, size, align, what);
    return at;
  }

  /** @throws {AbiTrap} when `size` bytes at `at` are not the guest's, or not aligned (M2) */
  refuseOutside(at: number, size: number, align: number, what: string): void {
    if (at % align !== 0) throw new AbiTrap(`the ${what} at ${at} is not aligned to ${align} bytes`);
    if (at + size > this.u8.length) {
      throw new AbiTrap(`the ${what} at ${at} of ${size} bytes leaves the memory of ${this.u8.length}`);
    }
  }
}
