/**
 * The runs in one worker, and what becomes of them when they end, go another way than they went, or lose the worker
 * (J2 and J3 of realm.node.ts).
 */
import { Fault } from "../../fault.ts";
import { Broken } from "../../host/remote/frames/reader.ts";
import type { RunResult } from "../loop/run-options.ts";
import type { Links } from "./links/connected.node.ts";
import { type Loss, type Lost, lostBy, workerLost } from "./lost.ts";
import type { Running } from "./running.ts";
import { answerCommands, toTakeUp } from "./stored/life-over.ts";
import type { StoredRun } from "./stored/stored-run.ts";

export interface RunsParts {
  readonly links: Pick<Links, "leave">;
  /** Tells the worker that a run is over here. */
  readonly stop: (run: number) => void;
  /** The package that the worker was in, as its flight recorder says. */
  readonly executing: () => number;
}

export class Runs {
  readonly #parts: RunsParts;
  readonly #runs = new Map<number, Running>();
  /** Runs that are over here, and not yet in the worker. */
  readonly #dropped = new Set<number>();
  readonly #ending = new Set<Promise<void>>();

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** Those whose end is not told yet are among them. */
  get areOver(): boolean {
    return this.#runs.size + this.#ending.size === 0;
  }

  add(run: Running): void {
    this.#runs.set(run.number, run);
  }

  has(number: number): boolean {
    return this.#runs.has(number);
  }

  /** Null: it is over here, and what it still says is nobody's. @throws {Broken} */
  at(number: number): Running | null {
    const run = this.#runs.get(number);
    if (run !== undefined) return run;
    if (this.#dropped.has(number)) return null;
    throw new Broken(`there is no run ${number}`);
  }

  /** What a run says, as far as it goes the way it went: otherwise it is over. */
  of(number: number, work: (run: Running) => void): void {
    const run = this.at(number);
    if (run === null) return;
    try {
      work(run);
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== "run-lost") throw thrown;
      this.#drop(run);
      this.#over(run).then(() => run.fail(thrown), run.fail);
    }
  }

  /** The worker says that it is over: its end is told when nothing of it is left (J2). */
  ended(number: number, readResult: (run: Running) => RunResult): void {
    const run = this.at(number);
    if (run === null) return void this.#dropped.delete(number);
    let settle: () => void;
    try {
      const result = readResult(run);
      run.kept.ended();
      settle = () => run.settle(result);
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown;
      settle = () => run.fail(thrown); // its worker failed in it, or it gives more than may be taken
    }
    this.#runs.delete(number);
    this.#over(run).then(settle, run.fail);
  }

  /** Another's entry is in its log where the worker took its own to be: from there it begins again. */
  moved(run: Running): void {
    this.#drop(run);
    const lost: Lost = { state: "lost", fault: workerLost("another's entry is in its log"), again: "yes" };
    if (run.stored !== null) void this.meanwhile(this.#lifeOver(run, run.stored, lost));
  }

  /** The worker is gone (J3). */
  lost(how: Omit<Loss, "runs">): void {
    const runs = [...this.#runs.values()];
    this.#runs.clear();
    for (const run of runs) {
      const lost = lostBy({ ...how, runs: runs.length }, run);
      if (run.stored === null) this.#left(run, lost.again !== "no").then(() => run.settle(lost), run.fail);
      else void this.meanwhile(this.#lifeOver(run, run.stored, lost));
    }
  }

  /** The worker's memory is not given up before this is over, and this process lives until then. */
  meanwhile(work: Promise<void>): Promise<void> {
    this.#ending.add(work);
    const forget = (): unknown => this.#ending.delete(work);
    work.then(forget, forget);
    return work;
  }

  /** Resolves when the ends that have begun are over. */
  async settled(): Promise<void> {
    await Promise.all(this.#ending);
  }

  /** J2 */
  #over(run: Running): Promise<void> {
    return this.meanwhile(Promise.all([run.kept.over(), this.#parts.links.leave(run)]).then(() => {}));
  }

  #drop({ number }: Running): void {
    this.#runs.delete(number);
    this.#dropped.add(number);
    this.#parts.stop(number);
  }

  /** A stored run begins again from its log. */
  async #lifeOver(run: Running, stored: StoredRun, lost: Lost): Promise<void> {
    try {
      await answerCommands(run, stored);
      await this.#over(run);
      run.settle(await toTakeUp(stored, lost, this.#parts.executing()));
    } catch (thrown) {
      run.fail(thrown);
    }
  }

  /** What a run has outside stays for it, if it begins again. */
  #left(run: Running, isAgain: boolean): Promise<void> {
    if (!isAgain) return this.#over(run);
    run.kept.pause();
    return this.meanwhile(this.#parts.links.leave(run));
  }
}
