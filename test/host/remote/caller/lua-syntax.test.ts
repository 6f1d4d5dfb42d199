/** A Lua package that cannot be read: it shows when a program is checked, although nothing of it is opened here. */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load } from "../../../../src/engine/embedding/run-program.node.ts";
import { ProgramRefused } from "../../../../src/engine/embedding/refused.ts";
import { prepare } from "../../../../src/host/remote/caller/prepare.node.ts";
import { faultOf } from "../../component-fixtures.ts";
import { packageOf } from "../../lua-package.ts";
import { temporaryFolder } from "../../temporary.ts";

const WIT = "package acme:guest@1.0.0; world w { export f: func() -> u32; }";
const TOML =
  '[package]\nname = "acme:guest"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "guest.lua"\nwit = "guest.wit"\n';

describe("a Lua package with a syntax error", () => {
  it.each(["L1", "L2"] as const)("is told with its file and line when a program is loaded, at %s", async (level) => {
    await using folder = await temporaryFolder({
      "guest/sennit.toml": TOML,
      "guest/guest.wit": WIT,
      "guest/guest.lua": "return {\n  f = function( return 1 end }",
      "sennit.toml": '[dependencies]\n"acme:guest" = { path = "guest" }\n',
    });
    const options = { file: join(folder.path, "main.sennit"), isolation: level };
    const refused = await load('require "acme:guest" as g; print g.f();', options).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(refused).toBeInstanceOf(ProgramRefused);
    expect(String(refused)).toMatch(/guest\.lua:2: .*expected near 'return'/);
  });

  it("in a module is told, too, and nothing of the package runs", async () => {
    const files = packageOf({
      wit: WIT,
      files: { "main.lua": "while true do end", "deep/other.lua": "local a = 1\nlocal x = = 1" },
    });
    expect(await faultOf(() => prepare(files, undefined))).toMatchObject({
      code: "plugin-invalid",
      source: "acme:sample",
      message: expect.stringContaining("deep/other.lua:2: unexpected symbol near '='") as string,
      frames: [{ function: "main chunk", file: "deep/other.lua", line: 2 }],
    });
  });

  it("is read once for each content", async () => {
    await using folder = await temporaryFolder();
    const files = packageOf({ wit: WIT, files: { "main.lua": "return { f = function() return 1 end }" } });
    await prepare(files, folder.path);
    const [mark = ""] = await readdir(join(folder.path, "lua"));
    expect(mark).toMatch(/^[0-9a-f]{64}\.read$/);
    await prepare(files, folder.path);
    await writeFile(join(folder.path, "lua", mark), "another's");
    await prepare(files, folder.path); // a mark that is not whole is none
    expect(await readdir(join(folder.path, "lua"))).toEqual([mark]);
    const broken = packageOf({ wit: WIT, files: { "main.lua": "return {" } });
    expect(await faultOf(() => prepare(broken, folder.path))).toMatchObject({ code: "plugin-invalid" });
    expect(await readdir(join(folder.path, "lua"))).toEqual([mark]);
  });
});
