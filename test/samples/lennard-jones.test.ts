/** The crystal's energy against the lattice sums of the literature. */
import { afterAll, beforeAll, expect, it } from "vitest";

import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { instantiate, openSample } from "./packages.ts";

const A12 = 12.13188;
const A6 = 14.45392;

let plugin: Plugin;
let instance: Instance;

beforeAll(async () => {
  plugin = await openSample("lennard-jones-rust");
  instance = await instantiate(plugin);
});
afterAll(async () => {
  await instance[Symbol.asyncDispose]();
  await plugin[Symbol.asyncDispose]();
});

async function call(fn: string, ...args: number[]): Promise<number> {
  return (await instance.call(fn, args)) as number;
}

/** The volume per atom at which nearest neighbours are at this distance. */
const volumeAt = (distance: number): number => distance ** 3 / Math.SQRT2;

it("lattice-sum gives A12 and A6, and no number where the sum diverges", async () => {
  expect(await call("lattice-sum", 12)).toBeCloseTo(A12, 5);
  expect(await call("lattice-sum", 6)).toBeCloseTo(A6, 5);
  expect(await call("lattice-sum", 3)).toBe(Infinity);
});

it("energy has its minimum at d = 1.0902, where it is -8.610", async () => {
  const distance = ((2 * A12) / A6) ** (1 / 6);
  expect(distance).toBeCloseTo(1.0902, 4);
  const least = await call("energy", volumeAt(distance));
  expect(Math.abs(least / (-(A6 ** 2) / (2 * A12)) - 1)).toBeLessThan(1e-5);
  expect(await call("energy", volumeAt(distance * 1.01))).toBeGreaterThan(least);
  expect(await call("energy", volumeAt(distance * 0.99))).toBeGreaterThan(least);
});

it("energy-with-cutoff hardly depends on the cutoff, thanks to the tail", async () => {
  for (const volume of [0.75, 0.92, 1.3]) {
    const far = await call("energy", volume);
    expect(Math.abs((await call("energy-with-cutoff", volume, 20)) / far - 1)).toBeLessThan(1e-5);
  }
});

it("nothing but a positive volume has an energy", async () => {
  for (const volume of [0, -1, NaN, Infinity]) expect(await call("energy", volume)).toBeNaN();
});
