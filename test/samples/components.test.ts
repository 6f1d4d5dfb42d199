/** The committed components are what their WIT says, and what their READMEs promise. */
import { stat } from "node:fs/promises";
import { describe, expect, it } from "vitest";

import { readPackage } from "../../src/host/package/package.node.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { decodeWorld } from "../../src/wit/decoder.ts";
import { formatWorld } from "../../src/wit/text.ts";
import { bytesOf, COMPONENTS, place, witOf } from "./packages.ts";

/** The items of a printed world in the order of their text: tools order them as they like. */
function itemsOf(text: string): string[] {
  return text.split(/\n(?=  (?:import|export|use|type|record|variant|enum|flags|resource) )/).sort();
}

describe.each(COMPONENTS.map((c) => [c.folder, c] as const))("%s", (_, component) => {
  it("declares exactly the world of its WIT", async () => {
    const world = decodeWorld(await bytesOf(component));
    const wanted = await worldFromText(await witOf(component), component.world);
    expect(itemsOf(formatWorld(world))).toEqual(itemsOf(formatWorld(wanted)));
  });

  it("has a manifest that points at it, and stays below 2 MB", async () => {
    const { manifest } = await readPackage(place(component.folder));
    expect(manifest).toMatchObject({ language: "component", source: component.wasm, world: component.world });
    expect((await stat(place(`${component.folder}/${component.wasm}`))).size).toBeLessThan(2_000_000);
  });
});
