/** Every sample package says how its instances are saved, and those that are, are. */
import { afterAll, expect, it } from "vitest";

import type { Plugin } from "../../../src/host/plugin.ts";
import { savedAs } from "../../../src/host/state/saved-as.ts";
import { functionsOf } from "../../../src/wit/types.ts";
import { openSample } from "../../samples/packages.ts";
import { start, waiting } from "../component-fixtures.ts";
import { refusalOf, stateOf } from "./continued.ts";
import { surroundings } from "../python-package.ts";

const MEMORY = [
  "callback-rust",
  "conformance-lua",
  "conformance-rust",
  "counter-assemblyscript",
  "counter-c",
  "counter-go",
  "counter-lua",
  "counter-rust",
  "courier-lua",
  "courier-rust",
  "imports-c",
  "lennard-jones-rust",
  "wasi-files-c",
  "wasi-files-rust",
  "wasi-http-rust",
];
const CALLS = ["conformance-js", "conformance-python", "counter-js", "courier-python", "linear-fit-julia", "plot-js"];

const plugins: Plugin[] = [];
afterAll(() => Promise.all(plugins.map((plugin) => plugin[Symbol.asyncDispose]())));

async function opened(name: string): Promise<Plugin> {
  const plugin = await openSample(name);
  plugins.push(plugin);
  return plugin;
}

/** Imports that nobody calls here. */
function stubs(plugin: Plugin): Parameters<typeof start>[1] {
  const never = waiting(() => Promise.reject(new Error("called")));
  return Object.fromEntries([...functionsOf(plugin.world.imports)].map(([key]) => [key, never]));
}

it.each(MEMORY)("%s, as memory: a fresh instance is what it was made of", async (name) => {
  const plugin = await opened(name);
  expect(savedAs(plugin)).toEqual({ how: "memory", reason: null });
  await using fresh = await start(plugin, stubs(plugin));
  const state = await stateOf(fresh);
  await using restored = await start(plugin, stubs(plugin), { state });
  expect(Buffer.compare(await stateOf(restored), state)).toBe(0);
});

it.each(CALLS)("%s, by its calls: there is nothing to go on from", async (name) => {
  const plugin = await opened(name);
  expect(savedAs(plugin)).toMatchObject({ how: "calls", reason: expect.any(String) as string });
  expect(plugin.stateOf).toBeUndefined();
  if (name === "linear-fit-julia") return;
  const { imports } = surroundings();
  const stubbed = new Map(Object.entries(stubs(plugin) ?? {}).map(([key, given]) => [key, given as never]));
  expect(
    await refusalOf(plugin, surroundings({}, { imports: new Map([...imports, ...stubbed]), state: new Uint8Array(9) })),
  ).toBe("state-invalid");
});

it("counter-python, by functions of its own", async () => {
  expect(savedAs(await opened("counter-python"))).toEqual({ how: "functions", reason: null });
});
