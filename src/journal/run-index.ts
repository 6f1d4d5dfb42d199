/** The runs of a store in memory, by what they are asked for: as the table of runs and its indices are in a SQLite. */
import type { RunHeader, RunQuery } from "./store.ts";

export interface Indexed {
  /** Runs are numbered in the order in which they were made. */
  readonly n: number;
  readonly header: RunHeader;
}

type State = RunHeader["state"];
type Order = (a: Indexed, b: Indexed) => number;

export class RunIndex {
  readonly #byId = new Map<string, Indexed>();
  readonly #byState = new Map<State, Set<Indexed>>();
  /** By parent: ids of runs that have ended. */
  readonly #ended = new Map<string, number>();

  add(run: Indexed): void {
    this.#byId.set(run.header.id, run);
    this.#count(run.header, 1);
    this.#in(run.header.state).add(run);
  }

  delete(run: Indexed): void {
    this.#byId.delete(run.header.id);
    this.#count(run.header, -1);
    this.#in(run.header.state).delete(run);
  }

  /** A header is another than it was. */
  changed(run: Indexed, before: RunHeader): void {
    if (before.state === run.header.state) return;
    this.#in(before.state).delete(run);
    this.#in(run.header.state).add(run);
    this.#count(before, -1);
    this.#count(run.header, 1);
  }

  list(query: RunQuery): readonly RunHeader[] {
    const { after, limit = 1000 } = query;
    const order = orderOf(query);
    const before = after === undefined ? undefined : this.#byId.get(after);
    if (after !== undefined && before === undefined) return [];
    const found = this.#candidates(query).filter(
      (run) => this.#fits(run, query) && (before === undefined || order(before, run) < 0),
    );
    return found
      .sort(order)
      .slice(0, limit)
      .map(({ header }) => header);
  }

  #candidates({ states, except, stirred }: RunQuery): Indexed[] {
    const only: readonly State[] | undefined = except !== undefined ? ["queued"] : stirred ? ["waiting"] : states;
    return only === undefined ? [...this.#byId.values()] : only.flatMap((state) => [...this.#in(state)]);
  }

  #fits({ header }: Indexed, query: RunQuery): boolean {
    const { states, prefix = "", queue, parent, due, unchanged, stirred, except = [] } = query;
    if (states?.includes(header.state) === false || !header.id.startsWith(prefix)) return false;
    if (queue !== undefined && queue !== header.queue) return false;
    if (parent !== undefined && parent !== header.parent) return false;
    if (due !== undefined && (header.wake === null || header.wake > due)) return false;
    if (unchanged !== undefined && header.updated > unchanged) return false;
    if (stirred === true && header.durable <= header.snap && !this.#ended.has(header.id)) return false;
    return !except.some((full) => full.queue === header.queue && (full.key ?? header.key) === header.key);
  }

  #in(state: State): Set<Indexed> {
    const found = this.#byState.get(state) ?? new Set();
    this.#byState.set(state, found);
    return found;
  }

  #count({ parent, state }: RunHeader, by: number): void {
    if (parent === null || !ENDINGS.has(state)) return;
    const count = (this.#ended.get(parent) ?? 0) + by;
    if (count > 0) this.#ended.set(parent, count);
    else this.#ended.delete(parent);
  }
}

const ENDINGS: ReadonlySet<State> = new Set(["done", "failed", "cancelled"]);

function orderOf({ due, except }: RunQuery): Order {
  if (except !== undefined) return (a, b) => b.header.priority - a.header.priority || a.n - b.n;
  if (due !== undefined) return (a, b) => (a.header.wake ?? 0) - (b.header.wake ?? 0) || a.n - b.n;
  return (a, b) => b.n - a.n;
}
