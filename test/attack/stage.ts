/**
 * Where an attack is played: packages opened at a level, instances given nothing but two harmless imports, and everything
 * that comes out of them kept.
 *
 *   S1  What was opened here is closed when the attack is over, except plugins, which serve all attacks of a file.
 *   S2  Attempts in one language share an instance as long as it lives.
 */
import { Fault } from "../../src/fault.ts";
import type { PackageFiles } from "../../src/host/manifest.ts";
import type { Instance, InstanceOptions, Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import type { Canaries } from "./detectors.ts";
import { ATTEMPT } from "./guests.ts";
import { openAt, type Level } from "./level.ts";

/** A call of one of the imports, so that attacks can be seen to have called out. */
export interface Told {
  readonly name: string;
  readonly args: readonly Value[];
}

/** A package, or how it is made when it is first needed. */
export type Files = PackageFiles | (() => PackageFiles | Promise<PackageFiles>);

export class Stage implements AsyncDisposable {
  readonly level: Level;
  readonly canaries: Canaries;
  /** What is made of packages, at every level of a file: to make Python's takes seconds. */
  readonly cacheFolder: string;
  /** Everything that came out of guests: answers, faults, lines. */
  readonly outputs: string[] = [];
  readonly told: Told[] = [];
  /** Of the attack that is playing. */
  readonly instances: Instance[] = [];
  readonly #plugins = new Map<string, Promise<Plugin>>();
  readonly #rooms = new Map<string, Instance>();
  /** Plugins of the attack that is playing. */
  readonly #own: Plugin[] = [];
  #lastId = 0;

  constructor(level: Level, canaries: Canaries, cacheFolder: string) {
    this.level = level;
    this.canaries = canaries;
    this.cacheFolder = cacheFolder;
  }

  /** A plugin that is kept: the same `key` is the same package. */
  open(key: string, files: Files): Promise<Plugin> {
    return this.kept(key, async () =>
      openAt(this.level, typeof files === "function" ? await files() : files, this.cacheFolder),
    );
  }

  /** The same, of a plugin that is opened in another way. */
  kept(key: string, open: () => Promise<Plugin>): Promise<Plugin> {
    const found = this.#plugins.get(key) ?? open();
    this.#plugins.set(key, found);
    return found;
  }

  /** An instance that ends with the attack. */
  async start(plugin: Plugin, more: Partial<InstanceOptions> = {}): Promise<Instance> {
    const instance = await plugin.instantiate(this.options(more));
    this.instances.push(instance);
    return instance;
  }

  /** A plugin that ends with the attack. */
  async keep(files: PackageFiles): Promise<Plugin> {
    const plugin = await openAt(this.level, files, this.cacheFolder);
    return this.own(plugin);
  }

  /** The same, of a plugin that was opened elsewhere. */
  own(plugin: Plugin): Plugin {
    this.#own.push(plugin);
    return plugin;
  }

  /** Opens, starts, calls once. */
  async call(
    files: PackageFiles,
    fn: string,
    args: readonly Value[] = [],
    more?: Partial<InstanceOptions>,
  ): Promise<string> {
    const instance = await this.start(await this.keep(files), more);
    return this.say(await instance.call(fn, args));
  }

  /** Runs code in the language's attacker, in the instance of earlier attempts if that is alive (S2). */
  async attempt(key: string, files: Files, code: string): Promise<string> {
    const instance = await this.room(key, key, files);
    return this.say(await instance.call(ATTEMPT, [code]));
  }

  /** An instance of the package `key` that attempts share while it is alive, by its name. */
  async room(name: string, key: string, files: Files): Promise<Instance> {
    let instance = this.#rooms.get(name);
    if (instance?.alive !== true) {
      await instance?.[Symbol.asyncDispose]();
      instance = await (await this.open(key, files)).instantiate(this.options());
      this.#rooms.set(name, instance);
    }
    if (!this.instances.includes(instance)) this.instances.push(instance);
    return instance;
  }

  /** Keeps what came out, as text. */
  say(value: Value): string {
    const text = typeof value === "string" ? value : String(value);
    this.outputs.push(text);
    return text;
  }

  /** What an attack may be seen to have logged. */
  options(more: Partial<InstanceOptions> = {}): InstanceOptions {
    const note = (name: string, answer: (args: readonly Value[]) => Value) => ({
      colour: "sync" as const,
      call: (args: readonly Value[]) => (this.told.push({ name, args }), answer(args)),
    });
    this.#lastId += 1;
    return {
      id: this.#lastId,
      imports: new Map([
        ["host", note("host", ([x]) => x ?? 0)],
        ["tell", note("tell", () => null)],
      ]),
      seed: new Uint8Array(32).fill(7),
      now: () => 1_700_000_000_000,
      log: (line) => void this.outputs.push(line.text),
      sleep: () => Promise.resolve(),
      ...more,
    };
  }

  /** Instances that attempts share now. */
  get rooms(): readonly Instance[] {
    return [...this.#rooms.values()];
  }

  /** Ends what the attack left running (S1); instances that attempts share stay while they live. */
  async clear(): Promise<void> {
    const shared = new Set(this.#rooms.values());
    const own = this.instances.filter((each) => !shared.has(each) || !each.alive);
    await Promise.all(own.map((each) => each[Symbol.asyncDispose]()));
    for (const [key, room] of this.#rooms) if (!room.alive) this.#rooms.delete(key);
    await Promise.all(this.#own.splice(0).map((each) => each[Symbol.asyncDispose]()));
    this.instances.length = 0;
    this.outputs.length = 0;
    this.told.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#rooms.values()].map((each) => each[Symbol.asyncDispose]()));
    for (const plugin of this.#plugins.values()) {
      await plugin.then((each) => each[Symbol.asyncDispose]()).catch(ignoreFault);
    }
  }
}

/** A plugin that could not be opened has nothing to close. */
function ignoreFault(thrown: unknown): void {
  if (!(thrown instanceof Fault)) throw thrown;
}
