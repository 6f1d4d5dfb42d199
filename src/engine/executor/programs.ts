/**
 * The programs of an executor: each opened once, for all its runs.
 *
 *   P1  A program is open while something uses it, and some time after: the last used of the idle ones stay.
 *   P2  A run that began with other packages than are current now gets those it began with, as long as they are open.
 *   P3  What `reload` drops is for new runs no more; whoever uses it keeps it.
 */
import { Fault } from "../../fault.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { OpenedProgram, ProgramRequest } from "./ports.ts";

/** What a run began with, by its START. */
export interface Pinned {
  readonly ir: string;
  readonly packages: readonly string[];
}

interface Kept {
  readonly key: string;
  readonly opening: Promise<OpenedProgram>;
  opened: OpenedProgram | null;
  ir: string;
  packages: string;
  users: number;
  isCurrent: boolean;
}

export interface Use extends Disposable {
  readonly opened: OpenedProgram;
}

export class Programs implements AsyncDisposable {
  readonly #open: (request: ProgramRequest) => Promise<OpenedProgram>;
  readonly #mostIdle: number;
  /** In the order of their last use. */
  readonly #kept = new Set<Kept>();
  readonly #closing = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(open: (request: ProgramRequest) => Promise<OpenedProgram>, mostIdle: number) {
    this.#open = open;
    this.#mostIdle = mostIdle;
  }

  /** The caller disposes its use. */
  async use(request: ProgramRequest, pinned?: Pinned): Promise<Use> {
    if (this.#isClosed) throw new Fault("stopping", "The executor was closed");
    const key = JSON.stringify([request.file, request.grants, request.source]);
    const kept = this.#pinned(key, pinned) ?? this.#current(key) ?? this.#begin(key, request);
    kept.users += 1;
    this.#kept.delete(kept);
    this.#kept.add(kept);
    try {
      const opened = await kept.opening;
      return { opened, [Symbol.dispose]: () => this.#leave(kept) };
    } catch (failure) {
      this.#kept.delete(kept);
      throw failure;
    }
  }

  /** Names of what changed on disk. */
  changed(isFresh = false): readonly string[] {
    const current = [...this.#kept].filter(({ isCurrent }) => isCurrent);
    const all = current.flatMap(({ opened }) => opened?.changed(isFresh) ?? []);
    return [...new Set(all)].sort();
  }

  /** P3 */
  reload(): readonly string[] {
    const names = this.changed(true);
    for (const kept of this.#kept) if ((kept.opened?.changed() ?? []).length > 0) kept.isCurrent = false;
    return names;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const kept of this.#kept) this.#close(kept);
    await Promise.all(this.#closing);
  }

  /** P2 */
  #pinned(key: string, pinned: Pinned | undefined): Kept | undefined {
    if (pinned === undefined) return undefined;
    const packages = JSON.stringify(pinned.packages);
    return [...this.#kept].find(
      (kept) => kept.key === key && kept.opened !== null && kept.ir === pinned.ir && kept.packages === packages,
    );
  }

  #current(key: string): Kept | undefined {
    return [...this.#kept].find((kept) => kept.isCurrent && kept.key === key);
  }

  #begin(key: string, request: ProgramRequest): Kept {
    const opening = this.#open(request);
    const kept: Kept = { key, opening, opened: null, ir: "", packages: "", users: 0, isCurrent: true };
    opening.then(
      (opened) => {
        kept.opened = opened;
        kept.ir = irDigest(opened.program.ir);
        kept.packages = JSON.stringify(opened.program.packages.flatMap(({ name, plugin }) => [name, plugin.digest]));
      },
      () => {}, // told to whoever asked for it
    );
    return kept;
  }

  /** P1 */
  #leave(kept: Kept): void {
    kept.users -= 1;
    const idle = [...this.#kept].filter(({ users }) => users === 0);
    for (const oldest of idle.slice(0, Math.max(0, idle.length - this.#mostIdle))) this.#close(oldest);
  }

  #close(kept: Kept): void {
    this.#kept.delete(kept);
    const closing = kept.opening.then(
      (opened) => opened[Symbol.asyncDispose](),
      () => {}, // it was never open
    );
    const closed = closing.finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
