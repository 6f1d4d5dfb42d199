/**
 * Many values at once: lists of numbers and bytes, beside the copy that is the least it can cost.
 */
import type { Instance } from "../../src/host/plugin.ts";
import type { Case, Report } from "./report.ts";
import { jcoOfSample, measurePlugin, openSample, Subjects } from "./subjects.ts";

const group = "Lists into and out of a component";
const ECHO = "sample:conformance/echo@1.0.0";
const BODY = "work on the values by the guest";

export async function benchCollections(report: Report): Promise<void> {
  await using subjects = await Subjects.open();
  await report.measure(floatsThereAndBack(subjects, "1,000", 1_000, { goal: 5e-6 }));
  await report.measure(bytesIn(subjects));
  await report.measure(floatsIn(subjects));
  await report.measure(floatsThereAndBack(subjects, "100,000", 100_000, { goalTimesEngine: 1.3 }));
  await benchCompiled(report, "conformance-rust", "Rust component");
  await benchCompiled(report, "conformance-js", "JavaScript component (QuickJS)");
}

interface Echo {
  readonly echoListF64: (all: Float64Array) => Float64Array;
}

/** A guest that a compiler made, whose own way with lists is in the figures of all contenders. */
async function benchCompiled(report: Report, sample: string, who: string): Promise<void> {
  const all = floats(1_000);
  const jco = await jcoOfSample(sample, "conformance.wasm", (exports) => (exports[ECHO] as Echo).echoListF64(all));
  const what = `${who}: 1,000 floats there and back`;
  const excludes = "the guest's own copies: they are in both figures";
  const call = (instance: Instance): unknown => instance.call(`${ECHO}#echo-list-f64`, [all]);
  await measurePlugin(report, () => openSample(sample), { group, what, excludes, expected: all }, call, {
    peers: [jco],
  });
}

function floats(count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, at) => at / 3);
}

function bytesOf(all: Float64Array): Uint8Array {
  return new Uint8Array(all.buffer, all.byteOffset, all.byteLength);
}

function floatsThereAndBack(
  subjects: Subjects,
  size: string,
  count: number,
  goal: Pick<Case, "goal" | "goalTimesEngine">,
): Case {
  const { jco, engine, extism } = subjects;
  const all = floats(count);
  const input = bytesOf(all);
  const byHand = engine.echoFloats();
  return {
    group,
    what: `component: ${size} floats there and back`,
    excludes: `${BODY}; plain arrays, which are converted first; the engine's figure is two copies and the allocation of the result`,
    ...goal,
    expected: all,
    contenders: [
      ...subjects.sennit("echo-floats", [all]),
      { by: "jco", run: () => jco.echoFloats(all) },
      { by: "extism", run: async () => new Float64Array((await extism.call("echo", input)).bytes().slice().buffer) },
      { by: "engine", run: () => byHand(all) },
    ],
  };
}

function bytesIn(subjects: Subjects): Case {
  const { jco, engine, extism } = subjects;
  const all = Uint8Array.from({ length: 1_000_000 }, (_, at) => at * 7 + 3);
  const byHand = engine.bytes("byte-ends", 1);
  return {
    group,
    what: "component: 1 MB of bytes in",
    excludes: `${BODY}; the goal is 1.3 × the engine's figure, which is one copy of memory`,
    goalTimesEngine: 1.3,
    expected: (all[0] ?? 0) + (all.at(-1) ?? 0),
    contenders: [
      ...subjects.sennit("byte-ends", [all]),
      { by: "jco", run: () => jco.byteEnds(all) },
      { by: "extism", run: async () => (await extism.call("byte-ends", all)).getUint32(0, true) },
      { by: "engine", run: () => byHand(all) },
    ],
  };
}

function floatsIn(subjects: Subjects): Case {
  const { jco, engine, extism } = subjects;
  const all = floats(100_000);
  const input = bytesOf(all);
  const byHand = engine.bytes("float-ends", 8);
  return {
    group,
    what: "component: 100,000 floats in",
    excludes: `${BODY}; plain arrays, which are converted first; the goal is 1.3 × the engine's figure`,
    goalTimesEngine: 1.3,
    expected: (all[0] ?? 0) + (all.at(-1) ?? 0),
    contenders: [
      ...subjects.sennit("float-ends", [all]),
      { by: "jco", run: () => jco.floatEnds(all) },
      { by: "extism", run: async () => (await extism.call("float-ends", input)).getFloat64(0, true) },
      { by: "engine", run: () => byHand(input) },
    ],
  };
}
