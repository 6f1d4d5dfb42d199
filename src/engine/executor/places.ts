/**
 * Places in queues: a run has one from when it begins until it ends, is parked or paused; it keeps it while it sleeps.
 *
 *   Q1  A queue without limits is not counted.
 */
import type { QueueSettings } from "./executor.ts";

interface Queue {
  settings: QueueSettings;
  /** Keys of the runs that have a place. */
  readonly runs: Map<string, string>;
}

export type Full = { readonly queue: string; readonly key?: string };

export class Places {
  readonly #queues = new Map<string, Queue>();

  get settings(): ReadonlyMap<string, QueueSettings> {
    return new Map([...this.#queues].map(([name, { settings }]) => [name, settings]));
  }

  set(name: string, settings: QueueSettings | null): void {
    const known = this.#queues.get(name);
    if (settings === null) this.#queues.delete(name);
    else if (known === undefined) this.#queues.set(name, { settings, runs: new Map() });
    else known.settings = settings;
  }

  enter(id: string, queue: string, key: string): void {
    this.#queues.get(queue)?.runs.set(id, key);
  }

  leave(id: string, queue: string): void {
    this.#queues.get(queue)?.runs.delete(id);
  }

  /** Whether one more may begin there. */
  hasRoom(queue: string, key: string): boolean {
    const found = this.#queues.get(queue);
    if (found === undefined) return true;
    const { concurrency, perKey } = found.settings;
    if (concurrency !== null && found.runs.size >= concurrency) return false;
    return perKey === null || key === "" || count(found, key) < perKey;
  }

  /** Queues, and keys of queues, of which no more may begin. */
  full(): readonly Full[] {
    return [...this.#queues].flatMap(([queue, { settings, runs }]): readonly Full[] => {
      if (settings.concurrency !== null && runs.size >= settings.concurrency) return [{ queue }];
      const keys = [...new Set(runs.values())].filter((key) => !this.hasRoom(queue, key));
      return keys.map((key) => ({ queue, key }));
    });
  }
}

function count({ runs }: Queue, key: string): number {
  let found = 0;
  for (const each of runs.values()) if (each === key) found += 1;
  return found;
}
