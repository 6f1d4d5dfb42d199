/** What is not offered and what is not valid is refused before any guest code runs, with a fault. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Fault } from "../../../src/fault.ts";
import { nodeLoader } from "../../../src/host/component/jco/load.node.ts";
import { componentPlugin } from "../../../src/host/component/plugin.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { faultOf, packageOf } from "../../host/component-fixtures.ts";
import { guestText, pointed } from "./guest.ts";
import { assemble, open, PATHS, play, type Path } from "./harness.ts";
import { INVALID, NOT_BY_JCO, NOT_DIRECT, NOT_OFFERED, type Refusal } from "./refused-table.ts";

/** The code with which it is refused; undefined when it is not. */
async function refusal(text: string, path: Path): Promise<string | undefined> {
  await assemble(text); // a mistake in the text is ours
  try {
    await using plugin = await open(text, path);
    await play(plugin, { calls: [] });
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

const named = (all: readonly Refusal[]): [string, Refusal][] => all.map((each) => [each.name, each]);

describe.each(PATHS)("refused, %s", (path) => {
  it.each(named([...NOT_OFFERED, ...INVALID]))("%s", async (_, { text }) => {
    expect(await refusal(text, path)).toMatch(/^component-(invalid|unsupported)$/);
  });
});

describe("refused directly", () => {
  it.each(named(NOT_DIRECT))("%s", async (_, { text, code }) => {
    expect(await refusal(text, "direct")).toBe(code);
  });
});

describe("refused by jco's path", () => {
  it.each(named(NOT_BY_JCO))("%s", async (_, { text }) => {
    expect(await refusal(text, "jco")).toMatch(/^component-(invalid|unsupported)$/);
  });
});

/** jco's transpiler panics on this encoding, and whoever panicked refuses everything afterwards: so each has a thread of its own. */
describe("strings of latin1+utf16, loaded as Node loads", () => {
  const text = guestText({
    core: `(func (export "f") (result i32) ${pointed(32, 0)})`,
    exports: { f: { type: "(result string)", options: "string-encoding=latin1+utf16" } },
  });
  const honest = guestText({ core: `(func (export "f") (result i32) (i32.const 8))`, exports: { f: "(result u8)" } });
  let cacheFolder = "";

  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "sennit-canonical-"));
  });
  afterAll(() => rm(cacheFolder, { recursive: true }));

  it("are taken directly, and refused by jco's path, and both paths go on", async () => {
    const load = nodeLoader({ cacheFolder });
    const loaded = async (component: string, path: Path): Promise<Plugin> =>
      componentPlugin(packageOf(await assemble(component)), { load, path });
    await using plugin = await loaded(text, "direct");
    expect(await play(plugin, { calls: [{ key: "f" }] })).toEqual([{ call: "f", value: "" }]);
    expect((await faultOf(() => loaded(text, "jco"))).code).toMatch(/^component-(invalid|unsupported)$/);

    for (const path of PATHS) {
      await using good = await loaded(honest, path);
      expect(await play(good, { calls: [{ key: "f" }] })).toEqual([{ call: "f", value: 8 }]);
    }
  });
});
