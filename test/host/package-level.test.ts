/** Where a package runs, and who vouches for it (project.ts). */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { readProject } from "../../src/host/package/package.node.ts";
import { levelOf } from "../../src/host/package/project.ts";
import { faultFrom as faultOf } from "./lua-package.ts";
import { temporaryFolder } from "./temporary.ts";

/** A project and a folder beside it, each with packages. */
async function places(toml: string | null): Promise<{
  readonly project: string;
  readonly outside: string;
  readonly of: (place: string, ...names: string[]) => Promise<string>;
  readonly [Symbol.asyncDispose]: () => PromiseLike<void>;
}> {
  const folder = await temporaryFolder({});
  const project = join(folder.path, "project");
  const outside = join(folder.path, "outside");
  await mkdir(join(project, "plugins", "own"), { recursive: true });
  await mkdir(join(outside, "other"), { recursive: true });
  if (toml !== null) await writeFile(join(project, "sennit.toml"), toml);
  return {
    project,
    outside,
    of: async (place, ...names) => levelOf(await readProject(project), { names, place }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

describe("levelOf()", () => {
  it("is L1 for what lies in the project's folder, also without a manifest", async () => {
    for (const toml of [null, "", "[policy]\n"]) {
      await using here = await places(toml);
      expect(await here.of(join(here.project, "plugins", "own"), "./plugins/own", "acme:own")).toBe("L1");
      expect(await here.of(here.project, ".", "acme:project")).toBe("L1");
    }
  });

  it("is L2 for a path that leads out of the project: nobody vouches for it", async () => {
    await using here = await places('[policy]\nisolation = { default = "L0" }');
    const names = ["../outside/other", "acme:other"];

    expect(await here.of(join(here.outside, "other"), ...names)).toBe("L2");
    expect(await here.of(join(here.project, "plugins", "..", "..", "outside", "other"), ...names)).toBe("L2");
    expect(await here.of(join(here.project, "missing"), "./missing")).toBe("L2");
    // A folder whose name begins like the project's.
    await mkdir(`${here.project}-evil`);
    expect(await here.of(`${here.project}-evil`, "../project-evil")).toBe("L2");
  });

  it("goes by where a link leads, not by where it lies", async () => {
    await using here = await places("");
    await symlink(join(here.outside, "other"), join(here.project, "plugins", "link"));
    await symlink(join(here.project, "plugins", "own"), join(here.outside, "back"));

    expect(await here.of(join(here.project, "plugins", "link"), "./plugins/link")).toBe("L2");
    expect(await here.of(join(here.outside, "back"), "../outside/back")).toBe("L1");
  });

  it("vouches for a dependency by path wherever it lies, and not for another package that calls itself so", async () => {
    await using here = await places('[dependencies]\n"acme:other" = { path = "../outside/other" }\n');
    await mkdir(join(here.outside, "third"));

    expect(await here.of(join(here.outside, "other"), "acme:other", "acme:other")).toBe("L1");
    expect(await here.of(join(here.outside, "third"), "../outside/third", "acme:other")).toBe("L2");
  });

  it("does not vouch for what a registry gives", async () => {
    await using here = await places('[dependencies]\n"acme:other" = "^1.2"\n');

    expect(await here.of(join(here.outside, "other"), "acme:other@^1.2", "acme:other")).toBe("L2");
  });

  it("believes the user who trusts a package by name", async () => {
    await using here = await places('[policy]\ntrust = ["acme:other"]\nisolation = { default = "L0" }');

    expect(await here.of(join(here.outside, "other"), "../outside/other", "acme:other")).toBe("L0");
    expect(await here.of(join(here.outside, "other"), "acme:other@1", "acme:other")).toBe("L0");
    expect(await here.of(join(here.outside, "other"), "../outside/other", "acme:third")).toBe("L2");
  });

  it("takes the user's word for a level", async () => {
    await using here = await places('[policy]\nisolation = { "acme:other" = "L0", "acme:own" = "L2" }');

    expect(await here.of(join(here.outside, "other"), "acme:other@^1", "acme:other")).toBe("L0");
    expect(await here.of(join(here.project, "plugins", "own"), "./plugins/own", "acme:own")).toBe("L2");
  });

  it("lets no package choose a laxer level than the default by what it calls itself", async () => {
    await using here = await places('[policy]\nisolation = { default = "L1", "acme:fast" = "L0" }');

    expect(await here.of(join(here.project, "plugins", "own"), "./plugins/own", "acme:fast")).toBe("L1");
    expect(await here.of(join(here.outside, "other"), "../outside/other", "acme:fast")).toBe("L1");
  });

  it("names mistakes in `trust`", async () => {
    await using here = await places('[policy]\ntrust = ["other"]');

    expect((await faultOf(() => readProject(here.project))).message).toContain("policy.trust: `other` is no package");
  });
});
