/** Random numbers of a Lua plugin: of each call its own, whatever calls before it drew (R1–R3 of chance.ts). */
import { expect, it } from "vitest";
import fc from "../fast-check.ts";
import type { Instance } from "../../src/host/plugin.ts";
import { lua, settings } from "./lua-package.ts";

const WORLD = `world w {
  import wait: func();
  export draws: func(count: u32) -> string;
  export seeded: func(seed: u32) -> string;
  export unseeded: func() -> string;
  export none: func() -> u32;
  export around: func() -> string;
}`;
const GUEST = `
  local random, wait = math.random, require("sennit").imports.wait -- taken while the file loads
  local loaded = random(1 << 40)
  local function draws(count)
    local drawn = { loaded }
    for i = 1, count do drawn[#drawn + 1] = random(1 << 40) end
    return table.concat(drawn, " ")
  end
  return {
    draws = draws,
    seeded = function(seed) math.randomseed(seed); return draws(2) end,
    unseeded = function() math.randomseed(); return draws(2) end,
    none = function() return 1 end,
    around = function() local first = draws(1); wait(); return first .. " " .. draws(1) end,
  }`;

async function withInstance<T>(seed: number, work: (instance: Instance) => Promise<T> | T): Promise<T> {
  await using plugin = await lua(WORLD, GUEST);
  const imports = { wait: { colour: "async", call: () => Promise.resolve(null) } } as const;
  await using instance = await plugin.instantiate(settings({ seed: new Uint8Array(32).fill(seed), imports }));
  return await work(instance);
}

it("what a call draws does not depend on what calls before it drew, and the seed decides it (R1)", async () => {
  const third = (first: number, second: number, seed = 7): Promise<unknown> =>
    withInstance(seed, async (instance) => {
      await instance.call("draws", [first]);
      await instance.call("draws", [second]);
      return await instance.call("draws", [3]);
    });
  const plain = await third(0, 0);
  expect(await third(0, 0, 8)).not.toBe(plain);
  await fc.assert(
    fc.asyncProperty(fc.nat(5), fc.nat(5), async (first, second) => {
      expect(await third(first, second)).toBe(plain);
    }),
    { numRuns: 10 },
  );
});

it("calls draw different numbers, also those that do it after others drew nothing (R1)", async () => {
  const drawn = await withInstance(7, async (instance) => {
    const answers = [];
    for (let call = 0; call < 20; call++) {
      answers.push(call % 3 === 0 ? await instance.call("none", []) : await instance.call("draws", [1]));
    }
    return answers.filter((answer) => answer !== 1);
  });
  expect(new Set(drawn).size).toBe(drawn.length);
});

it("a call that waits goes on where it was", async () => {
  const [waited, straight] = await withInstance(7, async (instance) => [
    await instance.call("around", []),
    await withInstance(7, (other) => other.call("draws", [2])),
  ]);
  const numbers = String(waited).split(" ");
  expect(`${numbers[0]} ${numbers[1]} ${numbers[3]}`).toBe(straight);
});

it("a seed that the guest gives lasts from call to call, until it gives none (R3)", async () => {
  const seen = (seed: number): Promise<readonly unknown[]> =>
    withInstance(seed, async (instance) => [
      await instance.call("seeded", [42]),
      await instance.call("draws", [2]),
      await instance.call("unseeded", []),
      await instance.call("draws", [2]),
    ]);
  const drawn = (texts: readonly unknown[]): readonly string[] =>
    texts.map((text) => String(text).replace(/^\d+ /, ""));
  const [one, two] = [drawn(await seen(1)), drawn(await seen(2))];
  expect(one.slice(0, 2)).toEqual(two.slice(0, 2));
  expect(one[0]).not.toBe(one[1]);
  expect(one[2]).not.toBe(two[2]);
  expect(
    await withInstance(1, async (instance) => {
      for (let call = 0; call < 3; call++) await instance.call("none", []);
      return String(await instance.call("draws", [2])).replace(/^\d+ /, "");
    }),
  ).toBe(one[3]);
});
