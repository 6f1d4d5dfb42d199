/** Settings of queues: kept in the store, checked whenever they are read. */
import { Fault } from "../../fault.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import type { QueueSettings, Retention } from "./executor.ts";
import { checkName } from "./names.ts";
import type { Places } from "./places.ts";
import { readJson, writeJson } from "./setting.ts";

const PREFIX = "queue/";
const PAGE = 1000;
const MOST = 1_000_000;

export class Queues {
  readonly #store: Store;
  readonly #places: Places;
  readonly #changed: () => void;

  constructor(store: Store, places: Places, changed: () => void) {
    this.#store = store;
    this.#places = places;
    this.#changed = changed;
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#store.settings(PREFIX)) {
      await this.#apply(key.slice(PREFIX.length), settingsOf(readJson(key, value)));
    }
  }

  all(): ReadonlyMap<string, QueueSettings> {
    return this.#places.settings;
  }

  /** Which of a queue's runs stay that have ended; undefined: nothing was said of it. */
  rule(name: string): Retention | undefined {
    return this.all().get(name)?.retention;
  }

  /** Queues of which that was said. */
  ruled(): readonly string[] {
    return [...this.all().keys()].filter((name) => this.rule(name) !== undefined);
  }

  /** Null: no limits any more. */
  async set(name: string, settings: QueueSettings | null): Promise<void> {
    checkName("queue", name);
    const checked = settings === null ? null : settingsOf(settings);
    await this.#store.set(`${PREFIX}${name}`, checked === null ? null : writeJson(checked));
    await this.#apply(name, checked);
    this.#changed();
  }

  /** Those that have begun have their places. */
  async #apply(name: string, settings: QueueSettings | null): Promise<void> {
    this.#places.set(name, settings);
    if (settings === null) return;
    const states = ["running", "waiting"] as const;
    const query = { queue: name, states, limit: PAGE };
    for (let page: readonly RunHeader[] = await this.#store.list(query); page.length > 0;) {
      for (const { id, key } of page) this.#places.enter(id, name, key);
      page = page.length < PAGE ? [] : await this.#store.list({ ...query, after: page.at(-1)?.id ?? "" });
    }
  }
}

function settingsOf(given: unknown): QueueSettings {
  const { concurrency = null, perKey = null, retention } = (given ?? {}) as Given<QueueSettings>;
  const limits = { concurrency: limit("concurrency", concurrency), perKey: limit("perKey", perKey) };
  return retention === undefined ? limits : { ...limits, retention: retentionOf(retention) };
}

type Given<T> = Partial<Record<keyof T, unknown>>;

/** @throws {Fault} `bad-retention` */
export function retentionOf(given: unknown): Retention {
  const { olderThan, newest } = (given ?? {}) as Given<Retention>;
  return {
    ...(olderThan === undefined ? {} : { olderThan: amount("olderThan", olderThan) }),
    ...(newest === undefined ? {} : { newest: amount("newest", newest) }),
  };
}

function amount(field: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Fault("bad-retention", `${field} is an integer, from 0 on`);
}

function limit(field: string, value: unknown): number | null {
  if (value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= MOST) return value;
  throw new Fault("bad-queue", `${field} of a queue is an integer from 1 to ${MOST}, or null for no limit`);
}
