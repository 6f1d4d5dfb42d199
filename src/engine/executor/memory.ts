/**
 * The runs that are in memory, and those that are to be: at most so many at once, each there once.
 *
 *   M1  A run is in one place: nobody, ready, driven, or aside while something is written about it that no run may see come.
 *   M2  What came for a run while it was in memory, it may not have seen: when it sleeps then, it is taken up once more.
 *   M3  What is ready goes before what is queued: it has begun, and others may wait for it.
 */
import type { RunHeader } from "../../journal/store.ts";
import type { Full, Places } from "./places.ts";

export interface Live {
  readonly id: string;
  state: "ready" | "driven" | "aside";
  readonly cancel: AbortController;
  readonly stop: AbortController;
  /** M2 */
  came: boolean;
  /** A parked run is taken up all the same. */
  force: boolean;
  /** Resolves when it is in memory no more. */
  readonly over: Promise<void>;
  readonly left: () => void;
}

export interface MemoryPorts {
  /** Queued runs in their order, without those. */
  readonly queued: (except: readonly Full[], most: number) => Promise<readonly RunHeader[]>;
  /** Drives a run until it ends, sleeps, is parked or stopped. Does not reject; whether it sleeps. */
  readonly drive: (live: Live) => Promise<boolean>;
  readonly failed: (why: unknown) => void;
}

export class Memory {
  readonly #places: Places;
  readonly #ports: MemoryPorts;
  readonly #most: number;
  readonly #live = new Map<string, Live>();
  readonly #ready: Set<Live> = new Set();
  readonly #driven = new Set<Live>();
  #aside = 0;
  #mayHaveQueued = true;
  #isPumping = false;
  #pumped: Promise<void> = Promise.resolve();
  #again = false;
  #isClosed = false;

  constructor(places: Places, most: number, ports: MemoryPorts) {
    this.#places = places;
    this.#most = most;
    this.#ports = ports;
  }

  get size(): number {
    return this.#live.size;
  }

  get(id: string): Live | undefined {
    return this.#live.get(id);
  }

  /** Something came for a run that has begun: it is taken up, or what is in memory is told (M2). */
  take(id: string, force = false): Live {
    const known = this.#live.get(id);
    if (known !== undefined) {
      known.came = true;
      known.force ||= force;
      return known;
    }
    const live = this.#make(id, "ready");
    live.force = force;
    if (this.#isClosed) this.#leave(live);
    else this.#ready.add(live);
    this.pump();
    return live;
  }

  /** A run is queued in the store, or a place is free. */
  look(): void {
    this.#mayHaveQueued = true;
    this.pump();
  }

  /** M1: stopped if it was driven; then nobody has it while the work is done. */
  async aside<T>(id: string, work: () => Promise<T>): Promise<T> {
    for (let live = this.#live.get(id); live !== undefined; live = this.#live.get(id)) await this.#stop(live);
    const live = this.#make(id, "aside");
    this.#aside += 1;
    try {
      return await work();
    } finally {
      this.#aside -= 1;
      this.#leave(live);
      if (live.came && !this.#isClosed) this.take(id, live.force);
      this.look();
    }
  }

  /** M3 */
  pump(): void {
    this.#again = true;
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pumped = this.#pump().catch(this.#ports.failed);
  }

  /** Everything stops where it is. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#live.values()].map((live) => this.#stop(live)));
    await this.#pumped;
  }

  async #stop(live: Live): Promise<void> {
    live.stop.abort();
    if (live.state === "ready") {
      this.#ready.delete(live);
      this.#leave(live);
    }
    await live.over;
  }

  async #pump(): Promise<void> {
    try {
      while (this.#again && !this.#isClosed) {
        this.#again = false;
        for (const live of this.#ready) {
          if (this.#driven.size >= this.#most) break;
          this.#ready.delete(live);
          this.#begin(live);
        }
        if (!this.#mayHaveQueued || this.#driven.size >= this.#most) continue;
        await this.#queued();
        this.#again ||= this.#mayHaveQueued;
      }
    } finally {
      this.#isPumping = false;
    }
  }

  async #queued(): Promise<void> {
    this.#mayHaveQueued = false;
    // Those that are here already may be queued still, as far as the store knows.
    const most = this.#most + this.#aside;
    const found = await this.#ports.queued(this.#places.full(), most);
    for (const { id, queue, key } of found) {
      if (this.#isClosed || this.#driven.size >= this.#most) return void (this.#mayHaveQueued = true);
      if (this.#live.has(id)) continue;
      this.#mayHaveQueued = true;
      if (!this.#places.hasRoom(queue, key)) continue;
      this.#places.enter(id, queue, key);
      this.#begin(this.#make(id, "driven"));
    }
  }

  #begin(live: Live): void {
    live.state = "driven";
    this.#driven.add(live);
    void this.#ports.drive(live).then((sleeps) => {
      this.#driven.delete(live);
      this.#leave(live);
      if (sleeps && live.came && !this.#isClosed) this.take(live.id);
      this.pump();
    }, this.#ports.failed);
  }

  #make(id: string, state: Live["state"]): Live {
    const { promise: over, resolve: left } = Promise.withResolvers<void>();
    const controllers = { cancel: new AbortController(), stop: new AbortController() };
    const live: Live = { id, state, ...controllers, came: false, force: false, over, left };
    this.#live.set(id, live);
    return live;
  }

  #leave(live: Live): void {
    if (this.#live.get(live.id) === live) this.#live.delete(live.id);
    live.left();
  }
}
