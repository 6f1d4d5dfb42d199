/**
 * The time of a run with a log, in milliseconds since it was created. It is written where guests may see it, seen from there
 * again, and never goes back (L4 of run-log.ts).
 */
export class RunTimes {
  readonly #created: number;
  readonly #now: () => number;
  #latest: number;
  #shown: number;

  /** @param now in milliseconds since the epoch, as `created` */
  constructor(created: number, now: () => number, before: { readonly latest: number; readonly shown: number }) {
    this.#created = created;
    this.#now = now;
    this.#latest = before.latest;
    this.#shown = before.shown;
  }

  /** Of the last thing written. */
  get latest(): number {
    return this.#latest;
  }

  /** Of the last delivery. */
  get shown(): number {
    return this.#shown;
  }

  /** Of what is written now. */
  stamp(): number {
    this.#latest = Math.max(this.#latest, Math.floor(this.#now() - this.#created));
    return this.#latest;
  }

  /** Something is delivered now, or was then. */
  show(at: number = this.stamp()): number {
    this.#shown = at;
    return at;
  }

  /** In milliseconds since the epoch. */
  sinceEpoch(at: number): number {
    return this.#created + at;
  }
}
