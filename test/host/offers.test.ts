import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { offerOf, OFFERS } from "../../src/host/offers.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { formatWorld } from "../../src/wit/text.ts";
import type { World } from "../../src/wit/types.ts";

const text = readFileSync(new URL("../../wit/sennit-host-0.2/host.wit", import.meta.url), "utf8");
const nothing = { functions: new Map(), types: new Map() };

describe("OFFERS", () => {
  it.each(Object.entries(OFFERS))("has the interface `%s` of wit/sennit-host-0.2", async (name, offer) => {
    const id = `sennit:host/${name}@0.2.0`;
    const declared = await worldFromText(`package a:b;\nworld w { import ${id}; }`);
    const imports = { ...nothing, interfaces: new Map([[id, offer.interface]]) };
    const ours: World = { imports, exports: { ...nothing, interfaces: new Map() } };

    expect(formatWorld(ours)).toBe(formatWorld(declared));
    expect(offerOf(id)).toBe(offer);
  });

  it("has every interface of the contract that not everybody is given", () => {
    const declared = [...text.matchAll(/^interface ([\w-]+) /gm)].map(([, name]) => name);

    expect(declared).toEqual(["log", "progress", "values", "callback", ...Object.keys(OFFERS)]);
    expect(["log", "values", "hasOwnProperty"].map((name) => offerOf(`sennit:host/${name}@0.2.0`))).toEqual([
      null,
      null,
      null,
    ]);
  });
});
