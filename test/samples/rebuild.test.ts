/**
 * Samples whose toolchain comes from a registry are built afresh from their source, by the recipes of their build
 * scripts, and behave as the committed components do. Bytes may differ: these tools are jco's, the scripts' are pinned.
 *
 *   B1  A sample is built when its source, its component, its recipe or its tool is another than when it was last built here
 *       (built.json), and always in the long run.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestContext } from "vitest";

import { isLong } from "../long.ts";
import { ASSEMBLYSCRIPT, JAVASCRIPT, PLOT, PYTHON } from "./builds.ts";
import type { Build } from "./builds.ts";
import { transcriptOf } from "./counter.ts";
import { instantiate, openBytes, openSample, place } from "./packages.ts";
import { need } from "./toolchains.ts";

const RECIPES = ["builds.ts", "toolchains.ts"];
const built = JSON.parse(readFileSync(new URL("built.json", import.meta.url), "utf8")) as Record<string, string>;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sennit-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Null when nothing has changed since it was built and compared (B1). The test ends here when there is no tool. */
async function rebuilt(build: Build, context: TestContext): Promise<Uint8Array | null> {
  const tool = need(build.toolchain, context);
  const digest = digestOf(build, tool);
  const { sample } = build;
  const isKnown = built[sample] === digest;
  if (isKnown && !isLong(`the build of ${sample}`, "nothing of it has changed since it was built")) return null;
  if (!isKnown) console.log(`test/samples/built.json: when this passes, it may have "${sample}": "${digest}"`);
  return await build.build(tool, folder);
}

/** Of all that decides what a build gives, and of what it is compared with. */
function digestOf({ sample, sources, toolchain }: Build, tool: string): string {
  const hash = createHash("sha256");
  const components = readdirSync(place(sample)).filter((name) => name.endsWith(".wasm"));
  const compared = components.map((name) => place(`${sample}/${name}`));
  const recipes = RECIPES.map((name) => join(import.meta.dirname, name));
  for (const file of [...sources.map(place), ...compared, ...recipes]) {
    const bytes = readFileSync(file);
    hash.update(`${bytes.length}\n`).update(bytes);
  }
  return hash.update(`${toolchain.what} ${versionOf(tool)}`).digest("hex");
}

/** Of a script of an npm package: what its manifest says. Of a command: unknown, its recipe tells the one that is meant. */
function versionOf(tool: string): string {
  for (let at = dirname(tool); at !== dirname(at); at = dirname(at)) {
    const manifest = join(at, "package.json");
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  }
  return "";
}

async function expectSameCounter(build: Build, context: TestContext): Promise<void> {
  const bytes = await rebuilt(build, context);
  if (bytes === null) return;
  await using fresh = await openBytes("sample:rebuilt", bytes);
  await using plugin = await openSample(build.sample);
  expect(await transcriptOf(fresh)).toEqual(await transcriptOf(plugin));
}

describe("rebuilt from source", () => {
  it("counter-assemblyscript", (context) => expectSameCounter(ASSEMBLYSCRIPT, context));

  it("counter-js", (context) => expectSameCounter(JAVASCRIPT, context));

  it("plot-js", async (context) => {
    const bytes = await rebuilt(PLOT, context);
    if (bytes === null) return;
    await using opened = await openBytes("sample:rebuilt", bytes);
    await using plugin = await openSample("plot-js");
    await using fresh = await instantiate(opened);
    await using old = await instantiate(plugin);
    const args = ["t", [1, 2, 3], [1, 4, 9], [1, 3], [1, 9], "x", "y"];
    expect(await fresh.call("curve", args)).toEqual(await old.call("curve", args));
  });

  it("counter-python, by componentize-py, from the source that runs on Pyodide", { timeout: 300_000 }, (context) =>
    expectSameCounter(PYTHON, context),
  );
});
