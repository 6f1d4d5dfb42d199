/** The recipes by which samples are built from their source: those of their build scripts, with the tools that are here. */
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";

import { componentEmbed, componentNew, parse, print } from "@bytecodealliance/jco-transpile/wasm-tools";

import { place } from "./packages.ts";
import { npmToolchain, pipToolchain, run } from "./toolchains.ts";
import type { Toolchain } from "./toolchains.ts";

const ASC = npmToolchain("assemblyscript", "0.28.20", "bin/asc.js");
const QUICKJS = npmToolchain("componentize-qjs", "0.4.5", "cli.mjs");
const COMPONENTIZE_PY = pipToolchain("componentize-py", "0.25.1");

export interface Build {
  /** Below plugins/samples: the sample of which this gives the component, or the same guest in another form. */
  readonly sample: string;
  readonly toolchain: Toolchain;
  /** All of the sample that it depends on, below plugins/samples. */
  readonly sources: readonly string[];
  /** By the tool that was found, in a folder for what is made by the way. */
  readonly build: (tool: string, folder: string) => Promise<Uint8Array>;
}

export const ASSEMBLYSCRIPT: Build = {
  sample: "counter-assemblyscript",
  toolchain: ASC,
  sources: ["counter-assemblyscript/counter.ts", "counter/counter.wit"],
  build: assemblyscript,
};

export const JAVASCRIPT: Build = {
  sample: "counter-js",
  toolchain: QUICKJS,
  sources: ["counter-js/counter.js", "counter/counter.wit"],
  build: (cli, folder) => quickjs(cli, folder, "counter/counter.wit", "counter", "counter-js/counter.js"),
};

export const PLOT: Build = {
  sample: "plot-js",
  toolchain: QUICKJS,
  sources: ["plot-js/plot.js", "plot-js/plot.wit"],
  build: (cli, folder) => quickjs(cli, folder, "plot-js/plot.wit", "plot", "plot-js/plot.js"),
};

export const PYTHON: Build = {
  sample: "counter-python",
  toolchain: COMPONENTIZE_PY,
  sources: ["counter-python/app.py", "counter-python/counter.wit"],
  build: python,
};

/** As `hide_init` of toolbox.sh does it. */
function withoutInit(text: string): string {
  const instance = /^  \(alias export (\d+) "init" /m.exec(text)?.[1];
  return text.replace(/^  \(export \(;\d+;\) "init" .*$/m, `  (alias export ${instance} "init" (func))`);
}

async function quickjs(cli: string, folder: string, wit: string, world: string, entry: string): Promise<Uint8Array> {
  const raw = join(folder, `${world}.wasm`);
  const io = ["--wit", place(wit), "--world", world, "--js", place(entry), "--output", raw];
  await run(process.execPath, [cli, ...io, "--sync", "--stub-wasi", "--opt-size"], { cwd: join(place(entry), "..") });
  return parse(withoutInit(await print(await readFile(raw))));
}

async function assemblyscript(asc: string, folder: string): Promise<Uint8Array> {
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

async function python(tool: string, folder: string): Promise<Uint8Array> {
  const output = join(folder, "python.wasm");
  const world = ["--wit-path", place("counter-python/counter.wit"), "--world", "counter"];
  await copyFile(place("counter-python/app.py"), join(folder, "app.py")); // compiling leaves files beside the source
  await run(tool, [...world, "componentize", "--stub-wasi", "app", "-p", folder, "-o", output]);
  return await readFile(output);
}
