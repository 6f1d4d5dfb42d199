/** Where what is made of packages for other threads and processes is kept: in the folders where everybody else looks. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openPlugin } from "../../../src/host/open.node.ts";
import { temporaryFolder } from "../temporary.ts";
import { samplePackage } from "./realms.ts";

it("is a folder for components, and one for Python", { timeout: 120_000 }, async () => {
  await using folder = await temporaryFolder({});
  for (const name of ["counter-python", "counter-rust"]) {
    await using plugin = await openPlugin(await samplePackage(name), { isolation: "L2", cacheFolder: folder.path });
    expect(plugin.manifest.name).toBe(`sample:${name}`);
  }
  expect((await readdir(folder.path)).toSorted()).toEqual(["components", "python"]);
  expect(await readdir(join(folder.path, "python"))).toEqual([expect.stringMatching(/\.pyimage$/)]);
  expect((await readdir(join(folder.path, "components"))).filter((name) => name.endsWith(".pyimage"))).toEqual([]);
});
