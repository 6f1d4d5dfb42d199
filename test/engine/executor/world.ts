/** An executor in a test's hands: a store in memory, time that passes when nothing else happens, and programs of a text alone. */
import { openOver } from "../../../src/engine/executor/store-executor.ts";
import type { StoreExecutor } from "../../../src/engine/executor/store-executor.ts";
import type { ExecutorSettings, OpenedProgram, ProgramRequest } from "../../../src/engine/executor/ports.ts";
import type { Submission } from "../../../src/engine/executor/executor.ts";
import type { Readable } from "../../../src/engine/history/typed.ts";
import { Fault } from "../../../src/fault.ts";
import type { RunHeader, Store } from "../../../src/journal/store.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import type { Value } from "../../../src/wit/value.ts";
import { sha256 } from "../../journal/stores.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { checkText, nothing } from "../../lang/vm/run-program.ts";
import { portsOf, VirtualClock } from "../durable/crash.ts";
import { directInstance, stubProgram } from "../stub-program.ts";

export const never: AbortSignal = new AbortController().signal;

export class World implements AsyncDisposable {
  readonly clock: VirtualClock = new VirtualClock();
  /** What programs were paid, in order. */
  readonly paid: number[] = [];
  readonly warnings: string[] = [];
  /** Packages that cannot be loaded any more. */
  readonly gone: Set<string> = new Set();
  /** Packages that are not on disk as they were. */
  readonly changed: Set<string> = new Set();
  readonly settings: ExecutorSettings;
  /** Programs that are open. */
  open = 0;
  opened = 0;
  /** Timers of the platform that are set. */
  armed = 0;
  store: Store = new MemoryStore({ hash: sha256, now: () => this.clock.time });
  #executor: StoreExecutor | null = null;
  #made = 0;

  constructor(settings: ExecutorSettings = {}) {
    this.settings = settings;
    this.clock.time = 1_000_000;
  }

  get executor(): StoreExecutor {
    if (this.#executor === null) throw new Error("no executor is there");
    return this.#executor;
  }

  async start(settings: ExecutorSettings = {}): Promise<StoreExecutor> {
    const opening = openOver(
      this.store,
      {
        open: (request) => this.#open(request),
        look: (request) => this.#look(request),
        clock: { now: () => this.clock.time, after: (milliseconds, work) => this.#after(milliseconds, work) },
        uuid: () => `run-${(this.#made += 1)}`,
        random: (size) => new Uint8Array(size).fill(7),
      },
      {
        sleepAfter: 10,
        webhook: (token) => `http://host/hooks/${token}`,
        onWarning: (text) => this.warnings.push(text),
        ...this.settings,
        ...settings,
      },
    );
    this.#executor = await this.until(opening);
    return this.#executor;
  }

  /** The process ends, and another one takes the store over. */
  async restart(settings: ExecutorSettings = {}): Promise<StoreExecutor> {
    await this.stop();
    return await this.start(settings);
  }

  async stop(): Promise<void> {
    const executor = this.#executor;
    this.#executor = null;
    if (executor !== null) await this.until(executor[Symbol.asyncDispose]());
  }

  /** Turns of the loop, and when nothing happens in them, time passes. */
  async until<T>(promise: Promise<T>, patience: number = 200_000): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    for (let turns = 1; !isSettled; turns++) {
      if (turns > patience) throw new Error(`nothing came of it by ${this.clock.time}`);
      await turn();
      if (!isSettled && turns % 12 === 0) this.clock.pass();
    }
    return await promise;
  }

  /** Lets everything that can happen now happen; no time passes. */
  async settle(turns: number = 40): Promise<void> {
    for (let at = 0; at < turns; at++) await turn();
  }

  /** Time passes up to there, and everything in it happens. */
  async pass(milliseconds: number): Promise<void> {
    const end = this.clock.time + milliseconds;
    const over = this.clock.sleep(milliseconds, never);
    await this.until(over);
    await this.settle();
    if (this.clock.time < end) throw new Error("time stood still");
  }

  submission(source: string, more: Partial<Submission> = {}): Submission {
    return { file: "/programs/test.sennit", source, ...more };
  }

  async submit(source: string, more: Partial<Submission> = {}): Promise<string> {
    const { id } = await this.until(this.executor.submit(this.submission(source, more)));
    return id;
  }

  async state(id: string): Promise<RunHeader["state"] | undefined> {
    return (await this.store.header(id))?.state;
  }

  async ended(id: string): Promise<unknown> {
    return await this.until(this.executor.wait(id, never));
  }

  /** What a run printed up to now. */
  async lines(id: string): Promise<readonly string[]> {
    const lines: string[] = [];
    for await (const { event } of this.executor.follow(id, {})) if (event.kind === "print") lines.push(event.text);
    return lines;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.store[Symbol.asyncDispose]();
  }

  async #open({ source }: ProgramRequest): Promise<OpenedProgram> {
    await turn();
    const [name = "test:shop"] = /test:[a-z]+/.exec(source) ?? [];
    if (this.gone.has(name)) throw new Fault("package-not-found", `There is no package ${name} here`);
    const digest = this.changed.has(name) ? "another" : "first";
    this.open += 1;
    this.opened += 1;
    const pay = (_: string, args: readonly Value[]): Value => this.paid.push(Number(args[0]));
    const stub = stubProgram(textOf(source), [PAY], () => directInstance(pay), {
      manifest: { language: "javascript", effects: { pay: "keyed" } },
    });
    const packages = stub.packages.map((pack) => ({ ...pack, name, plugin: { ...pack.plugin, digest } }));
    const close = async (): Promise<void> => void (this.open -= 1);
    return {
      program: { ...stub, packages },
      grants: { allowsCommand: () => false },
      ports: (webhook) => ({ ...portsOf(this.clock), ...(webhook === undefined ? {} : { webhook }) }),
      changed: () => (this.changed.has(name) && digest === "first" ? [name] : []),
      [Symbol.asyncDispose]: close,
    };
  }

  async #look(request: ProgramRequest): Promise<Readable & AsyncDisposable> {
    const opened = await this.#open(request);
    const checked = checkText(textOf(request.source), { ...nothing, functions: new Map([[PAY.name, PAY]]) });
    const program = { ...opened.program, params: checked.params };
    return { program, checked, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() };
  }

  #after(milliseconds: number, work: () => void): () => void {
    const forget = new AbortController();
    this.armed += 1;
    void this.clock.sleep(milliseconds, forget.signal).then(() => {
      this.armed -= 1;
      if (!forget.signal.aborted) work();
    });
    return () => forget.abort();
  }
}

const PAY = witFunction("pay", [S32], S32);

function textOf(source: string): string {
  return source.includes("pay(") ? `require pay; ${source}` : source;
}

export function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
