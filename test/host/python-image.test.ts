import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { StartImages } from "../../src/host/python/image.node.ts";
import { pythonPlugin } from "../../src/host/python/plugin.node.ts";
import { copyPlain } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = "package test:plugin; world w { export f: func() -> string; }";
const APP = `import random, wit_world
loaded = random.random()
class WitWorld(wit_world.WitWorld):
    def f(self):
        import late
        return f"{loaded} {late.word}"
`;

describe("start images", () => {
  let cacheFolder: string;
  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "sennit-image-"));
    await copyPlain(cacheFolder); // the plugin's is made first, and both of them when they are damaged
  });
  afterAll(async () => {
    await rm(cacheFolder, { recursive: true });
    expect(processAdmission.living).toBe(0);
  });

  /** What a fresh process with this cache would say, and the warnings it would give. */
  async function answer(): Promise<{ readonly said: unknown; readonly warnings: readonly string[] }> {
    const warnings: string[] = [];
    const files = pythonPackage({ "app.py": APP, "late.py": "word = 'late'", "world.wit": WIT });
    const options = { cacheFolder, images: new StartImages(), warn: (line: string) => void warnings.push(line) };
    await using plugin = await pythonPlugin(files, options);
    await using python = await plugin.instantiate(surroundings());
    return { said: await python.call("f", []), warnings };
  }

  /** The image of the runtime and the plugin's. */
  const imageFiles = async (): Promise<readonly string[]> => {
    const names = await readdir(cacheFolder);
    const image = expect.stringMatching(/^[0-9a-f]{64}\.pyimage$/) as string;
    expect(names).toEqual([image, image]);
    return names.map((name) => join(cacheFolder, name));
  };
  const times = async (): Promise<number[]> =>
    Promise.all((await imageFiles()).map(async (file) => (await stat(file)).mtimeMs));

  it("are made once and read from disk after that; modules still load late", async () => {
    const first = await answer();
    expect(first).toEqual({ said: expect.stringMatching(/ late$/) as string, warnings: [] });
    const written = await times();
    expect(await answer()).toEqual(first); // what loading drew at random shows that the module did not load again
    expect(await times()).toEqual(written);
  });

  it("are made anew when the file is damaged (S2)", async () => {
    for (const file of await imageFiles()) await writeFile(file, "not an image");
    expect(await answer()).toEqual({ said: expect.stringMatching(/ late$/) as string, warnings: [] });
    for (const file of await imageFiles()) expect((await stat(file)).size).toBeGreaterThan(1_000_000);
  });

  it("that do not start are replaced by a cold start, with a warning", async () => {
    for (const file of await imageFiles()) await writeFile(file, zstdCompressSync(new Uint8Array(1 << 20)));
    const cold = await answer();
    expect(cold.said).toMatch(/ late$/);
    expect(cold.warnings).toEqual([expect.stringMatching(/^test:plugin: Python did not start: .*starting cold/)]);
    expect(await readdir(cacheFolder)).toEqual([]);
  });
});
