import { mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { Watched } from "../../../src/engine/executor/watched.node.ts";
import { temporaryFolder } from "../../host/temporary.ts";

const YESTERDAY = new Date(Date.now() - 86_400_000);

/** A package and a file, older than today; looks are a second apart. */
async function watching(path: string): Promise<{ readonly look: () => readonly string[] }> {
  await mkdir(join(path, "pack", "deep"), { recursive: true });
  for (const name of ["pack/a.lua", "pack/deep/b.lua", "sennit.toml"]) {
    await writeFile(join(path, name), name);
    await utimes(join(path, name), YESTERDAY, YESTERDAY);
  }
  let now = 0;
  const places = [
    { name: "acme:pack", path: join(path, "pack") },
    { name: "sennit.toml", path: join(path, "sennit.toml") },
    { name: "sennit.lock", path: join(path, "sennit.lock") },
  ];
  const watched = new Watched(places, YESTERDAY.getTime() + 1000, () => now);
  return { look: () => ((now += 1000), watched.changed()) };
}

describe("files that are watched", () => {
  it.each([
    ["written", "acme:pack", (path: string) => writeFile(join(path, "pack/a.lua"), "other")],
    ["touched", "acme:pack", (path: string) => utimes(join(path, "pack/deep/b.lua"), 1, 1)],
    ["added", "acme:pack", (path: string) => writeFile(join(path, "pack/deep/c.lua"), "")],
    ["removed", "acme:pack", (path: string) => rm(join(path, "pack/deep/b.lua"))],
    ["renamed", "acme:pack", (path: string) => rename(join(path, "pack/a.lua"), join(path, "pack/z.lua"))],
    ["removed with their folder", "acme:pack", (path: string) => rm(join(path, "pack"), { recursive: true })],
    ["the project's", "sennit.toml", (path: string) => rm(join(path, "sennit.toml"))],
    ["not there before", "sennit.lock", (path: string) => writeFile(join(path, "sennit.lock"), "")],
  ])("are told when they are %s", async (_, name, change) => {
    await using folder = await temporaryFolder();
    const { look } = await watching(folder.path);
    expect(look()).toEqual([]);
    await change(folder.path);
    expect(look()).toEqual([name]);
    expect(look()).toEqual([name]);
  });

  it("are not told any more when all is as it was", async () => {
    await using folder = await temporaryFolder();
    const { look } = await watching(folder.path);
    await rename(join(folder.path, "pack"), join(folder.path, "away"));
    expect(look()).toEqual(["acme:pack"]);
    await rename(join(folder.path, "away"), join(folder.path, "pack"));
    expect(look()).toEqual([]);
  });

  it("that were written while they were read count as changed", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "young");
    await writeFile(path, "");
    let now = 0;
    const watched = new Watched([{ name: "young", path }], Date.now() - 60_000, () => now);
    now = 1000;
    expect(watched.changed()).toEqual(["young"]);
  });

  it("are looked at once a second, and links in a circle end", async () => {
    await using folder = await temporaryFolder();
    await symlink(folder.path, join(folder.path, "round"));
    let now = 0;
    const watched = new Watched([{ name: "all", path: folder.path }], Date.now(), () => now);
    await writeFile(join(folder.path, "new"), "");
    now = 999;
    expect(watched.changed()).toEqual([]);
    now = 1000;
    expect(watched.changed()).toEqual(["all"]);
  });
});
