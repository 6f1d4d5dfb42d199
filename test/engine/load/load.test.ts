/** `load`: one program, many runs; and which packages answer whose imports. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { load, ProgramRefused } from "../../../src/index.ts";
import { printed } from "../programs.ts";

const at = (path: string): string => JSON.stringify(fileURLToPath(new URL(`../${path}`, import.meta.url)));
const made: string[] = [];
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

function project(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "sennit-load-"));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return join(folder, "program.sennit");
}

describe("load()", () => {
  it("runs a program many times, also at once, each with instances of its own", async () => {
    const file = fileURLToPath(new URL("../program.sennit", import.meta.url));
    const source = `require "../../plugins/samples/counter-lua" as c; param n: Int; c.increment(); (n, c.increment());`;
    await using program = await load(source, { file });

    expect(await program.run({ params: { n: 1 } })).toEqual([1, 2]);
    expect(await Promise.all([2, 3].map((n) => program.run({ params: { n } })))).toEqual([
      [2, 2],
      [3, 2],
    ]);
    await expect(program.run()).rejects.toMatchObject({ code: "bad-param" });
  });

  it("refuses a program with mistakes", async () => {
    await expect(load("print x;")).rejects.toBeInstanceOf(ProgramRefused);
  });

  it("cancels what runs when it is disposed, and runs nothing more", async () => {
    const lines: string[] = [];
    const program = await load('try { print "in"; sleep(1h); } finally { print "out"; }');
    const running = program.run({
      onPrint: (line) => {
        lines.push(line);
        if (line === "in") void program[Symbol.asyncDispose]();
      },
    });

    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(lines).toEqual(["in", "out"]);
    await expect(program.run()).rejects.toMatchObject({ code: "plugin-lost" });
  });
});

describe("imports of packages", () => {
  const shout = 'require "sample:shout" as s; print s.shout("hey"); print s.shout("hey");';
  const dependency = `"sample:shout" = { path = ${at("../../plugins/samples/imports-c")} }\n`;

  it.each(["python", "lua"])("are answered by a dependency in %s that the program does not name", async (language) => {
    const file = project({
      "sennit.toml": `[dependencies]\n${dependency}"acme:text" = { path = ${at(`fixtures/text-${language}`)} }\n`,
    });

    expect(await printed(shout, { file })).toEqual(["HEY!", "HEY!!"]);
  });

  it("go from Python to Lua", async () => {
    const wit = `package acme:text@1.0.0; interface case { upper: func(s: string) -> string; }`;
    const file = project({
      "sennit.toml": `[dependencies]\n"acme:text" = { path = ${at("fixtures/text-lua")} }\n`,
      "py/sennit.toml": `[package]\nname = "a:py"\nversion = "1.0.0"\nlanguage = "python"\nsource = "app.py"\nwit = "w.wit"\n`,
      "py/w.wit": `${wit} world w { import case; export loud: func(s: string) -> string; }`,
      "py/app.py": `import wit_world
from wit_world.imports import case


class WitWorld(wit_world.WitWorld):
    def loud(self, s: str) -> str:
        return case.upper(s) + "!"
`,
    });
    const source = `require "./py" as py; print py.loud("a"); print para for s in ["b", "c"] { py.loud(s) };`;

    expect(await printed(source, { file })).toEqual(["A!", '["B!", "C!"]']);
  });

  it("do not concern dependencies that are missing, broken or ask for more than they were given", async () => {
    const file = project({
      "sennit.toml": `[dependencies]\n${dependency}"a:gone" = { path = "gone" }\n"a:wants" = { path = "wants" }\n"b:text" = { path = ${at("fixtures/text-lua")} }\n"acme:text" = { path = ${at("fixtures/text-lua")} }\n`,
      "wants/sennit.toml": `[package]\nname = "a:wants"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "w.lua"\nwit = "w.wit"\nwants = ["log"]\n`,
      "wants/w.wit": "package a:wants; world w { }",
      "wants/w.lua": "return {}",
    });

    expect(await printed(shout, { file })).toEqual(["HEY!", "HEY!!"]);
  });

  it("that nobody provides are refused before anything runs", async () => {
    const file = project({ "sennit.toml": `[dependencies]\n${dependency}` });
    const lines: string[] = [];
    const running = printed(`print "ran"; ${shout}`, { file, onPrint: (line) => lines.push(line) });

    await expect(running).rejects.toMatchObject({
      code: "link-failed",
      source: "sample:shout",
      message: expect.stringContaining("acme:text/case@1.0.0"),
      hint: expect.stringContaining("[dependencies]"),
    });
    expect(lines).toEqual([]);
  });
});
