import { describe, expect, it } from "vitest";

import { WitError } from "../../src/wit/error.ts";
import { formatWorld } from "../../src/wit/text.ts";
import type { PackageFiles } from "../../src/host/manifest.ts";
import { worldOf } from "../../src/host/package-text.ts";

function files(kept: Map<string, Uint8Array>): PackageFiles {
  return {
    manifest: {
      name: "a:b",
      version: "1.0.0",
      language: "lua",
      source: "b.lua",
      wants: [],
      limits: {},
      stateless: false,
      overlap: false,
      onFailure: "lost",
      effects: {},
    },
    place: "b",
    read: () => Promise.reject(new Error("nothing is read")),
    list: () => Promise.resolve([]),
    cache: {
      get: (key) => Promise.resolve(kept.get(key)),
      put: async (key, bytes) => void kept.set(key, bytes),
    },
  };
}

const wit = (name: string): ReadonlyMap<string, string> =>
  new Map([["world.wit", `package a:b; world w { export ${name}: func(x: list<f64>) -> f64; }`]]);

describe("worldOf() with a cache", () => {
  it("gives the same world from the cache as from the text", async () => {
    const kept = new Map<string, Uint8Array>();
    const first = await worldOf(files(kept), wit("mean"));

    expect(kept.size).toBe(1);
    expect(formatWorld(await worldOf(files(kept), wit("mean")))).toBe(formatWorld(first));
    expect(kept.size).toBe(1);
  });

  it("takes what is kept, and keeps another text apart", async () => {
    const kept = new Map<string, Uint8Array>();
    await worldOf(files(kept), wit("mean"));
    const [key = ""] = kept.keys();
    kept.set(key, new Uint8Array());

    await expect(worldOf(files(kept), wit("mean"))).rejects.toThrow(WitError);
    expect([...(await worldOf(files(kept), wit("median"))).exports.functions.keys()]).toEqual(["median"]);
  });

  it("keeps nothing of a text that is wrong", async () => {
    const kept = new Map<string, Uint8Array>();

    await expect(worldOf(files(kept), new Map([["world.wit", "package a:b; world"]]))).rejects.toMatchObject({
      code: "wit-invalid",
    });
    expect(kept.size).toBe(0);
  });
});
