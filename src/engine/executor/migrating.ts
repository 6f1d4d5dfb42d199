/**
 * Moving a run to another version of its program, while its store is driven.
 *
 *   G1  Nobody drives the run or what it spawned meanwhile: they stop where they are, and go on afterwards.
 *   G2  Nothing is performed to find out: the programs are looked at in this thread (trial/upgrade.ts).
 */
import { Fault } from "../../fault.ts";
import type { Store } from "../../journal/store.ts";
import { startOf } from "../durable/durable-run.ts";
import type { Readable } from "../history/typed.ts";
import { family, migrate } from "../trial/migrate.ts";
import { Migration } from "../trial/migration.ts";
import type { RunVerdict } from "../trial/upgrade.ts";
import type { MigrateRequest } from "./executor.ts";
import type { Memory } from "./memory.ts";
import type { ProgramRequest } from "./ports.ts";

export interface MigratingPorts {
  readonly store: Store;
  readonly memory: Memory;
  readonly requestOf: (id: string, start: Awaited<ReturnType<typeof startOf>>) => Promise<ProgramRequest>;
  /** Opens a program to be looked at. Absent: this platform cannot. */
  readonly look: ((request: ProgramRequest) => Promise<Readable & AsyncDisposable>) | undefined;
}

export class Migrating {
  readonly #ports: MigratingPorts;

  constructor(ports: MigratingPorts) {
    this.#ports = ports;
  }

  /** @throws {ProgramRefused} @throws {Fault} `unknown-run`, `run-ended`, `migration-refused`, … */
  async migrate(id: string, request: MigrateRequest): Promise<readonly RunVerdict[]> {
    const { store } = this.#ports;
    const migration =
      request.migration === undefined ? null : new Migration(request.migration.file, request.migration.source);
    await family(store, id); // refuses what cannot be moved before anything is stopped
    try {
      return await this.#aside(id, new Set(), () => this.#move(id, request, migration));
    } finally {
      await this.#goOn(id);
    }
  }

  /** G1. What a run spawned while it was stopped, stops too. */
  async #aside<T>(id: string, stopped: Set<string>, work: () => Promise<T>): Promise<T> {
    const { store, memory } = this.#ports;
    const next = (await family(store, id)).find((run) => !stopped.has(run.id));
    if (next === undefined) return await work();
    stopped.add(next.id);
    return await memory.aside(next.id, () => this.#aside(id, stopped, work));
  }

  async #move(
    id: string,
    { source, dry = false, restart = false }: MigrateRequest,
    migration: Migration | null,
  ): Promise<readonly RunVerdict[]> {
    const { store } = this.#ports;
    const before = await this.#ports.requestOf(id, await startOf(store, id));
    await using next = await this.#look({ ...before, source });
    const { program, checked } = next;
    if (migration === null) return await migrate(store, program, source, id, { checked, dry, restart });
    await using old = await this.#look(before);
    return await migrate(store, program, source, id, { checked, dry, restart, rewrite: { migration, old } });
  }

  async #look(request: ProgramRequest): Promise<Readable & AsyncDisposable> {
    const { look } = this.#ports;
    if (look === undefined) throw new Fault("migration-refused", "Programs cannot be looked at here");
    return await look(request);
  }

  /** Those that are to be driven, parked ones that were moved among them. */
  async #goOn(id: string): Promise<void> {
    const { store, memory } = this.#ports;
    const all = await family(store, id).catch(() => []); // ended, or gone: nothing is to go on
    for (const run of all) if (run.state === "running") memory.take(run.id);
    memory.look();
  }
}
