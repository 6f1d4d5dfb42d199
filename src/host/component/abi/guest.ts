/**
 * The state of one component instance as its boundary sees it.
 *
 *   G1  `mayLeave` is false while `realloc` or `post-return` runs: whatever leaves the guest then is a trap. After a
 *       trap in one of them it stays false: the instance is over.
 *   G2  One budget, one handle table, and one set of views of each memory per instance, however many canonical
 *       definitions it has.
 */
import { LiftBudget, type LiftLimits } from "../../../wit/budget.ts";
import { HandleTable } from "./handles.ts";
import { AbiTrap } from "./trap.ts";
import { NO_VIEWS, viewsOf, type Views } from "./views.ts";

export class AbiGuest {
  /** The number that the host gave the instance: `Handle.instance` of what it lends out. */
  readonly instance: number;
  readonly handles: HandleTable;
  readonly budget: LiftBudget;
  mayLeave = true;
  readonly #views = new Map<WebAssembly.Memory, Views>();

  constructor(instance: number, limits?: LiftLimits) {
    this.instance = instance;
    this.handles = new HandleTable(instance);
    this.budget = new LiftBudget(limits);
  }

  /** A memory as it is now: it had grown when the views that were taken before are empty. */
  viewsOf(memory: WebAssembly.Memory): Views {
    const known = this.#views.get(memory) ?? NO_VIEWS;
    if (known.u8.length > 0) return known;
    const views = viewsOf(memory.buffer);
    this.#views.set(memory, views);
    return views;
  }

  /** Asked by every import and by most built-ins before anything else (G1). @throws {AbiTrap} */
  refuseLeaving(what: string): void {
    if (!this.mayLeave) throw new AbiTrap(`${what} was called while the guest may not leave`);
  }
}
