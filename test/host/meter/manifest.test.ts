/** `fuel` and `deadline` in a manifest. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { readPackage } from "../../../src/host/package/package.node.ts";
import { temporaryFolder } from "../temporary.ts";

const package_ = (limits: string): string => `[package]
name = "acme:x"
version = "1.0.0"
language = "lua"
source = "x.lua"
wit = "x.wit"
[package.limits]
${limits}
`;

async function read(limits: string): ReturnType<typeof readPackage> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "x");
  await mkdir(path);
  await writeFile(join(path, "sennit.toml"), package_(limits));
  return await readPackage(path);
}

it("are whole numbers above zero", async () => {
  expect((await read("fuel = 1000000\ndeadline = 250")).manifest.limits).toEqual({ fuel: 1_000_000, deadline: 250 });
});

it.each(["fuel = 0", "fuel = 1.5", 'fuel = "much"', "deadline = -1", "fule = 3"])("and not %s", async (limits) => {
  await expect(read(limits)).rejects.toMatchObject({ code: "manifest-invalid" });
});
