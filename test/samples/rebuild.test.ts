/**
 * Samples whose toolchain comes from a registry are built afresh from their source, by the recipes of their build
 * scripts, and behave as the committed components do. Bytes may differ: these tools are jco's, the scripts' are pinned.
 */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { componentEmbed, componentNew, parse, print } from "@bytecodealliance/jco-transpile/wasm-tools";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { transcriptOf } from "./counter.ts";
import { instantiate, openBytes, openSample, place } from "./packages.ts";
import { need, npmToolchain, pipToolchain, run } from "./toolchains.ts";

const ASC = npmToolchain("assemblyscript", "0.28.20", "bin/asc.js");
const QUICKJS = npmToolchain("componentize-qjs", "0.4.5", "cli.mjs");
const COMPONENTIZE_PY = pipToolchain("componentize-py", "0.25.1");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sennit-samples-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As `hide_init` of toolbox.sh does it. */
function withoutInit(text: string): string {
  const instance = /^  \(alias export (\d+) "init" /m.exec(text)?.[1];
  return text.replace(/^  \(export \(;\d+;\) "init" .*$/m, `  (alias export ${instance} "init" (func))`);
}

async function quickjs(cli: string, wit: string, world: string, entry: string): Promise<Uint8Array> {
  const raw = join(folder, `${world}.wasm`);
  const io = ["--wit", place(wit), "--world", world, "--js", place(entry), "--output", raw];
  await run(process.execPath, [cli, ...io, "--sync", "--stub-wasi", "--opt-size"], { cwd: join(place(entry), "..") });
  return parse(withoutInit(await print(await readFile(raw))));
}

async function assemblyscript(asc: string): Promise<Uint8Array> {
  const text = join(folder, "counter.wat");
  const source = place("counter-assemblyscript/counter.ts");
  const options = ["-O2", "--runtime", "incremental", "--use", "abort=", "--textFile", text];
  await run(process.execPath, [asc, source, ...options], { cwd: folder });
  const renamed = (await readFile(text, "utf8")).replace(
    /\(export "(cabi_post_)?count_words"/g,
    '(export "$1count-words"',
  );
  const witSource = await readFile(place("counter/counter.wit"), "utf8");
  return componentNew(await componentEmbed({ binary: await parse(renamed), witSource, world: "counter" }));
}

async function expectSameCounter(bytes: Uint8Array, committed: string): Promise<void> {
  await using rebuilt = await openBytes("sample:rebuilt", bytes);
  await using plugin = await openSample(committed);
  expect(await transcriptOf(rebuilt)).toEqual(await transcriptOf(plugin));
}

describe("rebuilt from source", () => {
  it("counter-assemblyscript", async (context) => {
    await expectSameCounter(await assemblyscript(need(ASC, context)), "counter-assemblyscript");
  });

  it("counter-js", async (context) => {
    const cli = need(QUICKJS, context);
    await expectSameCounter(
      await quickjs(cli, "counter/counter.wit", "counter", "counter-js/counter.js"),
      "counter-js",
    );
  });

  it("plot-js", async (context) => {
    const bytes = await quickjs(need(QUICKJS, context), "plot-js/plot.wit", "plot", "plot-js/plot.js");
    await using rebuilt = await openBytes("sample:rebuilt", bytes);
    await using plugin = await openSample("plot-js");
    await using fresh = await instantiate(rebuilt);
    await using old = await instantiate(plugin);
    const args = ["t", [1, 2, 3], [1, 4, 9], [1, 3], [1, 9], "x", "y"];
    expect(await fresh.call("curve", args)).toEqual(await old.call("curve", args));
  });

  it(
    "counter-python, by componentize-py, from the source that runs on Pyodide",
    { timeout: 300_000 },
    async (context) => {
      const tool = need(COMPONENTIZE_PY, context);
      const output = join(folder, "python.wasm");
      const world = ["--wit-path", place("counter-python/counter.wit"), "--world", "counter"];
      await copyFile(place("counter-python/app.py"), join(folder, "app.py")); // compiling leaves files beside the source
      await run(tool, [...world, "componentize", "--stub-wasi", "app", "-p", folder, "-o", output]);
      await expectSameCounter(await readFile(output), "counter-python");
    },
  );
});
