/**
 * What the cases call: the guest in all its wrappings, and the sample packages.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openComponent } from "../../src/host/component/plugin.node.ts";
import type { PackageFiles } from "../../src/host/manifest.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { Instance, InstanceOptions, Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { plainOptions } from "../conformance/options.ts";
import { EngineAlone, type Named } from "./engine-alone.ts";
import { Extism, extismModule } from "./extism.ts";
import { guestBytes, OPS } from "./guest.ts";
import { type Exports, jcoCode } from "./jco-alone.ts";
import type { Case, Contender, Peer, Report } from "./report.ts";

/** What jco exports of the guest. */
export interface JcoOps {
  readonly add: (a: number, b: number) => number;
  readonly echo: (text: string) => string;
  readonly move: (point: Omit<Named, "name">) => Omit<Named, "name">;
  readonly echoNamed: (all: readonly Named[]) => readonly Named[];
  readonly echoFloats: (all: Float64Array) => Float64Array;
  readonly fail: (message: string) => number;
  readonly byteEnds: (all: Uint8Array) => number;
  readonly floatEnds: (all: Float64Array) => number;
  readonly Counter: new (start: number) => { inc(): number };
}

/** The guest, opened by everybody. The caller disposes it. */
export class Subjects implements AsyncDisposable {
  readonly instance: Instance;
  /** The same component, linked by jco's binding. */
  readonly onJco: Instance;
  readonly jco: JcoOps;
  readonly extism: Extism;
  readonly engine: EngineAlone;
  readonly #plugins: readonly Plugin[];

  private constructor(
    parts: Pick<Subjects, "instance" | "onJco" | "jco" | "extism" | "engine">,
    plugins: readonly Plugin[],
  ) {
    this.instance = parts.instance;
    this.onJco = parts.onJco;
    this.jco = parts.jco;
    this.extism = parts.extism;
    this.engine = parts.engine;
    this.#plugins = plugins;
  }

  static async open(): Promise<Subjects> {
    const { core, component } = await guestBytes();
    const plugin = await openPlugin(inMemory(component));
    const binding = await openComponent(inMemory(component), { path: "jco" });
    const parts = {
      instance: await plugin.instantiate(plainOptions()),
      onJco: await binding.instantiate(plainOptions()),
      jco: (await (await jcoCode(component)).instantiate())[OPS] as JcoOps,
      extism: await Extism.open(await extismModule()),
      engine: new EngineAlone(core),
    };
    return new Subjects(parts, [plugin, binding]);
  }

  /** One function of the guest, called as the engine calls it. */
  sennit(name: string, args: readonly Value[], answer?: Contender["answer"]): readonly Contender[] {
    const key = `${OPS}#${name}`;
    const contender = (by: Peer, instance: Instance): Contender => {
      const run = (): Value | Promise<Value> => instance.call(key, args);
      return answer === undefined ? { by, run } : { by, run, answer };
    };
    return [contender("sennit", this.instance), contender("binding", this.onJco)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.onJco[Symbol.asyncDispose]();
    await this.extism[Symbol.asyncDispose]();
    for (const plugin of this.#plugins) await plugin[Symbol.asyncDispose]();
  }
}

export function inMemory(component: Uint8Array): PackageFiles {
  return {
    manifest: {
      name: "bench:guest",
      version: "1.0.0",
      language: "component",
      source: "guest.wasm",
      wants: [],
      limits: {},
      stateless: false,
      overlap: false,
      onFailure: "lost",
      effects: {},
    },
    place: "the benchmark's guest",
    read: () => Promise.resolve(component),
    list: () => Promise.resolve(["guest.wasm"]),
  };
}

/** The folder of a sample package. */
export function samplePlace(name: string): string {
  return fileURLToPath(new URL(`../../plugins/samples/${name}`, import.meta.url));
}

export async function openSample(name: string): Promise<Plugin> {
  return openPlugin(await readPackage(samplePlace(name)));
}

/** jco's contender for a sample that is a component without imports. */
export async function jcoOfSample(
  sample: string,
  wasm: string,
  call: (exports: Exports) => unknown,
): Promise<Contender> {
  const code = await jcoCode(await readFile(join(samplePlace(sample), wasm)));
  const exports = await code.instantiate();
  return { by: "jco", run: () => call(exports) };
}

export interface PluginExtras {
  readonly imports?: InstanceOptions["imports"];
  readonly peers?: readonly Contender[];
}

/** One call of a function of a plugin, seen from the host. Without the plugin, the row says why. */
export async function measurePlugin(
  report: Report,
  open: () => Promise<Plugin>,
  row: Omit<Case, "contenders">,
  call: (instance: Instance) => unknown,
  { imports = new Map(), peers = [] }: PluginExtras = {},
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  let instance: Instance;
  try {
    const plugin = opened.use(await open());
    instance = opened.use(await plugin.instantiate(plainOptions({ imports })));
  } catch (why) {
    return report.missing(row, why);
  }
  await report.measure({ ...row, contenders: [{ by: "sennit", run: () => call(instance) }, ...peers] });
}
