/**
 * The plugin instances of one run (I2): started at the first call, wired to each other, gone with the run.
 *
 *   G1  One instance per package and run. Its imports are the run's own instances of the providers, never another run's.
 *   G2  A lost instance answers `plugin-lost`, unless its manifest says `stateless` or `on-failure = "fresh"`.
 *   G3  `dispose` leaves none running, whatever was in progress; a disposed group starts no more.
 *   G4  A package starts as many instances in a run, and shows as much of itself, as its limits say (package/limits.ts).
 */
import { Defect, Fault } from "../../fault.ts";
import type { Manifest } from "../../host/manifest.ts";
import type { CallEffect, ImportedFunction, Instance, LogLine, ReportProgress, Together } from "../../host/plugin.ts";
import type { FunctionKey } from "../../wit/types.ts";
import type { Value } from "../../wit/value.ts";
import type { GuestEffects } from "../durable/calls/guest-effects.ts";
import { isOutside } from "../durable/calls/groups.ts";
import { DEFAULT_LIMITS, raiseHint } from "../../host/package/limits.ts";
import { Tally, Volume } from "../loop/limits.ts";
import { GivingUp } from "./giving-up.ts";
import type { LoadedPackage, LoadedProgram } from "../load/loaded.ts";
import type { Clock } from "../platform/ports.ts";
import { subSeed } from "../platform/random.ts";

export interface GroupOptions {
  readonly seed: Uint8Array;
  readonly clock: Clock;
  readonly log: (source: string, line: LogLine) => void;
  readonly progress?: ReportProgress;
  /** Counts the guests' timers with those of the run. */
  readonly tally?: Tally;
  /** Records what is imported from outside of the run. Absent: nothing is recorded. */
  readonly effects?: GuestEffects;
  /**
   * While calls of a package are made again: how long one may take, in milliseconds, whatever its limits are; null otherwise.
   * Nobody waits for its timers then, and nobody hears what it says.
   */
  readonly lifted?: (pack: number) => number | null;
  /** The instances' ids. Absent: every instance has one of its own. */
  readonly idOf?: (pack: number) => number;
  /** What the clocks of guests show, where that is not the time as it passes. */
  readonly clocks?: GuestClocks;
}

export interface GuestClocks {
  /** Milliseconds since the epoch. */
  readonly timeOf: (pack: number) => number;
  /** A guest has waited so many milliseconds. */
  readonly slept: (pack: number, milliseconds: number) => void;
}

export class InstanceGroup implements AsyncDisposable {
  readonly #packages: readonly LoadedPackage[];
  readonly #options: GroupOptions;
  /** By package: running, or on its way. */
  readonly #running: (Instance | undefined)[] = [];
  readonly #starting: (Promise<Instance> | undefined)[] = [];
  readonly #closed = new AbortController();
  readonly #together: Together;
  readonly #tally: Tally;
  /** By package: how many instances were started, and what it may still show. */
  readonly #starts: number[] = [];
  readonly #volumes: Volume[] = [];
  /** By package. */
  readonly #givingUp: GivingUp[] = [];
  /** Instances that were replaced and are still to be disposed. */
  readonly #lost: Instance[] = [];
  /** By package: what its next instance starts as. */
  readonly #states: (Uint8Array | undefined)[] = [];
  #nextId = 1;

  constructor(program: LoadedProgram, options: GroupOptions) {
    this.#packages = program.packages;
    this.#options = options;
    this.#tally = options.tally ?? new Tally();
    this.#together = { count: countByLanguage(program.packages) };
  }

  /**
   * Calls an export of a package, starting its instance if there is none. A value when that needs no waiting. A call that
   * is given up while its instance starts is not made.
   */
  call(
    pack: number,
    fn: FunctionKey,
    args: readonly Value[],
    signal?: AbortSignal,
    effect?: CallEffect,
  ): Value | Promise<Value> {
    const instance = this.#usable(pack);
    const work = (started: Instance): Value | Promise<Value> => started.call(fn, args, signal, effect);
    const answer = instance === undefined ? this.use(pack, work, signal) : work(instance);
    if (answer instanceof Promise) this.during(pack, answer, signal);
    return answer;
  }

  /** What the package asks for is for a call that goes on: it is given up with that. */
  during(pack: number, answer: Promise<unknown>, signal: AbortSignal | undefined): void {
    this.#givingUpOf(pack).during(answer, signal);
  }

  /** The same for whatever is to be asked of the instance. */
  use(
    pack: number,
    work: (instance: Instance) => Value | Promise<Value>,
    signal?: AbortSignal,
  ): Value | Promise<Value> {
    const instance = this.#usable(pack);
    if (instance !== undefined) return work(instance);
    return this.#start(pack).then((started) => {
      if (signal?.aborted === true) throw new Fault("cancelled", "The call was given up before it began");
      return work(started);
    });
  }

  /** What a package says, when it was granted to be heard. */
  log(pack: number, line: LogLine): void {
    const { name, granted } = this.#package(pack);
    if (granted.log && !this.#isAgain(pack) && this.#isShown(pack, line.text)) this.#options.log(name, line);
  }

  /** Starts a package's instance, if there is none. */
  async begin(pack: number): Promise<void> {
    await this.#start(pack);
  }

  /** Whether its instance ended. */
  isLost(pack: number): boolean {
    return this.#running[pack]?.alive === false;
  }

  /** Ends the instances of these packages: the next call of one starts afresh, or as the state of it that is given. */
  async reset(packs: readonly number[], states?: ReadonlyMap<number, Uint8Array>): Promise<void> {
    await Promise.all(
      packs.map(async (pack) => {
        this.#states[pack] = states?.get(pack);
        const instance = await this.#starting[pack]?.catch(() => undefined);
        this.#running[pack] = undefined;
        this.#starting[pack] = undefined;
        await instance?.[Symbol.asyncDispose]();
      }),
    );
  }

  /** The states of these packages' instances; null when one of them cannot be told. They are between two calls. */
  async save(packs: readonly number[]): Promise<readonly Uint8Array[] | null> {
    const states: Uint8Array[] = [];
    for (const pack of packs) {
      const instance = this.#running[pack];
      const state = instance?.alive === true ? await instance.save?.() : null;
      if (state === null || state === undefined || this.#closed.signal.aborted) return null;
      states.push(state);
    }
    return states;
  }

  /** The running instance of a package, when there is one. */
  idle(pack: number): Instance | undefined {
    return this.#usable(pack);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    const started = await Promise.allSettled(this.#starting.filter((promise) => promise !== undefined));
    const late = started.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    const all = new Set([...this.#lost, ...this.#running.filter((instance) => instance !== undefined), ...late]);
    await Promise.all([...all].map((instance) => instance[Symbol.asyncDispose]()));
  }

  /** G2: a dead instance is kept, and answers `plugin-lost`, unless it may be replaced. */
  #usable(pack: number): Instance | undefined {
    const instance = this.#running[pack];
    if (instance === undefined || instance.alive) return instance;
    const { manifest } = this.#package(pack).plugin;
    if (!isReplaceable(manifest)) return instance;
    this.#lost.push(instance);
    this.#running[pack] = undefined;
    this.#starting[pack] = undefined;
    return undefined;
  }

  #start(pack: number): Promise<Instance> {
    const known = this.#starting[pack];
    if (known !== undefined) return known;
    const promise = this.#instantiate(pack);
    this.#starting[pack] = promise;
    // A start that failed may be tried again by the next call.
    promise.catch(() => {
      if (this.#starting[pack] === promise) this.#starting[pack] = undefined;
    });
    return promise;
  }

  async #instantiate(pack: number): Promise<Instance> {
    const { plugin, name } = this.#package(pack);
    const imports = await this.#imports(pack);
    if (this.#closed.signal.aborted) throw new Fault("plugin-lost", `${name} was not started: the run has ended`);
    this.#countStart(pack);
    const { seed, clock, progress, clocks, lifted } = this.#options;
    const state = this.#states[pack];
    const instance = await plugin.instantiate({
      id: this.#options.idOf?.(pack) ?? this.#nextId++,
      imports,
      seed: subSeed(seed, name),
      now: clocks === undefined ? clock.now : () => clocks.timeOf(pack),
      together: this.#together,
      ...(state === undefined ? {} : { state }),
      // Others are beyond a wall: what they may take is told once.
      ...(lifted === undefined || !isMetered(plugin.manifest) ? {} : { limits: { lifted: () => lifted(pack) } }),
      sleep: (milliseconds) => this.#sleep(pack, milliseconds),
      log: (line) => this.log(pack, line),
      ...(progress === undefined ? {} : { progress: this.#reporter(pack, progress) }),
    });
    this.#running[pack] = instance;
    this.#states[pack] = undefined;
    return instance;
  }

  /** Providers are started first, so that their colour is known (H: plugin.ts). The loader refused cycles. */
  async #imports(pack: number): Promise<ReadonlyMap<FunctionKey, ImportedFunction>> {
    const imports = new Map<FunctionKey, ImportedFunction>();
    for (const [key, from] of this.#package(pack).imports) {
      const provider = await this.#start(from.package);
      const { manifest } = this.#package(from.package).plugin;
      const { effects } = this.#options;
      if (effects !== undefined && isOutside(this.#package(from.package))) {
        imports.set(key, this.#recorded(effects, pack, from));
        continue;
      }
      imports.set(key, {
        // One that may be replaced is waited for when it is.
        colour: isReplaceable(manifest) ? "async" : (provider.colour ?? "async"),
        call: (args) => this.call(from.package, from.function, args, this.#givingUpOf(pack).signal),
      });
    }
    return imports;
  }

  #givingUpOf(pack: number): GivingUp {
    return (this.#givingUp[pack] ??= new GivingUp(() => this.#running[pack]?.alive === false));
  }

  #recorded(
    effects: GuestEffects,
    pack: number,
    from: { readonly package: number; readonly function: FunctionKey },
  ): ImportedFunction {
    const outside = {
      package: this.#package(from.package),
      function: from.function,
      perform: (args: readonly Value[], effect: CallEffect) =>
        this.call(from.package, from.function, args, undefined, effect),
    };
    const { name } = this.#package(pack);
    return { colour: "async", call: (args) => effects.call(pack, name, outside, args) };
  }

  /** G4. A start that fails counts, too. @throws {Fault} `limit-exceeded` */
  #countStart(pack: number): void {
    const { name, plugin } = this.#package(pack);
    const most = plugin.manifest.limits.instances ?? DEFAULT_LIMITS.instances;
    const count = (this.#starts[pack] ?? 0) + 1;
    if (count > most) {
      throw new Fault("limit-exceeded", `${name} was started ${most} times in this run, and may not be again`, {
        source: name,
        hint: raiseHint(name, "instances"),
      });
    }
    this.#starts[pack] = count;
  }

  async #sleep(pack: number, milliseconds: number): Promise<void> {
    const over = this.#tally.timer();
    try {
      if (!this.#isAgain(pack)) await this.#options.clock.sleep(milliseconds, this.#closed.signal);
    } finally {
      over();
    }
    this.#options.clocks?.slept(pack, milliseconds);
  }

  /** Its calls are made again. */
  #isAgain(pack: number): boolean {
    return (this.#options.lifted?.(pack) ?? null) !== null;
  }

  #reporter(pack: number, progress: ReportProgress): ReportProgress {
    return (done, total, text) => {
      if (!this.#isAgain(pack) && this.#isShown(pack, text ?? "")) progress(done, total, text);
    };
  }

  /** G4. The first text that is one too many is replaced by a line that says so. */
  #isShown(pack: number, text: string): boolean {
    const { name, plugin } = this.#package(pack);
    const most = plugin.manifest.limits.log ?? DEFAULT_LIMITS.log;
    const taken = (this.#volumes[pack] ??= new Volume(most)).take(text);
    if (taken === "over") {
      const what = `${name} has logged more than the ${most} bytes that a run shows of it; the rest is dropped.`;
      this.#options.log(name, { level: "warn", text: `${what} ${raiseHint(name, "log")}` });
    }
    return taken === "fits";
  }

  #package(pack: number): LoadedPackage {
    const found = this.#packages[pack];
    if (found === undefined) throw new Defect(`package ${pack} is not loaded`);
    return found;
  }
}

/** G2 */
function isReplaceable({ stateless, onFailure }: Manifest): boolean {
  return stateless || onFailure === "fresh";
}

function isMetered({ language }: Manifest): boolean {
  return language === "component" || language === "lua";
}

export function countByLanguage(packages: readonly LoadedPackage[]): Together["count"] {
  const counts: Record<string, number> = {};
  for (const { plugin } of packages) counts[plugin.manifest.language] = (counts[plugin.manifest.language] ?? 0) + 1;
  return counts;
}
