/**
 * Calls into guests that are no components of ours: the program's own functions, JavaScript in a component, Lua, and
 * Python from its host and from a workflow.
 */
import { join } from "node:path";

import { javascriptPlugin } from "../../src/host/javascript/plugin.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import type { ImportedFunction, Instance, Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { type Alone, pyodideAlone, wasmoonAlone } from "./interpreters-alone.ts";
import { benchPythonInside } from "./python-inside.ts";
import type { Case, Contender, Report } from "./report.ts";
import { jcoOfSample, measurePlugin, openSample } from "./subjects.ts";
import { benchThreadAlone } from "./thread-alone.ts";
import { benchWorkflow } from "./workflow.ts";

type Folder = { readonly path: string };

const LUA = "a hop between threads: Lua runs in the caller's; what wasmoon's own layer changes: it loses integers";
const PYTHON =
  "calls that overlap; Pyodide's proxies lose types, and live in the caller's thread, which Python can stop";
const NOTHING = "work of the guest on the values beyond passing them on";

const FLOATS = Float64Array.from({ length: 1_000 }, (_, at) => at / 3);
const BYTES = Uint8Array.from({ length: 1_000_000 }, (_, at) => at * 7 + 3);
const ENDS = (BYTES[0] ?? 0) + (BYTES.at(-1) ?? 0);
const DATA = {
  floats: FLOATS,
  records: Array.from({ length: 100 }, (_, at) => ({ x: at / 3, y: -1 - at, id: at, name: `particle ${at}` })),
  bytes: BYTES,
};

const RECORDS: readonly Value[] = DATA.records.map(({ x, y, id, name }) => [x, y, id, name]);

/** What is called, with what it gives; every guest gives the same. */
const CALLS = {
  scalar: { what: "add(u32, u32)", fn: "add", args: [2, 3], expected: 5 },
  floats: { what: "1,000 floats there and back", fn: "echo-floats", args: [FLOATS], expected: FLOATS },
  records: { what: "100 records there and back", fn: "echo-named", args: [RECORDS], expected: RECORDS },
  bytes: { what: "1 MB of bytes in", fn: "byte-ends", args: [BYTES], expected: ENDS },
} as const;

type Call = keyof typeof CALLS;

export async function benchJavascript(report: Report): Promise<void> {
  const wit = "package bench:functions; world functions { export add: func(a: u32, b: u32) -> u32; }";
  const program = (): Promise<Plugin> =>
    javascriptPlugin({ add: (a: number, b: number) => (a + b) >>> 0 }, { wit, name: "program" });
  const jco = await jcoOfSample("counter-js", "counter.wasm", ({ add }) =>
    (add as (a: number, b: number) => number)(2, 3),
  );
  const alone = "the interpreter alone: it is in both figures";
  await row(report, "JavaScript", "a function of the program", "scalar", "values of other types", program);
  await row(report, "JavaScript", "component (QuickJS)", "scalar", alone, () => openSample("counter-js"), {
    peers: [jco],
  });
}

export async function benchLua(report: Report, { path: folder }: Folder): Promise<void> {
  const alone = await wasmoonAlone(DATA);
  try {
    await benchLuaBeside(report, folder, alone);
  } finally {
    alone.close();
  }
}

async function benchLuaBeside(report: Report, folder: string, alone: Alone): Promise<void> {
  const lua = (): Promise<Plugin> => opened(folder, "lua");
  const goals: Readonly<Record<Call, number>> = { scalar: 0.8e-6, floats: 250e-6, records: 100e-6, bytes: 400e-6 };
  for (const call of ["scalar", "floats", "records", "bytes"] as const) {
    const excludes = call === "scalar" ? LUA : NOTHING;
    const who = alone[call] === null ? "Lua" : "Lua (engine: wasmoon)";
    await row(report, "Lua", who, call, excludes, lua, {
      goal: goals[call],
      ...peersOf(alone[call]),
    });
    if (call !== "scalar") continue;
    const nudge: ImportedFunction = { colour: "sync", call: ([n]) => Number(n) + 1 };
    const imports = new Map([["nudge", nudge]]);
    const importing = (): Promise<Plugin> => opened(folder, "lua-importing");
    await row(report, "Lua", "Lua with imports", call, "a call of an import", importing, { goal: 3e-6, imports });
    await measurePlugin(
      report,
      importing,
      {
        group: "Lua",
        what: "Lua calls a synchronous import",
        excludes: "the call into Lua, which a thousand of these share",
        per: 1_000,
        expected: 1_000,
      },
      (instance) => instance.call("nudged", [1_000]),
      { imports },
    );
  }
}

export async function benchPython(report: Report, folder: Folder): Promise<void> {
  await benchPythonInside(report, "Python");
  const alone = await pyodideAlone(DATA);
  const who = "Python, seen from the host (engine: Pyodide)";
  for (const call of ["scalar", "floats", "records", "bytes"] as const)
    await row(report, "Python", who, call, PYTHON, () => opened(folder.path, "python"), peersOf(alone[call]));
  await benchPythonOfWorkflow(report, folder);
  await benchThreadAlone(report, BYTES);
  await benchManyCalls(report, folder);
}

/** Many calls that the workflow says at once, and that travel together. */
async function benchManyCalls(report: Report, { path: folder }: Folder): Promise<void> {
  const per = 100;
  const ways = [
    ["para for over 100 elements", "last = para for x in xs { py.inc(x) };"],
    ["map(xs, f) over 100 elements", "last = map(xs, py.inc);"],
    ["for over 100 elements, whose body is one call", "for x in xs { py.inc(x); } last = [1];"],
  ] as const;
  for (const [what, call] of ways) {
    const excludes = "the start of the run and of Python. One call of the hundred is shown";
    const head = 'require "./python" as py;';
    const start = "last = [0]; xs = para for x in range(100) { x };";
    const workflow = { folder, head, start, call, result: "last[0];", calls: 20, per };
    await benchWorkflow(report, { group: "Python", what: `Python, ${what}: per call`, excludes }, workflow, 1);
  }
}

/** What a call inside the worker may cost, and 120 µs for the way there and back. */
async function benchPythonOfWorkflow(report: Report, { path: folder }: Folder): Promise<void> {
  const calls = 300;
  const count = report.quick ? 2 : calls;
  const named = Array.from({ length: 100 }, (_, at) => ({ x: 0.5, y: 1.5, id: at, name: `particle ${at}` }));
  const make = 'last = para for n in range(100) { py.named(x: 0.5, y: 1.5, id: n, name: $"particle {n}") };';
  const cases = [
    { of: "scalar", goal: 122.5e-6, start: "last = 0;", call: "last = py.add(i, 1);", expected: count },
    { of: "floats", goal: 190e-6, start: "last = data;", call: "last = py.echo_floats(last);", expected: FLOATS },
    { of: "records", goal: 210e-6, start: make, call: "last = py.echo_named(last);", expected: named },
    { of: "bytes", goal: 180e-6, start: "last = 0;", call: "last = py.byte_ends(data);", expected: ENDS },
  ] as const;
  const data = { floats: ["[Float]", FLOATS], bytes: ["Bytes", BYTES] } as const;
  for (const { of, goal, start, call, expected } of cases) {
    const [type, value] = of === "floats" || of === "bytes" ? data[of] : [];
    const param = type === undefined ? "" : `param data: ${type};`;
    const params = value === undefined ? {} : { data: value };
    const what = `Python, seen from a workflow: ${CALLS[of].what}`;
    const excludes = "the start of the run and of Python. The steps of the loop are included";
    const head = `require "./python" as py; ${param}`;
    const workflow = { folder, head, start, call, result: "last;", params, calls };
    await benchWorkflow(report, { group: "Python", what, excludes, goal }, workflow, expected);
  }
}

function peersOf(alone: Contender | null): Pick<Extra, "peers"> {
  return alone === null ? {} : { peers: [alone] };
}

interface Extra {
  readonly goal?: number;
  readonly imports?: ReadonlyMap<string, ImportedFunction>;
  readonly peers?: readonly Contender[];
}

function row(
  report: Report,
  group: string,
  who: string,
  call: Call,
  excludes: string,
  open: () => Promise<Plugin>,
  { goal, imports, peers }: Extra = {},
): Promise<void> {
  const { what, fn, args, expected } = CALLS[call];
  const figure: Omit<Case, "contenders"> = {
    group,
    what: `${who}: ${what}`,
    excludes,
    expected,
    ...(goal === undefined ? {} : { goal }),
  };
  const run = (instance: Instance): unknown => instance.call(fn, args as readonly Value[]);
  return measurePlugin(report, open, figure, run, {
    ...(imports === undefined ? {} : { imports }),
    ...(peers === undefined ? {} : { peers }),
  });
}

async function opened(folder: string, name: string): Promise<Plugin> {
  return openPlugin(await readPackage(join(folder, name)));
}
