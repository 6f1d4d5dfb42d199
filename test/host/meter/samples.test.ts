/** What the compilers of today make runs metered as it ran before, at the same cost each time. */
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { openPlugin } from "../../../src/host/open.node.ts";
import { readPackage } from "../../../src/host/package/package.node.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import type { Value } from "../../../src/wit/value.ts";
import { conformance } from "../../conformance/suite.ts";
import { start } from "../component-fixtures.ts";

const samples = new URL("../../../plugins/samples/", import.meta.url);

async function sample(name: string, limited = true): Promise<Plugin> {
  const files = await readPackage(fileURLToPath(new URL(name, samples)));
  const limits = limited ? { fuel: 1e12, deadline: 3_600_000 } : {};
  return openPlugin({ ...files, manifest: { ...files.manifest, limits } });
}

const counters = readdirSync(samples).filter(
  (name) =>
    name === "counter-lua" ||
    (name.startsWith("counter-") && readdirSync(new URL(name, samples)).includes("counter.wasm")),
);

const CALLS: [string, Value[]][] = [
  ["increment", []],
  ["increment", []],
  ["add", [4_294_967_295, 2]],
  ["fail", ["oh – é"]],
  ["count-words", ["the quick brown fox jumps over the lazy dog ".repeat(50)]],
];

describe.each(counters)("%s", (name) => {
  it("answers as it did, and costs the same in each instance", { timeout: 60_000 }, async () => {
    const run = async (limited: boolean): Promise<{ answers: Value[]; costs: (number | undefined)[] }> => {
      await using plugin = await sample(name, limited);
      await using instance = await start(plugin);
      const answers: Value[] = [];
      const costs: (number | undefined)[] = [];
      for (const [key, args] of CALLS) {
        answers.push(await instance.call(key, args));
        costs.push(instance.spent);
      }
      return { answers, costs };
    };
    const first = await run(true);
    const plain = await run(false);

    expect(first.answers).toEqual(plain.answers);
    expect(first.costs.every((cost) => cost !== undefined && cost > 0)).toBe(true);
    expect(await run(true)).toEqual(first);
  });
});

const all = { ownsResources: true, integers: "all" } as const;
conformance({ ...all, name: "a metered Rust component", open: () => sample("conformance-rust"), runs: 20 });
conformance({ ...all, name: "metered Lua", open: () => sample("conformance-lua"), runs: 20 });
conformance({
  name: "a metered JavaScript component",
  open: () => sample("conformance-js"),
  runs: 10,
  ownsResources: false,
  integers: "safe",
});
