/** What is refused before anything runs, and how it is said. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { grantFlags, Grants, refuseUngranted } from "../../src/engine/load/grants.ts";
import { loadProgram } from "../../src/engine/load/load.node.ts";
import type { Loaded } from "../../src/engine/load/load.node.ts";
import { parseCapability } from "../../src/host/capability.ts";

const made: string[] = [];
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

interface Package {
  readonly wants: readonly string[];
  readonly imports?: string;
  /** Beside the world. */
  readonly wit?: string;
}

/** A program in a project with Lua packages `t:<name>` in folders of their names. */
async function load(
  source: string,
  packages: Readonly<Record<string, Package>>,
  grants: readonly string[] = [],
): Promise<Loaded> {
  const folder = mkdtempSync(join(tmpdir(), "sennit-grants-"));
  made.push(folder);
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const dependencies = Object.keys(packages).map((name) => `"t:${name}" = { path = "${name}" }\n`);
  put("sennit.toml", `[dependencies]\n${dependencies.join("")}`);
  for (const [name, { wants, imports = "", wit = "" }] of Object.entries(packages)) {
    const said = `name = "t:${name}"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "p.lua"\nwit = "wit"\n`;
    put(`${name}/sennit.toml`, `[package]\n${said}wants = ${JSON.stringify(wants)}\n`);
    put(`${name}/wit/p.wit`, `package t:${name};\nworld p { ${imports} export f: func() -> u32; }\n`);
    if (wit !== "") put(`${name}/wit/deps/d.wit`, wit);
    put(`${name}/p.lua`, "return { f = function() return 1 end }");
  }
  const request = { file: join(folder, "a.sennit"), text: source, grants };
  return await loadProgram({ ...request, warn: () => {} });
}

interface Refused {
  readonly titles: readonly string[];
  readonly labels: readonly (string | undefined)[];
  readonly hints: readonly (string | undefined)[];
}

function refused(loaded: Loaded): Refused {
  if (loaded.ok) throw new Error("it was loaded");
  const all = loaded.diagnostics.filter(({ severity }) => severity === "error");
  return {
    titles: all.map(({ code }) => code),
    labels: all.map(({ primary }) => primary.text),
    hints: all.map(({ hint }) => hint),
  };
}

describe("a program is refused", () => {
  it("with all that is missing, of all packages and its own, and the flags for all of it", async () => {
    const packages = {
      a: { wants: ["net:api.example.org", "fs:my data:ro"] },
      b: { wants: ["log", "env:HOME"] },
      c: { wants: [] },
    };
    const source = 'require "t:a" as a; require "t:b" as b; require "t:c" as c; print a.f(); shell { "git" }; b.f();';

    const { titles, labels, hints } = refused(await load(source, packages, ["t:b=log"]));

    expect(titles).toEqual(["unusable-package", "unusable-package"]);
    expect(labels).toEqual([
      "t:a asks for `net:api.example.org`, `fs:my data:ro`, which was not granted",
      "t:b asks for `env:HOME`, which was not granted",
    ]);
    const flags =
      "Add `--grant t:a=net:api.example.org --grant 't:a=fs:my data:ro' --grant t:b=env:HOME --grant run:git`";
    expect(hints).toEqual([flags, flags]);
  });

  it("also with other mistakes in it", async () => {
    const { titles } = refused(await load('require "t:a" as a; print x; a.f();', { a: { wants: ["log"] } }));

    expect(titles.toSorted()).toEqual(["unknown-name", "unusable-package"]);
  });

  it("when only commands of its own are missing, all at once", async () => {
    const loading = load('shell { "git" }; shell { "tar" }; shell { "git" };', {});

    await expect(loading).rejects.toMatchObject({
      code: "denied",
      message: "The program runs `git`, `tar`, which was not granted",
      hint: "Add `--grant run:git --grant run:tar`",
    });
  });

  it("when a package that only answers imports was not given what it wants", async () => {
    const wit = "package x:y; interface shout { loud: func() -> u32; }";
    const loading = load('require "t:a" as a; a.f();', {
      a: { wants: [], imports: "import x:y/shout;", wit },
      b: { wants: ["log"], imports: "export x:y/shout;", wit },
    });

    await expect(loading).rejects.toMatchObject({ code: "denied", hint: "Add `--grant t:b=log`" });
  });

  it("when a package imports what its manifest does not ask for", async () => {
    const imports = "import sennit:host/http@0.2.0; import sennit:host/env@0.2.0; import sennit:host/log@0.2.0;";
    const { labels, hints } = refused(await load('require "t:a" as a; a.f();', { a: { wants: ["env:X"], imports } }));

    expect(labels).toEqual([
      "t:a imports `sennit:host/http@0.2.0` (such as `net:api.example.org`), and its manifest asks for nothing of that kind",
    ]);
    expect(hints).toEqual(["Add what it uses to `wants` in its manifest"]);
  });

  it("when a package imports an interface of the host otherwise than it is", async () => {
    const wit = "package sennit:host@0.2.0; interface env { get: func(name: string) -> string; }";
    const otherVersion = "package sennit:host@0.9.0; interface env { get: func(name: string) -> string; }";
    const asked = { wants: ["env:X"] };
    const source = 'require "t:a" as a; a.f();';

    const types = await load(source, { a: { ...asked, imports: "import sennit:host/env@0.2.0;", wit } }, ["t:a=env:X"]);
    expect(refused(types).labels).toEqual(["t:a imports sennit:host/env@0.2.0 with other types than it has"]);
    const later = { ...asked, imports: "import sennit:host/env@0.9.0;", wit: otherVersion };
    expect(refused(await load(source, { a: later }, ["t:a=env:X"])).labels).toEqual([
      "t:a imports sennit:host/env@0.9.0, and this host has sennit:host/env@0.2.0",
    ]);
  });
});

describe("a program is loaded", () => {
  it("with a provider for each package that uses what belongs to the user, and none for others", async () => {
    const imports = "import sennit:host/env@0.2.0; import sennit:host/files@0.2.0;";
    const packages = {
      a: { wants: ["env:A", "fs:a"], imports },
      b: { wants: ["env:B", "fs:b"], imports },
      c: { wants: [] },
    };
    const grants = ["t:a=env:A", "t:a=fs:a", "t:b=env:B", "t:b=fs:b"];
    const loaded = await load(
      'require "t:a" as a; require "t:b" as b; require "t:c" as c; a.f() + b.f() + c.f();',
      packages,
      grants,
    );
    if (!loaded.ok) throw new Error("it was refused");
    await using program = loaded.program;

    expect(program.packages.map(({ name }) => name)).toEqual([
      "t:a",
      "t:b",
      "t:c",
      "sennit:host (t:a)",
      "sennit:host (t:b)",
    ]);
    const [a, b, c] = program.packages.map((pack) => new Set([...pack.imports.values()].map((to) => to.package)));
    expect([a, b, c]).toEqual([new Set([3]), new Set([4]), new Set()]);
    const [, , , provider] = program.packages;
    const { effects } = provider?.plugin.manifest ?? { effects: {} };
    expect(effects).toMatchObject({
      "sennit:host/env@0.2.0#get": "read",
      "sennit:host/files@0.2.0#read": "read",
      "sennit:host/files@0.2.0#write": "idempotent",
      "sennit:host/files@0.2.0#append": "once",
    });
    expect(Object.keys(effects).toSorted()).toEqual(
      [...(provider?.plugin.world.exports.interfaces ?? [])]
        .flatMap(([id, { functions }]) => [...functions.keys()].map((name) => `${id}#${name}`))
        .toSorted(),
    );
  });
});

describe("Grants", () => {
  it("gives flags that a shell takes as they are", () => {
    const capabilities = ["net:*.example.org", "fs:it's", "run:a$b", "log"].map(parseCapability);

    expect(grantFlags([{ holder: "a:b", capabilities }])).toBe(
      "--grant 'a:b=net:*.example.org' --grant 'a:b=fs:it'\\''s' --grant 'a:b=run:a$b' --grant a:b=log",
    );
  });

  it("refuses with everything, and not when nothing is missing", () => {
    const grants = new Grants();
    grants.addText("a:b=log");

    refuseUngranted(grants.missing("a:b", ["log"]));
    expect(() =>
      refuseUngranted([...grants.missing("a:b", ["log", "env:X"]), ...grants.missing("c:d", ["run"])]),
    ).toThrow(
      expect.objectContaining({
        code: "denied",
        message: "a:b asks for `env:X`; c:d asks for `run`, which was not granted",
        hint: "Add `--grant a:b=env:X --grant c:d=run`",
      }),
    );
  });

  it("takes grants back, one by one", () => {
    const grants = new Grants();
    for (const text of ["a:b=env:X", "a:b=env:Y", "c:d=env:X"]) grants.addText(text);

    expect(grants.revoke("a:b", parseCapability("env:X"))).toBe(true);
    expect(grants.revoke("a:b", parseCapability("env:X"))).toBe(false);
    expect(["X", "Y"].map((name) => grants.allows("a:b", { kind: "env", name }))).toEqual([false, true]);
    expect(grants.allows("c:d", { kind: "env", name: "X" })).toBe(true);
  });
});
