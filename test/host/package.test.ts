import { symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, parse as parsePath } from "node:path";

import { describe, expect, it } from "vitest";

import { parseCapability } from "../../src/host/capability.ts";
import { readPackage, readProject } from "../../src/host/package/package.node.ts";
import { faultOf } from "./component-fixtures.ts";
import { temporaryFolder } from "./temporary.ts";

const STATS = `
[package]
name = "acme:stats"
version = "1.2.0"
language = "python"
source = "src/stats.py"
wit = "stats.wit"
wants = ["log", "fs:data:ro"]
on-failure = "fresh"
on-divergence = "accept"
max-rebuild-calls = 1000
[package.limits]
memory = "64 MiB"
[package.effects]
"acme:net/http#post" = "keyed"
`;

describe("readPackage()", () => {
  it("reads the table [package] of sennit.toml", async () => {
    await using folder = await temporaryFolder({ "sennit.toml": STATS });

    const { manifest, place } = await readPackage(folder.path);

    expect(place).toBe(folder.path);
    expect(manifest).toEqual({
      name: "acme:stats",
      version: "1.2.0",
      language: "python",
      source: "src/stats.py",
      wit: "stats.wit",
      wants: ["log", "fs:data:ro"],
      limits: { memory: 67_108_864 },
      stateless: false,
      overlap: false,
      onFailure: "fresh",
      onDivergence: "accept",
      maxRebuildCalls: 1000,
      effects: { "acme:net/http#post": "keyed" },
    });
  });

  it("reads the field `sennit` of package.json, whose version is the package's", async () => {
    const sennit = {
      name: "acme:stats",
      language: "component",
      source: "stats.wasm",
      onFailure: "fresh",
      grants: { program: ["log"] },
    };
    await using folder = await temporaryFolder({
      "package.json": JSON.stringify({ name: "x", version: "2.0.1", sennit }),
    });

    expect((await readPackage(folder.path)).manifest).toMatchObject({
      name: "acme:stats",
      version: "2.0.1",
      onFailure: "fresh",
    });
  });

  it("takes a bare .wasm file for a package named like it", async () => {
    await using folder = await temporaryFolder({ "My_Plugin 2.wasm": new Uint8Array(8) });
    const files = await readPackage(join(folder.path, "My_Plugin 2.wasm"));

    expect(files.manifest).toMatchObject({
      name: "local:my-plugin-2",
      language: "component",
      source: "My_Plugin 2.wasm",
    });
    expect(await files.read(files.manifest.source)).toHaveLength(8);
  });

  it("names all mistakes of a manifest at once, with file and key", async () => {
    const toml = `
[package]
name = "Acme"
version = "^1"
langauge = "python"
language = "pyhton"
source = "../x.py"
stateless = "yes"
wants = ["fs", "log"]
[package.limits]
memroy = 1
memory = -1
[package.effects]
"a:b/c#d" = "twice"
[grant]
`;
    await using folder = await temporaryFolder({ "sennit.toml": toml });

    const { code, message } = await faultOf(() => readPackage(folder.path));

    expect(code).toBe("manifest-invalid");
    expect(message.replace(folder.path, "")).toMatchInlineSnapshot(`
      "/sennit.toml:
        package.language: \`pyhton\` is none of \`component\`, \`python\`, \`lua\`, \`julia\`, \`javascript\` (did you mean \`python\`?)
        package.name: \`Acme\` is not of the form \`namespace:name\`, in lower case
        package.version: \`^1\` is not an exact version, such as \`1.0.0\`
        package.source: \`../x.py\` is not a path inside the package
        package.wants: \`fs\` is not a capability: \`fs\` needs a path, such as \`fs:data\` or \`fs:data:ro\`
        package.limits.memory: must be a whole number of bytes, or a text such as \`64 MiB\`, above zero
        package.limits.memroy: unknown key (did you mean \`memory\`?)
        package.stateless: must be true or false
        package.effects.a:b/c#d: \`twice\` is none of \`read\`, \`keyed\`, \`idempotent\`, \`once\`
        package.langauge: unknown key (did you mean \`language\`?)
        grant: unknown key (did you mean \`grants\`?)"
    `);
  });

  it("says where the syntax of a manifest is wrong", async () => {
    await using folder = await temporaryFolder({ "sennit.toml": `[package]\nname = acme` });

    const fault = await faultOf(() => readPackage(folder.path));

    expect(fault.code).toBe("manifest-invalid");
    expect(fault.message).toContain("sennit.toml:2:");
  });

  it.each([
    ["nothing", {}, "neither"],
    ["a project without a package", { "sennit.toml": "[grants]\nprogram = []\n" }, "describes no package"],
  ])("says that a folder with %s is no package", async (_, files, text) => {
    await using folder = await temporaryFolder(files as Record<string, string>);

    const fault = await faultOf(() => readPackage(folder.path));

    expect(fault).toMatchObject({ code: "package-missing" });
    expect(fault.message).toContain(text);
    expect(await faultOf(() => readPackage(join(folder.path, "missing")))).toMatchObject({ code: "package-missing" });
  });

  it("never leaves the folder (P1)", async () => {
    await using outside = await temporaryFolder({ "secret.txt": "secret" });
    await using folder = await temporaryFolder({ "sennit.toml": STATS, "src/stats.py": "x = 1", "a.txt": "a" });
    await symlink(join(outside.path, "secret.txt"), join(folder.path, "link.txt"));
    await symlink(outside.path, join(folder.path, "linked"));
    await symlink("a.txt", join(folder.path, "inner.txt"));
    const files = await readPackage(folder.path);

    for (const path of [
      "../secret.txt",
      "/etc/passwd",
      "src/../../x",
      "link.txt",
      "linked/secret.txt",
      "missing",
      "src",
      "",
      "a\\b",
      "C:/x",
    ]) {
      expect(await faultOf(() => files.read(path)), path).toMatchObject({ code: "package-invalid" });
    }
    expect(new TextDecoder().decode(await files.read("inner.txt"))).toBe("a");
    expect(await files.list("")).toEqual(["a.txt", "sennit.toml", "src/stats.py"]);
    expect(await files.list("src")).toEqual(["src/stats.py"]);
    expect(await faultOf(() => files.list("linked"))).toMatchObject({ code: "package-invalid" });
  });
});

describe("readProject()", () => {
  const PROJECT = `
[dependencies]
"acme:stats" = { path = "plugins/stats" }
"acme:plot" = "^1.2"
[grants]
program = ["fs:out", "run:git"]
"acme:stats" = ["log"]
[policy]
`;

  it("finds the nearest manifest above the program", async () => {
    await using folder = await temporaryFolder({ "sennit.toml": PROJECT, "a/b/main.sennit": "" });

    const project = await readProject(join(folder.path, "a", "b"));

    expect(project.folder).toBe(folder.path);
    expect([...project.dependencies]).toEqual([
      ["acme:stats", { kind: "path", path: "plugins/stats" }],
      ["acme:plot", { kind: "range", range: "^1.2" }],
    ]);
    expect(project.programGrants).toEqual([parseCapability("fs:out"), parseCapability("run:git")]);
    expect([...project.grants]).toEqual([["acme:stats", [parseCapability("log")]]]);
  });

  it("names all mistakes of its tables", async () => {
    const toml = `
[dependencies]
stats = "1"
"acme:a" = "newest"
"acme:b" = { pth = "x" }
"acme:c" = 3
[grants]
progam = ["log"]
program = ["fly"]
[policy]
strict = true
`;
    await using folder = await temporaryFolder({ "sennit.toml": toml });

    const { code, message } = await faultOf(() => readProject(folder.path));

    expect(code).toBe("manifest-invalid");
    expect(message.replace(folder.path, "")).toMatchInlineSnapshot(`
      "/sennit.toml:
        dependencies.stats: a dependency is named \`namespace:name\`
        dependencies.acme:a: \`newest\` is not a version range, such as \`^1.2\`
        dependencies.acme:b.pth: unknown key (did you mean \`path\`?)
        dependencies.acme:b: needs either \`path\` or \`version\`
        dependencies.acme:c: must be a version range, or a table such as \`{ path = "plugins/stats" }\`
        grants.progam: grants go to \`program\` or to a package \`namespace:name\` (did you mean \`program\`?)
        grants.program: \`fly\` is not a capability: it begins with none of \`fs:\`, \`net:\`, \`env:\`, \`secret:\`, \`run\`, \`clock:\`, \`random:\`, \`log\`
        policy.strict: unknown key"
    `);
  });

  it("gives an empty project where there is no manifest", async () => {
    const { root } = parsePath(tmpdir());

    expect(await readProject(root)).toMatchObject({
      folder: root,
      file: null,
      dependencies: new Map(),
      grants: new Map(),
      programGrants: [],
    });
  });
});
