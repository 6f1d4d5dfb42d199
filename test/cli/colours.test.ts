/** What `sennit plugin inspect` says about waiting, for every kind of plugin. */
import { describe, expect, it } from "vitest";
import { colourLines, coloursOf } from "../../src/cli/commands/colours.ts";
import type { Linking } from "../../src/host/component/describe.ts";
import type { Language } from "../../src/host/manifest.ts";
import type { Plugin } from "../../src/host/plugin.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { packageOf } from "../host/lua-package.ts";

/** A plugin that is only looked at. */
async function plugin(language: Language, wit: string, linking?: Linking): Promise<Plugin> {
  const { manifest } = packageOf({ wit, files: { main: "" }, language });
  return {
    manifest,
    world: await worldFromText(wit),
    digest: "",
    instantiate: () => Promise.reject(new Error("it is only looked at")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
    ...(linking === undefined ? {} : { linking }),
  };
}

const PLAIN = "package a:b; world w { export f: func(); }";
const IMPORTING = "package a:b; interface i { g: func(); } world w { import i; import h: func(); export f: func(); }";

describe("coloursOf()", () => {
  it("a component says how it is linked, and which of its imports may wait", async () => {
    const imports = [
      { key: "wasi:io/poll@0.2.3#poll", colour: "async" },
      { key: "a:b/i#g", colour: "provider" },
    ] as const;
    const found = await plugin("component", PLAIN, { path: "jco", reason: "it is composed", imports });

    expect(coloursOf(found)).toEqual({
      linked: { path: "jco", reason: "it is composed" },
      imports,
      exports: "async",
      asyncExports: [],
    });
    expect(colourLines(found)).toEqual([
      "linked  through jco's binding: it is composed",
      "calls   may wait: wasi:io/poll@0.2.3#poll may",
      "imports async            wasi:io/poll@0.2.3#poll",
      "        as its provider  a:b/i#g",
    ]);
  });

  it("a component without imports answers at once, but for what is async in WIT", async () => {
    const linking = { path: "direct", reason: null, imports: [] } as const;
    const wit = "package a:b; world w { export f: func(); export slow: async func(); }";

    expect(colourLines(await plugin("component", PLAIN, linking))).toEqual([
      "linked  directly",
      "calls   answer at once",
    ]);
    expect(colourLines(await plugin("component", wit, linking))).toEqual([
      "linked  directly",
      "calls   answer at once; these are async: slow",
    ]);
  });

  it.each<[Language, string, string, string]>([
    ["lua", PLAIN, "sync", "calls   answer at once, unless it sleeps"],
    ["lua", IMPORTING, "provider", "calls   wait when a provider does"],
    ["python", PLAIN, "async", "calls   wait: Python runs in a thread of its own"],
  ])("%s", async (language, wit, exports, line) => {
    const found = await plugin(language, wit);

    expect(coloursOf(found)).toMatchObject({ linked: null, exports });
    expect(colourLines(found)[0]).toBe(line);
  });

  it("the imports of other languages have the colour of the host's function, or of their provider", async () => {
    const found = coloursOf(await plugin("lua", IMPORTING));

    expect(found.imports).toEqual([
      { key: "h", colour: "provider" },
      { key: "a:b/i#g", colour: "provider" },
    ]);
  });
});
