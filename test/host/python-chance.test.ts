/** Random numbers of a Python plugin: of each call its own, whatever calls before it drew (R1 of worker/chance.ts). */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Instance } from "../../src/host/plugin.ts";
import type { PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { openPython } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = `package test:plugin; world w {
  import wait: func();
  export draws: func(way: string, count: u32) -> list<string>;
  export seeded: func(seed: u32) -> list<string>;
  export unseeded: func() -> list<string>;
  export around: func() -> list<string>;
  export kinds: func() -> list<string>;
}`;
const APP = `import os, random, secrets, uuid
import wit_world
from random import gauss, getrandbits, random as drawn, shuffle
WAYS = {
    "random": lambda: str(drawn()), "bits": lambda: str(getrandbits(64)), "gauss": lambda: str(gauss()),
    "urandom": lambda: os.urandom(8).hex(), "secrets": lambda: secrets.token_hex(8), "uuid": lambda: str(uuid.uuid4()),
    "fresh": lambda: str(random.Random().random()), "state": lambda: str(hash(random.getstate())),
    "choice": lambda: random.choice("abcdefghijklmnopqrstuvwxyz"), "sample": lambda: str(random.sample(range(1000), 5)),
}
class WitWorld:
    def draws(self, way, count): return [WAYS[way]() for _ in range(count)]
    def seeded(self, seed):
        random.seed(seed)
        return self.draws("random", 2)
    def unseeded(self):
        random.seed()
        return self.draws("random", 2)
    def around(self):
        first = drawn()
        wit_world.wait()
        return [str(first), str(drawn())]
    def kinds(self): return list(WAYS)
`;

let plugin: PythonPlugin;
beforeAll(async () => {
  plugin = await openPython(pythonPackage({ "app.py": APP, "world.wit": WIT }));
});
afterAll(() => plugin[Symbol.asyncDispose]());

async function withInstance<T>(seed: number, work: (instance: Instance) => Promise<T>): Promise<T> {
  const wait = { colour: "async", call: () => Promise.resolve(null) } as const;
  await using instance = await plugin.instantiate(
    surroundings({}, { seed: new Uint8Array(32).fill(seed), imports: new Map([["wait", wait]]) }),
  );
  return await work(instance);
}

it("what a call draws does not depend on what calls before it drew, and the seed decides it (R1)", async () => {
  let ways: readonly string[] = [];
  const seen = (seed: number, before: number): Promise<readonly unknown[]> =>
    withInstance(seed, async (instance) => {
      ways = (await instance.call("kinds", [])) as string[];
      const answers = [];
      for (const way of ways) {
        await instance.call("draws", [way, before]);
        answers.push(await instance.call("draws", [way, 3]));
      }
      return answers;
    });
  const plain = await seen(7, 0);
  expect(await seen(7, 1)).toEqual(plain);
  expect(await seen(7, 5)).toEqual(plain);
  const other = await seen(8, 0);
  expect(ways).toHaveLength(10);
  for (const [at, way] of ways.entries()) {
    expect([way, other[at]]).not.toEqual([way, plain[at]]);
    if (way !== "choice" && way !== "state") expect(new Set(plain[at] as string[]).size).toBe(3);
  }
  expect(new Set(plain.map(String)).size).toBe(ways.length);
});

it("a call that waits goes on where it was", async () => {
  expect(await withInstance(7, async (instance) => instance.call("around", []))).toEqual(
    await withInstance(7, async (instance) => instance.call("draws", ["random", 2])),
  );
});

it("a seed that the plugin gives lasts from call to call, until it gives none", async () => {
  const seen = (seed: number): Promise<readonly unknown[]> =>
    withInstance(seed, async (instance) => [
      await instance.call("seeded", [42]),
      await instance.call("draws", ["random", 2]),
      await instance.call("unseeded", []),
      await instance.call("draws", ["random", 2]),
    ]);
  const [one, two] = [await seen(1), await seen(2)];
  expect(one.slice(0, 2)).toEqual(two.slice(0, 2));
  expect(one[0]).not.toEqual(one[1]);
  expect(one[2]).not.toEqual(two[2]);
  expect(one[3]).not.toEqual(two[3]);
});
