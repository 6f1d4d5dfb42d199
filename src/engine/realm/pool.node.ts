/**
 * Realms by trust domain: one principal, one set of grants, one set of packages (D6).
 *
 *   D1  A realm belongs to one domain from its start to its end: it runs nothing of another, before or after.
 *   D2  A domain has at most `most` realms. A run gets one that nobody uses, else a new one, else the one with the fewest runs.
 *   D3  What nobody uses ends after a while, and keeps no process alive by waiting for that; what has died is not given out.
 *   D4  Blank realms may be started ahead: nothing of any package is in them. Each goes to one domain, and is replaced.
 *   D5  After dispose nothing is left: what runs, what starts, what is ending, what is blank.
 */
import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { Fault } from "../../fault.ts";

/** What makes two runs trust each other as far as they share a realm. */
export interface DomainParts {
  /** Whose runs they are. */
  readonly principal: string;
  /** As they are written. */
  readonly grants: readonly string[];
  /** Digests of the packages. */
  readonly packages: readonly string[];
}

/** The name of a trust domain: hex, the same for the same parts in whatever order. */
export function domainOf({ principal, grants, packages }: DomainParts): string {
  const sets = [grants, packages].map((each) => [...new Set(each)].toSorted());
  return createHash("sha256")
    .update(JSON.stringify([principal, ...sets]))
    .digest("hex");
}

export interface Disposed {
  /** False once it has died, for whatever reason. */
  readonly alive: boolean;
  /** Resolves when nothing of it is left. Twice is once. */
  readonly dispose: () => Promise<void>;
}

export interface Lease<Realm> {
  readonly realm: Realm;
  /** The run is over. Twice is once. */
  readonly release: () => void;
}

export interface RealmPoolOptions<Blank> {
  /** Most realms of one domain; the number of cores unless given. */
  readonly most?: number;
  /** Milliseconds after which a realm that nobody uses ends. */
  readonly idle?: number;
  /** Starts a realm with nothing in it. `isAhead`: nobody waits for it. */
  readonly blank?: (isAhead: boolean) => Blank;
  /** How many of those are started ahead, until `keep` says otherwise. */
  readonly warm?: number;
}

interface Entry<Realm> {
  readonly started: Promise<Realm>;
  realm: Realm | undefined;
  runs: number;
  timer: NodeJS.Timeout | undefined;
}

export class RealmPool<Realm extends Disposed, Blank extends Disposed = never> implements AsyncDisposable {
  readonly #most: number;
  readonly #idle: number;
  #warm: number;
  readonly #startBlank: ((isAhead: boolean) => Blank) | undefined;
  readonly #domains = new Map<string, Set<Entry<Realm>>>();
  readonly #blanks: Blank[] = [];
  readonly #ending = new Set<Promise<void>>();
  #open = true;

  constructor({ most, idle, blank, warm }: RealmPoolOptions<Blank> = {}) {
    this.#most = Math.max(1, most ?? availableParallelism());
    this.#idle = idle ?? 5000;
    this.#startBlank = blank;
    this.#warm = warm ?? 0;
    this.#refill();
  }

  /** Realms that run or start, of one domain or of all; blank ones do not count. */
  count(domain?: string): number {
    if (domain !== undefined) return this.#domains.get(domain)?.size ?? 0;
    return [...this.#domains.values()].reduce((sum, entries) => sum + entries.size, 0);
  }

  /**
   * A realm of the domain for one run, which releases it.
   *
   * @param start makes a new one, out of a blank one if the pool starts those; what it does not take over on failure, the
   *   pool disposes
   * @throws {Fault} `plugin-lost` when the pool is closed; what `start` throws
   */
  async leaseRealm(domain: string, start: (blank: Blank | undefined) => Promise<Realm>): Promise<Lease<Realm>> {
    if (!this.#open) throw closed();
    const entries = this.#entriesOf(domain);
    const entry = this.#leastUsed(entries) ?? this.#added(domain, entries, start);
    clearTimeout(entry.timer);
    entry.runs += 1;
    let leased = true;
    const release = (): void => {
      if (leased) this.#release(domain, entry);
      leased = false;
    };
    try {
      const realm = await entry.started;
      if (!this.#open) throw closed();
      return { realm, release };
    } catch (thrown) {
      release();
      throw thrown;
    }
  }

  /** Starts so many blank realms ahead from now on. Resolves when none is left beyond that. */
  async keep(warm: number): Promise<void> {
    this.#warm = warm;
    this.#refill();
    const beyond = this.#blanks.splice(warm);
    for (const blank of beyond) this.#end(blank);
    await Promise.all(beyond.map((blank) => blank.dispose()));
  }

  /** How many blank realms are ready, or on their way. */
  get blanks(): number {
    return this.#blanks.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#open = false;
    for (const blank of this.#blanks.splice(0)) this.#end(blank);
    for (const [domain, entries] of this.#domains) for (const entry of entries) this.#remove(domain, entry);
    while (this.#ending.size > 0) await Promise.all(this.#ending);
  }

  #entriesOf(domain: string): Set<Entry<Realm>> {
    const known = this.#domains.get(domain) ?? new Set();
    for (const entry of known) if (entry.realm?.alive === false) this.#remove(domain, entry); // D3
    this.#domains.set(domain, known);
    return known;
  }

  /** Undefined when a new one is to be started (D2). */
  #leastUsed(entries: ReadonlySet<Entry<Realm>>): Entry<Realm> | undefined {
    const [least] = [...entries].toSorted((one, other) => one.runs - other.runs);
    return least?.runs === 0 || entries.size >= this.#most ? least : undefined;
  }

  #added(
    domain: string,
    entries: Set<Entry<Realm>>,
    start: (blank: Blank | undefined) => Promise<Realm>,
  ): Entry<Realm> {
    const entry: Entry<Realm> = { started: this.#start(start), realm: undefined, runs: 0, timer: undefined };
    entries.add(entry);
    entry.started.then(
      (realm) => (entry.realm = realm),
      () => this.#remove(domain, entry),
    );
    return entry;
  }

  async #start(start: (blank: Blank | undefined) => Promise<Realm>): Promise<Realm> {
    const blank = this.#takeBlank();
    try {
      return await start(blank);
    } catch (thrown) {
      if (blank !== undefined) this.#end(blank);
      throw thrown;
    }
  }

  #takeBlank(): Blank | undefined {
    let blank = this.#blanks.shift();
    while (blank?.alive === false) {
      this.#end(blank);
      blank = this.#blanks.shift();
    }
    const taken = blank ?? this.#startBlank?.(false);
    this.#refill();
    return taken;
  }

  /** (D4) */
  #refill(): void {
    if (this.#startBlank === undefined) return;
    while (this.#open && this.#blanks.length < this.#warm) this.#blanks.push(this.#startBlank(true));
  }

  #release(domain: string, entry: Entry<Realm>): void {
    entry.runs -= 1;
    if (entry.runs > 0 || this.#domains.get(domain)?.has(entry) !== true) return;
    if (entry.realm?.alive === false) return this.#remove(domain, entry);
    entry.timer = setTimeout(() => this.#remove(domain, entry), this.#idle).unref();
  }

  #remove(domain: string, entry: Entry<Realm>): void {
    clearTimeout(entry.timer);
    const entries = this.#domains.get(domain);
    if (entries?.delete(entry) !== true) return;
    if (entries.size === 0) this.#domains.delete(domain);
    const ended = entry.started.then(
      (realm) => realm.dispose(),
      () => {}, // it never was
    );
    this.#await(ended);
  }

  #end(blank: Blank): void {
    this.#await(blank.dispose());
  }

  #await(ended: Promise<void>): void {
    const done = ended.finally(() => this.#ending.delete(done));
    this.#ending.add(done);
    done.catch(() => {}); // whoever disposes the pool is told
  }
}

function closed(): Fault {
  return new Fault("plugin-lost", "The pool of realms was closed");
}
