/** Programs whose packages run where the project says: the same output at every level, and failures that can be caught. */
import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { run } from "../../src/engine/embedding/run-program.node.ts";
import { temporaryFolder, type TemporaryFolder } from "../host/temporary.ts";

const samples = fileURLToPath(new URL("../../plugins/samples/", import.meta.url));
const fixtures = fileURLToPath(new URL("fixtures/", import.meta.url));

const SPIN = `
[package]
name = "acme:spin"
version = "1.0.0"
language = "lua"
source = "spin.lua"
wit = "spin.wit"
[package.limits]
deadline = 200
`;

async function project(policy: string): Promise<TemporaryFolder> {
  const folder = await temporaryFolder({
    "spin/sennit.toml": SPIN,
    "spin/spin.wit": "package acme:spin@1.0.0; world w { export forever: func(); export one: func() -> u32; }",
    "spin/spin.lua": "return { forever = function() while true do end end, one = function() return 1 end }",
  });
  const path = (of: string): string => relative(folder.path, of);
  const toml = `
[dependencies]
"sample:counter-rust" = { path = "${path(join(samples, "counter-rust"))}" }
"sample:counter-lua" = { path = "${path(join(samples, "counter-lua"))}" }
"sample:apply" = { path = "${path(join(samples, "callback-rust"))}" }
"test:callbacks" = { path = "${path(join(fixtures, "callbacks-lua"))}" }
"acme:spin" = { path = "spin" }
[policy]
isolation = { ${policy} }
`;
  await writeFile(join(folder.path, "sennit.toml"), toml);
  return folder;
}

async function printed(folder: TemporaryFolder, source: string): Promise<readonly string[]> {
  const lines: string[] = [];
  await run(source, { file: join(folder.path, "main.sennit"), onPrint: (line) => lines.push(line) });
  return lines;
}

const TOUR = `
require "sample:counter-rust" as rust;
require "sample:counter-lua" as lua;
require "sample:apply" as calls;
require "test:callbacks" as backs;
print rust.increment(); print rust.increment(); print lua.increment();
print rust.add(40, 2);
print lua.count_words("a b a");
try { rust.fail("no"); } catch (e) { print e.value; }
print calls.apply(|i| i * 2, 3);
print calls.apply(|i| seq { print i; lua.increment() }, 2);
print calls.apply(|i| backs.each(|j| i + j, 2), 2);
try { calls.apply(|i| calls.apply(|j| j, 2), 2); } catch (e) { print e.value.code; }
print backs.failure(|i| 1 div i);
try { rust.trap(); } catch (e) { print e.code; print e.source; print e.message; }
try { rust.increment(); } catch (e) { print e.code; }
print lua.increment();
`;

describe("a program", () => {
  it.each(['default = "L1"', 'default = "L2"', 'default = "L1", "sample:counter-lua" = "L2"'])(
    "prints with %s what it prints in one thread",
    { timeout: 60_000 },
    async (policy) => {
      await using here = await project("");
      await using there = await project(policy);
      const wanted = await printed(here, TOUR);
      expect(wanted.length).toBeGreaterThan(15);
      expect(await printed(there, TOUR)).toEqual(wanted);
    },
  );

  it.each(["L1", "L2"])("goes on after an endless loop at %s", { timeout: 60_000 }, async (level) => {
    await using folder = await project(`default = "L0", "acme:spin" = "${level}"`);
    const source = `require "acme:spin" as spin; require "sample:counter-rust" as rust;
      print spin.one(); rust.increment();
      try { spin.forever(); } catch (e) { print e.code; }
      try { spin.one(); } catch (e) { print e.code; }
      print rust.increment();`;
    expect(await printed(folder, source)).toEqual(["1", "deadline-exceeded", "plugin-lost", "2"]);
  });

  it("has a fresh instance in each run", async () => {
    await using folder = await project('default = "L1"');
    const source = 'require "sample:counter-rust" as rust; print rust.increment();';
    expect([...(await printed(folder, source)), ...(await printed(folder, source))]).toEqual(["1", "1"]);
  });

  it("takes a package at L1 onto another core, behind the same walls, and none that needs a process", async () => {
    const source = 'require "acme:spin" as spin; print spin.one(); print =spin.one=();';
    await using near = await project('"acme:spin" = "L1"');
    await using far = await project('"acme:spin" = "L2"');
    expect(await printed(near, source)).toEqual(["1", "1"]);
    await expect(printed(far, source)).rejects.toMatchObject({ code: "needs-workers" });
  });

  it("cannot let a package choose its level by a name of another", async () => {
    await using folder = await project('default = "L2", "acme:own" = "L0"');
    await mkdir(join(folder.path, "own"));
    await writeFile(join(folder.path, "own", "sennit.toml"), SPIN.replace("acme:spin", "acme:own"));
    await writeFile(join(folder.path, "own", "spin.wit"), "package acme:mine; world w { export one: func() -> u32; }");
    await writeFile(join(folder.path, "own", "spin.lua"), "return { one = function() return 1 end }");

    // A package in a process of its own is called on no other core.
    await expect(printed(folder, 'require "./own" as own; =own.one=();')).rejects.toMatchObject({
      code: "needs-workers",
    });
  });
});
