/**
 * How many Python instances may live at once: memory decides, for the whole process.
 *
 *   A1  At most max(1, available memory / 2 / 100 MB) at once; the rest wait and are admitted in the order they came.
 *   A3  Instances of one run are admitted together: its first one waits for all their places, the others find theirs kept.
 *       Places kept for a run go with its last living instance. A run that needs more than there is gets all there is.
 *   A2  What is available is measured while none lives, since living instances have taken their share of it already.
 */
import { availableMemory } from "node:process";
import type { Together } from "../plugin.ts";

const PER_INSTANCE = 100_000_000;

/** A place for one instance. Giving it up twice is nothing. */
export interface Place {
  release(): void;
}

/** What a run holds: its places, and how many instances stand on them. */
interface Holding {
  readonly places: number;
  living: number;
}

interface Waiting {
  readonly places: number;
  readonly admit: () => void;
}

export class Admission {
  readonly #available: () => number;
  /** In the order they came. */
  readonly #waiting: Waiting[] = [];
  /** A run whose first instance has asked, also while it waits. */
  readonly #runs = new Map<Together, Promise<Holding>>();
  #taken = 0;
  #most = 1;

  /** @param available Bytes of memory that can still be had. */
  constructor(available: () => number = availableMemory) {
    this.#available = available;
  }

  /** Places taken; tests ask that none is left. */
  get living(): number {
    return this.#taken;
  }

  /** Waits for a place. `warn` gets one line when there is none yet. */
  async enter(name: string, warn: (line: string) => void, together: Together = { count: {} }): Promise<Place> {
    const known = this.#runs.get(together);
    const holding = known ?? this.#hold(together.count.python ?? 1, name, warn);
    if (known === undefined) this.#runs.set(together, holding); // A3
    const held = await holding;
    // Freed meanwhile by the last instance that stood on it: ask anew.
    if (this.#runs.get(together) !== holding) return await this.enter(name, warn, together);
    held.living += 1;
    return this.#place(together, held);
  }

  async #hold(wanted: number, name: string, warn: (line: string) => void): Promise<Holding> {
    if (this.#taken === 0) this.#most = Math.max(1, Math.floor(this.#available() / 2 / PER_INSTANCE)); // A2
    const places = Math.max(1, Math.min(wanted, this.#most));
    if (this.#waiting.length === 0 && this.#taken + places <= this.#most) this.#taken += places;
    else await this.#wait(places, name, warn);
    return { places, living: 0 };
  }

  async #wait(places: number, name: string, warn: (line: string) => void): Promise<void> {
    const turn = new Promise<void>((admit) => this.#waiting.push({ places, admit }));
    warn(`waiting for memory: ${name} (${this.#taken} Python instances live, ${this.#waiting.length} wait)`);
    await turn;
  }

  #place(together: Together, holding: Holding): Place {
    let held = true;
    return {
      release: () => {
        if (!held) return;
        held = false;
        holding.living -= 1;
        if (holding.living > 0) return;
        this.#runs.delete(together);
        this.#free(holding.places);
      },
    };
  }

  #free(places: number): void {
    this.#taken -= places;
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#taken + next.places > this.#most) return;
      this.#waiting.shift();
      this.#taken += next.places;
      next.admit();
    }
  }
}

/** The one that counts for this process. */
export const processAdmission: Admission = new Admission();
