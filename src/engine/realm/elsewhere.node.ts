/**
 * A loaded program whose runs are in a run worker.
 *
 *   E1  Its runs share one worker; when that is gone, the next run gets another.
 *   E2  A run that was lost begins again in a fresh worker, where it goes the way it went (`again/kept.ts`): with others when it is
 *       known who was to blame, else alone, and only once.
 *   E3  Disposing it leaves no worker: whoever has it cancels its runs and waits for them first.
 */
import type { Value } from "../../wit/value.ts";
import type { Elsewhere } from "../load/loaded.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions, RunResult } from "../loop/run-options.ts";
import { Kept } from "./again/kept.ts";
import type { RealmProgram } from "./program.ts";
import type { RunRealm } from "./realm.node.ts";
import type { Lost } from "./lost.ts";

/** A worker that somebody else may have, too. */
export interface Lease {
  readonly realm: RunRealm;
  /** Twice is once. */
  readonly release: () => void | Promise<void>;
}

interface Opened {
  readonly lease: Lease;
  readonly number: number;
}

export class RunsElsewhere implements Elsewhere {
  readonly #program: RealmProgram;
  readonly #lease: () => Promise<Lease>;
  readonly #fresh: () => Promise<Lease>;
  /** With the program's number in each, once it is open. */
  readonly #leases = new Map<Lease, number | undefined>();
  #current: Promise<Opened> | undefined;
  /** Runs with a log, one of which may have ended a worker: the next life of each is alone. */
  readonly #suspects = new Set<string>();

  /** @param fresh a worker that nobody else gets */
  constructor(program: RealmProgram, lease: () => Promise<Lease>, fresh: () => Promise<Lease>) {
    this.#program = program;
    this.#lease = lease;
    this.#fresh = fresh;
  }

  /** Brings up a worker with the program in it. @throws {NotOpened} */
  async open(): Promise<void> {
    await this.#opened();
  }

  async run(fn: number, args: readonly Value[], ports: RunPorts, options: RunOptions): Promise<RunResult> {
    if (options.journal !== undefined) return await this.#stored(fn, args, ports, options);
    const kept = new Kept(this.#program.program);
    const run = ({ lease, number }: Opened): Promise<RunResult | Lost> =>
      lease.realm.run(number, fn, args, ports, options, kept);
    try {
      for (;;) {
        const result = await run(await this.#opened());
        if (result.state !== "lost") return result;
        if (result.again === "no") throw result.fault;
        if (result.again === "alone") return endedOr(await this.#alone(run));
      }
    } finally {
      await kept.over();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current?.catch(() => {});
    await Promise.all([...this.#leases.keys()].map((lease) => this.#release(lease)));
  }

  /** One life of a run that has a log: from there whoever drives it takes it up again. @throws {Fault} `worker-lost` */
  async #stored(fn: number, args: readonly Value[], ports: RunPorts, options: RunOptions): Promise<RunResult> {
    const run = ({ lease, number }: Opened): Promise<RunResult | Lost> =>
      lease.realm.run(number, fn, args, ports, options);
    for (;;) {
      const isSuspect = this.#suspects.delete(options.id);
      const result = isSuspect ? await this.#alone(run) : await run(await this.#opened());
      if (result.state === "lost" && result.again === "alone") this.#suspects.add(options.id);
      const hasBegun = result.state !== "lost" || result.fault.code === "worker-lost";
      if (hasBegun) return endedOr(result);
    }
  }

  /** E2 */
  async #alone(run: (opened: Opened) => Promise<RunResult | Lost>): Promise<RunResult | Lost> {
    const opened = await this.#openIn(this.#fresh());
    try {
      return await run(opened);
    } finally {
      await this.#release(opened.lease);
    }
  }

  /** E1 */
  async #opened(): Promise<Opened> {
    const current = await this.#current?.catch(() => undefined);
    if (current?.lease.realm.alive === true) return current;
    return await this.#reopened(current);
  }

  /** Of several runs that find the worker gone, the first brings up the next. */
  #reopened(gone: Opened | undefined): Promise<Opened> {
    const known = this.#again.get(gone);
    if (known !== undefined) return known;
    const opened = this.#openIn(this.#lease());
    this.#again.set(gone, opened);
    this.#current = opened;
    if (gone !== undefined) void this.#release(gone.lease);
    const forget = (): unknown => this.#again.delete(gone);
    opened.then(forget, forget);
    return opened;
  }

  readonly #again = new Map<Opened | undefined, Promise<Opened>>();

  async #openIn(leased: Promise<Lease>): Promise<Opened> {
    const lease = await leased;
    this.#leases.set(lease, undefined);
    try {
      const number = await lease.realm.open(this.#program);
      this.#leases.set(lease, number);
      return { lease, number };
    } catch (thrown) {
      await this.#release(lease);
      throw thrown;
    }
  }

  async #release(lease: Lease): Promise<void> {
    const number = this.#leases.get(lease);
    this.#leases.delete(lease);
    if (number !== undefined) lease.realm.close(number);
    await lease.release();
  }
}

/** @throws {Fault} why it was lost */
function endedOr(result: RunResult | Lost): RunResult {
  if (result.state === "lost") throw result.fault;
  return result;
}
