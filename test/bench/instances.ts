/**
 * A fresh instance for a run, until its first call has answered. The package is open and its code compiled before.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import type { Plugin } from "../../src/host/plugin.ts";
import { plainOptions } from "../conformance/options.ts";
import { Extism, extismModule } from "./extism.ts";
import { jcoCode, type JcoCode } from "./jco-alone.ts";
import type { Case, Contender, Report } from "./report.ts";
import { openSample, samplePlace } from "./subjects.ts";

const group = "Fresh instance and first call";
const BODY = "opening the package, transpiling and compiling; memory per instance";

export async function benchInstances(report: Report): Promise<void> {
  await benchSample(report, "counter-c", "C component", 0.5e-3, [...(await peersOf("counter-c")), await extism()]);
  await benchSample(report, "counter-rust", "Rust component", 0.5e-3, await peersOf("counter-rust"));
  await benchSample(report, "counter-js", "JavaScript component (QuickJS)", undefined, await peersOf("counter-js"));
  await benchSample(report, "counter-lua", "Lua", 3e-3, []);
  await benchSample(report, "counter-python", "Python, from its start image", 250e-3, []);
}

async function benchSample(
  report: Report,
  sample: string,
  what: string,
  goal: number | undefined,
  peers: readonly Contender[],
): Promise<void> {
  const excludes = peers.some(({ by }) => by === "extism")
    ? `${BODY}; Extism's plugin is written by hand, not in C`
    : BODY;
  const row: Omit<Case, "contenders"> = { group, what, excludes, expected: 5, ...(goal === undefined ? {} : { goal }) };
  await using opened = new AsyncDisposableStack();
  let plugin: Plugin;
  try {
    plugin = opened.use(await openSample(sample));
    await first(plugin); // a language's runtime, or a start image, is made at the first instance
  } catch (why) {
    return report.missing(row, why);
  }
  await report.measure({ ...row, contenders: [{ by: "sennit", run: () => first(plugin) }, ...peers] });
}

async function first(plugin: Plugin): Promise<unknown> {
  await using instance = await plugin.instantiate(plainOptions());
  return await instance.call("add", [2, 3]);
}

type Add = (a: number, b: number) => number;

async function peersOf(sample: string): Promise<readonly Contender[]> {
  const code = await jcoCode(await readFile(join(samplePlace(sample), "counter.wasm")));
  const jco: Contender = { by: "jco", run: async () => ((await code.instantiate())["add"] as Add)(2, 3) };
  const core = onlyCore(code);
  if (core === undefined) return [jco];
  const engine = (): number => (new WebAssembly.Instance(core).exports["add"] as unknown as Add)(2, 3);
  return [jco, { by: "engine", run: engine }];
}

/** The core module of a component that has one, without imports. */
function onlyCore({ cores }: JcoCode): WebAssembly.Module | undefined {
  const [core, ...others] = cores;
  return core !== undefined && others.length === 0 && WebAssembly.Module.imports(core).length === 0 ? core : undefined;
}

async function extism(): Promise<Contender> {
  const module = await extismModule();
  const input = Uint8Array.of(2, 0, 0, 0, 3, 0, 0, 0);
  const run = async (): Promise<number> => {
    await using plugin = await Extism.open(module);
    return (await plugin.call("add", input)).getUint32(0, true);
  };
  return { by: "extism", run };
}
