/**
 * Blank realms, started ahead: a package that opens need not wait for a thread or a process to start.
 *
 *   W1  Nothing of any package is in one. What is taken belongs to whoever took it, and is never given out again.
 *   W2  What was taken is replaced at once; what ended by itself, with the next that is. What waits keeps no process alive.
 */
import type { Language } from "../../manifest.ts";
import type { Channel } from "./channel.ts";
import { startProcess } from "./process.node.ts";
import { startThread } from "./thread.node.ts";

export class Warm {
  readonly #start: () => Channel;
  readonly #blank = new Set<Channel>();
  #count = 0;

  constructor(start: () => Channel) {
    this.#start = start;
  }

  /** How many are ready, or on their way. */
  get ready(): number {
    return this.#blank.size;
  }

  /** Has so many from now on. Resolves when none is left beyond that. */
  async keep(count: number): Promise<void> {
    this.#count = count;
    this.#refill();
    const beyond = [...this.#blank].slice(count);
    for (const each of beyond) this.#blank.delete(each);
    await Promise.all(beyond.map((each) => each.kill()));
  }

  /** One that has served nobody; the caller kills it. */
  take(): Channel {
    const [blank] = this.#blank;
    if (blank === undefined) return this.#start();
    this.#blank.delete(blank); // W1
    blank.hold?.(true);
    this.#refill();
    return blank;
  }

  /** (W2) */
  #refill(): void {
    while (this.#blank.size < this.#count) this.#add(this.#start());
  }

  #add(blank: Channel): void {
    blank.listen(() => void blank.kill()); // it was asked nothing
    blank.hold?.(false);
    this.#blank.add(blank);
    void blank.gone.then(() => this.#blank.delete(blank));
  }
}

/** With what a component or Lua needs. */
export const threads: Warm = new Warm(() => startThread("lua"));
export const processes: Warm = new Warm(() => startProcess("lua"));

/** A realm that has served nobody. */
export function startRealm(level: "L1" | "L2", language: Language): Channel {
  if (language === "python") return level === "L1" ? startThread(language) : startProcess(language);
  return level === "L1" ? threads.take() : processes.take();
}
