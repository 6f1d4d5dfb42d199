import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { componentFromText, worldFromText } from "../../src/host/wit-source.ts";
import { CONTRACTS } from "../../src/wit/contracts.ts";
import { decodeWorld } from "../../src/wit/decoder.ts";
import { formatWorld } from "../../src/wit/text.ts";
import { functionOf, functionsOf } from "../../src/wit/types.ts";
import type { World } from "../../src/wit/types.ts";

const ROOT = new URL("../../wit/", import.meta.url);

/** The `.wit` files of a folder, its `deps/` included, by path. */
function filesOf(folder: string): Map<string, string> {
  const home = new URL(`${folder}/`, ROOT);
  const paths = readdirSync(home, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".wit"));
  return new Map(paths.map((path) => [path.replaceAll("\\", "/"), readFileSync(new URL(path, home), "utf8")]));
}

/** A folder is a package, but for `std`: there each file is one. */
const packages = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }): [string, Map<string, string>][] => {
    const files = filesOf(name);
    return name === "std" ? [...files].map(([path, text]) => [path, new Map([[path, text]])]) : [[name, files]];
  });
/** Released versions, each in folders of its own. */
const versions = ["", "-0.2"].map((version) => ({
  host: filesOf(`sennit-host${version}`).get("host.wit") ?? "",
  plugin: filesOf(`sennit-plugin${version}`),
}));

describe("wit/", () => {
  it.each(packages)("%s goes through jco's parser and our decoder", async (_, files) => {
    const hasWorld = [...files].some(([path, text]) => !path.startsWith("deps/") && text.includes("\nworld "));
    if (!hasWorld) files.set("test-world.wit", worldOfAll([...files.values()].join("\n")));

    const hasMany = files.get("world.wit")?.includes("\nworld capable ") === true;
    const { imports, exports } = decodeWorld(await componentFromText(files, hasMany ? "capable" : undefined));

    expect([...functionsOf(imports), ...functionsOf(exports)].length).toBeGreaterThan(0);
  });

  it("has each contract's text in contracts.ts, and the copy in deps/", () => {
    expect(CONTRACTS.map(({ text }) => text)).toEqual(
      versions.flatMap(({ host, plugin }) => [host, plugin.get("world.wit")]),
    );
    for (const { host, plugin } of versions) expect(plugin.get("deps/sennit-host/host.wit")).toBe(host);
    for (const { id, text } of CONTRACTS) expect(text).toContain(`package ${id};`);
  });
});

/** A world that imports every interface of a package that has no world. */
function worldOfAll(text: string): string {
  const imports = [...text.matchAll(/^interface ([\w-]+) /gm)].map(([, name]) => `  import ${name};`);
  return `world everything {\n${imports.join("\n")}\n}\n`;
}

describe("the contracts", () => {
  it("give a plugin log, progress, values and callback", async () => {
    const { imports } = await worldFromText("package a:b;\nworld w { include sennit:plugin/plugin@0.1.0; }");

    expect([...imports.interfaces.keys()].toSorted()).toEqual(
      ["callback", "log", "progress", "values"].map((name) => `sennit:host/${name}@0.1.0`),
    );
    expect(functionOf(imports, "sennit:host/log@0.1.0#write")?.params[0]?.type).toMatchObject({
      kind: "enum",
      cases: ["trace", "debug", "info", "warn", "error"],
    });
  });

  it("have in 0.2.0 what 0.1.0 had, and all that belongs to the user in one world", async () => {
    const text = (world: string): Promise<World> => worldFromText(`package a:b;\nworld w { include ${world}; }`);
    const [old, plugin, capable] = await Promise.all([
      text("sennit:plugin/plugin@0.1.0"),
      text("sennit:plugin/plugin@0.2.0"),
      text("sennit:plugin/capable@0.2.0"),
    ]);

    expect(formatWorld(plugin)).toBe(formatWorld(old).replaceAll("@0.1.0", "@0.2.0"));
    const added = [...capable.imports.interfaces.keys()].filter((id) => !plugin.imports.interfaces.has(id));
    expect(added.toSorted()).toEqual(
      ["clock", "env", "files", "http", "random", "run", "secrets"].map((name) => `sennit:host/${name}@0.2.0`),
    );
  });

  it("let a value be told from a list of bytes, in imports and exports", async () => {
    const { imports, exports } = await worldFromText(`package a:b;
      interface api {
        use sennit:host/values@0.1.0.{value};
        use sennit:host/callback@0.1.0.{callback};
        f: func(v: value, b: list<u8>, c: callback) -> list<value>;
      }
      world w { import api; export api; }`);
    const bytes = { kind: "list", element: { kind: "u8" } };
    const value = { ...bytes, alias: { interface: "sennit:host/values@0.1.0", name: "value" } };

    for (const side of [imports, exports]) {
      const f = functionOf(side, "a:b/api#f");
      expect(f?.params.slice(0, 2).map((param) => param.type)).toEqual([value, bytes]);
      expect(f?.result).toEqual({ kind: "list", element: value });
      expect(f?.params[2]?.type).toMatchObject({
        kind: "own",
        resource: { name: { interface: "sennit:host/callback@0.1.0", name: "callback" } },
      });
    }
    expect(functionOf(imports, "sennit:host/callback@0.1.0#[method]callback.call")).toMatchObject({
      params: [{ name: "self" }, { name: "args", type: { kind: "list", element: value } }],
      result: { kind: "result", ok: value },
    });
  });

  it("let the durations and instants of WASI be recognised", async () => {
    const { exports } = await worldFromText(`package a:b;
      world w {
        use wasi:clocks/monotonic-clock@0.2.6.{duration};
        use wasi:clocks/wall-clock@0.2.6.{datetime};
        export f: func(d: duration, u: u64) -> datetime;
      }
      package wasi:clocks@0.2.6 {
        interface monotonic-clock { type instant = u64; type duration = u64; now: func() -> instant; }
        interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }
      }`);

    expect(functionOf(exports, "f")).toMatchObject({
      params: [
        { type: { kind: "u64", alias: { interface: "wasi:clocks/monotonic-clock@0.2.6", name: "duration" } } },
        { type: { kind: "u64" } },
      ],
      result: { kind: "record", name: { interface: "wasi:clocks/wall-clock@0.2.6", name: "datetime" } },
    });
    expect(functionOf(exports, "f")?.params[1]?.type).not.toHaveProperty("alias");
  });
});
