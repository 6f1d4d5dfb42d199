/**
 * Files that something was made of, and whether they are still as they were then: by their times and sizes, looked at when
 * somebody asks. Watching by events misses changes on some file systems, and tells of some that were none.
 */
import { lstatSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

export interface Place {
  /** Under which it is told. */
  readonly name: string;
  /** A file or a folder; it need not be there. */
  readonly path: string;
}

/** Files of one place that are looked at: what is larger is no package. */
const MOST_FILES = 10_000;
/** Milliseconds between two looks. */
const LOOK = 1000;

export class Watched {
  readonly #places: readonly { readonly place: Place; readonly before: string }[];
  readonly #now: () => number;
  #looked: number;
  #changed: readonly string[] = [];

  /** @param since when it began to be made, in milliseconds since the epoch: what is younger may have changed meanwhile */
  constructor(places: readonly Place[], since: number, now: () => number = () => performance.now()) {
    this.#places = places.map((place) => ({ place, before: printOf(place.path, since) }));
    this.#now = now;
    this.#looked = now();
  }

  /** Names of the places that changed; `isFresh` looks however short the last look is ago. */
  changed(isFresh = false): readonly string[] {
    const now = this.#now();
    if (!isFresh && now - this.#looked < LOOK) return this.#changed;
    this.#looked = now;
    const names = this.#places.flatMap(({ place, before }) => (printOf(place.path) === before ? [] : [place.name]));
    this.#changed = [...new Set(names)];
    return this.#changed;
  }
}

/** @param since files that are younger make the print differ from every later one */
function printOf(path: string, since: number = Infinity): string {
  const lines: string[] = [];
  const queue = [path];
  for (let at = queue.pop(); at !== undefined && lines.length < MOST_FILES; at = queue.pop()) {
    try {
      const found = at === path ? statSync(at, { bigint: true }) : lstatSync(at, { bigint: true });
      if (found.isDirectory()) for (const name of readdirSync(at).sort()) queue.push(join(at, name));
      else lines.push(`${at} ${found.mtimeNs} ${found.size}${Number(found.mtimeMs) > since ? " young" : ""}`);
    } catch {
      lines.push(`${at} is not there`);
    }
  }
  return lines.join("\n");
}
