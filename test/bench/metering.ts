/**
 * What it costs to count what a guest does, and how long after its deadline one is stopped that never ends.
 */
import type { Limits } from "../../src/host/manifest.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { plainOptions } from "../conformance/options.ts";
import { pluginFromText } from "../host/component-fixtures.ts";
import { lua } from "../host/lua-package.ts";
import { refuseWrongAnswer, spread } from "./measure.ts";
import type { Report } from "./report.ts";
import { samplePlace } from "./subjects.ts";

const group = "Metering";
const DEADLINE = 20;
const TEXT = "the quick brown fox jumps over the lazy dog ".repeat(100);

export async function benchMetering(report: Report): Promise<void> {
  const numbers = report.quick ? 20 : 130;
  await benchSpeed(report, "a call into C that adds", "counter-c", "add", [1, 2], 1000);
  await benchSpeed(report, "C that counts words", "counter-c", "count-words", [TEXT], 10);
  await benchSpeed(report, "Rust that sums a lattice", "lennard-jones-rust", "energy-with-cutoff", [1, numbers], 1);
  await benchSpeed(report, "JavaScript that counts words (QuickJS)", "counter-js", "count-words", [TEXT], 3);
  await benchSpeed(report, "Lua that counts words", "counter-lua", "count-words", [TEXT], 10);
  await benchStop(report, "a loop in a component", () => pluginFromText(SPIN, LIMITED));
  await benchStop(report, "a component that fills its memory", () => pluginFromText(FILL, LIMITED));
  await benchStop(report, "a loop in Lua, within pcall", () => lua(WORLD, PCALL, LIMITED));
  await benchStop(report, "a pattern in Lua", () => lua(WORLD, PATTERN, LIMITED));
}

const LIMITED = { limits: { deadline: DEADLINE } };
const core = (body: string): string => `(component (core module $m (memory 16) (func (export "f") ${body}))
  (core instance $i (instantiate $m)) (func (export "f") (canon lift (core func $i "f"))))`;
const SPIN = core("(loop $l (br $l))");
const FILL = core("(loop $l (memory.fill (i32.const 0) (i32.const 0) (i32.const 1048576)) (br $l))");
const WORLD = "world w { export f: func(); }";
const PCALL = "return { f = function() while true do pcall(function() while true do end end) end end }";
const PATTERN = "return { f = function() local s = ('a'):rep(40) s:find(('a*'):rep(30) .. 'b') end }";

async function opened(sample: string, limits: Limits): Promise<Plugin> {
  const files = await readPackage(samplePlace(sample));
  return openPlugin({ ...files, manifest: { ...files.manifest, limits } });
}

/** A round's figure is the ratio within it, so that a disturbance counts on both sides. */
async function benchSpeed(
  report: Report,
  what: string,
  sample: string,
  fn: string,
  args: readonly Value[],
  calls: number,
): Promise<void> {
  await using plain = await opened(sample, {});
  await using limited = await opened(sample, { fuel: 1e15, deadline: 1e9 });
  await using off = await plain.instantiate(plainOptions());
  await using on = await limited.instantiate(plainOptions());
  refuseWrongAnswer(what, await on.call(fn, args), await off.call(fn, args));
  const rounds = report.quick ? 1 : 25;
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [first, second] = round % 2 === 0 ? [off, on] : [on, off];
    const one = await seconds(first, fn, args, calls);
    const other = await seconds(second, fn, args, calls);
    ratios.push(round % 2 === 0 ? one / other : other / one);
  }
  report.add({
    group,
    what: `speed with fuel and deadline: ${what}`,
    excludes: "compiling the rewritten code, once for each plugin; 1.00 is as fast as without limits",
    unit: "×",
    figures: { sennit: spread(ratios.slice(Math.floor(rounds / 5))) },
  });
}

async function seconds(instance: Instance, fn: string, args: readonly Value[], calls: number): Promise<number> {
  const start = performance.now();
  for (let done = 0; done < calls; done++) await instance.call(fn, args);
  return (performance.now() - start) / 1000;
}

async function benchStop(report: Report, what: string, open: () => Promise<Plugin>): Promise<void> {
  await using plugin = await open();
  const late: number[] = [];
  for (let round = 0; round < (report.quick ? 2 : 25); round++) {
    await using instance = await plugin.instantiate(plainOptions());
    const start = performance.now();
    refuseWrongAnswer(what, await codeOf(instance), "deadline-exceeded");
    late.push((performance.now() - start - DEADLINE) / 1000);
  }
  report.add({
    group,
    what: `after its deadline: ${what}`,
    excludes: "an instance that waits, which a timer ends; plugins without a deadline",
    goal: 10e-3,
    unit: "s",
    figures: { sennit: spread(late) },
  });
}

async function codeOf(instance: Instance): Promise<unknown> {
  try {
    return await instance.call("f", []);
  } catch (thrown) {
    return (thrown as { code?: unknown }).code;
  }
}
