import { describe, expect, it } from "vitest";
import { isCompatible, linkOf, missingInterfaces, refuseCycles } from "../../../src/engine/load/link.ts";
import type { Linkable } from "../../../src/engine/load/link.ts";
import { offersOf } from "../../../src/engine/load/offered.ts";
import type { WitFunction, WorldSide } from "../../../src/wit/types.ts";

const shout: WitFunction = { name: "loud", shape: "function", resource: null, params: [], result: null, async: false };

function side(...interfaces: readonly string[]): WorldSide {
  return {
    interfaces: new Map(interfaces.map((id) => [id, { id, types: new Map(), functions: new Map([["loud", shout]]) }])),
    functions: new Map(),
    types: new Map(),
  };
}

function pack(name: string, imports: readonly string[], exports: readonly string[]): Linkable {
  return { name, embedder: false, world: { imports: side(...imports), exports: side(...exports) } };
}

describe("linkOf()", () => {
  it("answers an import by the export of the same interface", () => {
    const packages = [pack("a", ["x:y/shout@1.0.0"], []), pack("b", [], ["x:y/shout@1.0.0"])];

    expect(linkOf(0, packages)).toEqual(
      new Map([["x:y/shout@1.0.0#loud", { package: 1, function: "x:y/shout@1.0.0#loud" }]]),
    );
  });

  it("prefers the same version over a compatible one", () => {
    const packages = [
      pack("a", ["x:y/shout@1.0.0"], []),
      pack("b", [], ["x:y/shout@1.2.0"]),
      pack("c", [], ["x:y/shout@1.0.0"]),
    ];

    expect(linkOf(0, packages).get("x:y/shout@1.0.0#loud")?.package).toBe(2);
  });

  it("leaves the host's own interfaces alone and names what nobody provides", () => {
    const packages = [pack("a", ["sennit:host/log@0.1.0", "wasi:cli/stdout@0.2.0", "x:y/shout"], ["x:y/shout"])];

    expect(linkOf(0, packages).size).toBe(0);
    expect(missingInterfaces(0, packages)).toEqual(["x:y/shout"]);
  });
});

describe("linkOf() for what belongs to the user (L4)", () => {
  const HTTP = "sennit:host/http@0.2.0";
  const own = (made: Linkable): Linkable => ({ ...made, self: {} });
  const a = own(pack("a", [HTTP], []));
  const b = own(pack("b", ["sennit:host/http@0.2.1"], []));
  const provider = (of: Linkable): Linkable => ({
    ...pack("sennit:host", [], [HTTP]),
    ...(of.self === undefined ? {} : { serves: of.self }),
  });
  const keys = (at: number, packages: readonly Linkable[]): unknown =>
    [...linkOf(at, packages)].map(([key, to]) => [key, to.package]);

  it("gives each package its own provider", () => {
    const twin = own({ ...a });
    const packages = [a, b, pack("c", [HTTP], []), provider(twin), provider(a), twin];

    expect(keys(0, packages)).toEqual([[`${HTTP}#loud`, 4]]);
    expect(keys(1, packages)).toEqual([]);
    expect(keys(2, packages)).toEqual([]);
    expect(keys(5, packages)).toEqual([[`${HTTP}#loud`, 3]]);
  });

  it("takes no other package for the host, whatever it exports, and no provider for a package", () => {
    const packages = [
      a,
      pack("evil", [], [HTTP]),
      pack("d", ["x:y/shout"], []),
      { ...pack("p", [], ["x:y/shout"]), serves: a.self ?? {} },
    ];

    expect(keys(0, packages.slice(0, 3))).toEqual([]);
    expect(keys(2, packages)).toEqual([]);
  });

  it("gives what WASI is made of also to a package that does not import it itself", () => {
    const files = own(pack("w", ["wasi:filesystem/types@0.2.6"], []));

    expect(keys(0, [files, provider(files)])).toEqual([[`${HTTP}#loud`, 1]]);
  });
});

describe("offersOf()", () => {
  it("is what the world imports, and what WASI is made of where some of it was granted", () => {
    const { world } = pack(
      "a",
      ["sennit:host/env@0.2.0", "sennit:host/log@0.2.0", "wasi:filesystem/types@0.2.6", "wasi:http/types@0.2.6"],
      [],
    );

    expect(offersOf(world, () => false)).toEqual(["env"]);
    expect(offersOf(world, (kind) => kind === "fs")).toEqual(["files", "env"]);
    expect(offersOf(world, () => true)).toEqual(["http", "files", "env"]);
  });
});

describe("isCompatible()", () => {
  it.each([
    ["a:b/c@1.0.0", "a:b/c@1.0.0", true],
    ["a:b/c@1.0.0", "a:b/c@1.4.2", true],
    ["a:b/c@1.4.0", "a:b/c@1.2.9", false],
    ["a:b/c@1.0.0", "a:b/c@2.0.0", false],
    ["a:b/c@0.1.0", "a:b/c@0.1.7", true],
    ["a:b/c@0.1.0", "a:b/c@0.2.0", false],
    ["a:b/c@0.0.3", "a:b/c@0.0.4", false],
    ["a:b/c", "a:b/c@3.0.0", true],
    ["a:b/c", "a:b/d", false],
  ])("%s by %s: %s", (wanted, offered, expected) => {
    expect(isCompatible(wanted, offered)).toBe(expected);
  });
});

describe("refuseCycles()", () => {
  it("names the circle (L3)", () => {
    const to = (index: number): ReadonlyMap<string, { package: number; function: string }> =>
      new Map([["f", { package: index, function: "f" }]]);

    expect(() =>
      refuseCycles([
        { name: "a", imports: to(1) },
        { name: "b", imports: to(0) },
      ]),
    ).toThrow(/a → b → a/);
    expect(() =>
      refuseCycles([
        { name: "a", imports: to(1) },
        { name: "b", imports: new Map() },
      ]),
    ).not.toThrow();
  });
});
