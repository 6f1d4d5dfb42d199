/** The sample packages of plugins/samples, and instances of them, for the tests of this folder. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { Fault } from "../../src/fault.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { PackageFiles } from "../../src/host/manifest.ts";
import type { ImportedFunction, Instance, InstanceOptions, Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";

export interface Component {
  /** Below plugins/samples. */
  readonly folder: string;
  readonly wasm: string;
  readonly world: string;
  /** Every WIT file of its world, below plugins/samples; the first has the world. */
  readonly wit: readonly string[];
}

const COUNTER = { wasm: "counter.wasm", world: "counter", wit: ["counter/counter.wit"] };
const CONFORMANCE = { wasm: "conformance.wasm", world: "conformance", wit: ["conformance/conformance.wit"] };

/** Every component whose `.wasm` is committed. */
export const COMPONENTS: readonly Component[] = [
  { folder: "counter-c", ...COUNTER },
  { folder: "counter-rust", ...COUNTER },
  { folder: "counter-go", ...COUNTER },
  { folder: "counter-assemblyscript", ...COUNTER },
  { folder: "counter-js", ...COUNTER },
  { folder: "conformance-rust", ...CONFORMANCE },
  { folder: "conformance-js", ...CONFORMANCE },
  {
    folder: "lennard-jones-rust",
    wasm: "lennard-jones.wasm",
    world: "lennard-jones",
    wit: ["lennard-jones-rust/lennard-jones.wit"],
  },
  { folder: "plot-js", wasm: "plot.wasm", world: "plot", wit: ["plot-js/plot.wit"] },
  {
    folder: "imports-c",
    wasm: "shout.wasm",
    world: "shout",
    wit: ["imports-c/wit/shout.wit", "imports-c/wit/deps/acme-text/text.wit"],
  },
  { folder: "callback-rust", wasm: "apply.wasm", world: "apply", wit: ["callback-rust/apply.wit"] },
];

/** A place below plugins/samples. */
export function place(path: string): string {
  return fileURLToPath(new URL(`../../plugins/samples/${path}`, import.meta.url));
}

export function bytesOf(component: Component): Promise<Uint8Array> {
  return readFile(place(`${component.folder}/${component.wasm}`));
}

/** The WIT of a component as a package: its first file at the top, the others in `deps/`. */
export async function witOf(component: Component): Promise<ReadonlyMap<string, string>> {
  const texts = component.wit.map(async (path, i): Promise<[string, string]> => {
    const text = await readFile(place(path), "utf8");
    return [i === 0 ? "world.wit" : `deps/dependency-${i}/package.wit`, text];
  });
  return new Map(await Promise.all(texts));
}

export async function openSample(folder: string): Promise<Plugin> {
  return openPlugin(await readPackage(place(folder)));
}

/** A package that is a component and nothing else, in memory. */
export function openBytes(name: string, bytes: Uint8Array): Promise<Plugin> {
  const files: PackageFiles = {
    manifest: {
      name,
      version: "1.0.0",
      language: "component",
      source: "plugin.wasm",
      wants: [],
      limits: {},
      stateless: false,
      overlap: false,
      onFailure: "lost",
      effects: {},
    },
    place: "memory",
    read: async () => bytes,
    list: async () => ["plugin.wasm"],
  };
  return openPlugin(files);
}

let lastId = 0;

/** A fresh instance with a frozen clock and a fixed seed. The caller disposes it. */
export function instantiate(
  plugin: Plugin,
  imports: Readonly<Record<string, ImportedFunction>> = {},
): Promise<Instance> {
  lastId += 1;
  const options: InstanceOptions = {
    id: lastId,
    imports: new Map(Object.entries(imports)),
    seed: new Uint8Array(32).fill(7),
    now: () => 1_700_000_000_000,
    log: () => undefined,
    sleep: async () => undefined,
  };
  return plugin.instantiate(options);
}

/** What a call gave: its value, or the code of its fault. */
export async function outcome(instance: Instance, fn: string, args: readonly Value[]): Promise<unknown> {
  try {
    return await instance.call(fn, args);
  } catch (error) {
    if (error instanceof Fault) return { fault: error.code };
    throw error;
  }
}
