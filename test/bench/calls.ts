/**
 * One call across the border and back: scalars, text, records, failures, resources; in every language.
 */
import type { Plugin } from "../../src/host/plugin.ts";
import { type CaseValue, ERR, type Handle } from "../../src/wit/value.ts";
import type { Named } from "./engine-alone.ts";
import { OPS } from "./guest.ts";
import { benchPythonInside } from "./python-inside.ts";
import type { Case, Contender, Peer, Report } from "./report.ts";
import { type JcoOps, jcoOfSample, measureSample, Subjects } from "./subjects.ts";

const group = "Calls";
const BODY = "the guest's own work (it does none), memory that the guest must allocate properly, linking";
const BOTH = "the interpreter alone: it is in both figures";
const LUA = "a hop between threads (Lua runs in the caller's); wasmoon's own layer, which loses integers";
const PYTHON = "calls that overlap; Pyodide's own proxies, which lose the types";

export async function benchCalls(report: Report): Promise<void> {
  await using subjects = await Subjects.open();
  await report.measure(add(subjects));
  await report.measure(echo(subjects, "16 B", "sixteen letters!"));
  await report.measure(echo(subjects, "1 KB", "sixteen letters!".repeat(64)));
  await report.measure(record(subjects));
  await report.measure(records(subjects, 1_000));
  await report.measure(failure(subjects));
  await report.measure(await method(subjects));
  await benchLanguages(report);
  await benchPythonInside(report, group);
}

function add(subjects: Subjects): Case {
  const { jco, engine, extism } = subjects;
  const input = new Uint8Array(8);
  const view = new DataView(input.buffer);
  return {
    group,
    what: "component: add(u32, u32)",
    excludes: BODY,
    goal: 0.5e-6,
    expected: 5,
    contenders: [
      { by: "sennit", run: subjects.sennit("add", [2, 3]) },
      { by: "jco", run: () => jco.add(2, 3) },
      {
        by: "extism",
        run: async () => {
          view.setUint32(0, 2, true);
          view.setUint32(4, 3, true);
          return (await extism.call("add", input)).getUint32(0, true);
        },
      },
      { by: "engine", run: () => engine.add(2, 3) },
    ],
  };
}

function echo(subjects: Subjects, size: string, text: string): Case {
  const { jco, engine, extism } = subjects;
  const byHand = engine.text("echo", 0);
  return {
    group,
    what: `component: echo of a string, ${size}`,
    excludes: `${BODY}; text beyond ASCII`,
    expected: text,
    contenders: [
      { by: "sennit", run: subjects.sennit("echo", [text]) },
      { by: "jco", run: () => jco.echo(text) },
      { by: "extism", run: async () => (await extism.call("echo", text)).text() },
      { by: "engine", run: () => byHand(text) },
    ],
  };
}

function record(subjects: Subjects): Case {
  const { jco, engine, extism } = subjects;
  const byHand = engine.move();
  const input = new Uint8Array(20);
  const view = new DataView(input.buffer);
  return {
    group,
    what: "component: record of f64, f64, u32 there and back",
    excludes: `${BODY}; Extism gets the fields packed by hand, which is less work than its usual JSON`,
    expected: [1.5, 2.5, 7],
    contenders: [
      { by: "sennit", run: subjects.sennit("move", [[0.5, 1.5, 7]]) },
      { by: "jco", run: () => jco.move({ x: 0.5, y: 1.5, id: 7 }), answer: fieldsOf },
      {
        by: "extism",
        run: async () => {
          view.setFloat64(0, 0.5, true);
          view.setFloat64(8, 1.5, true);
          view.setUint32(16, 7, true);
          const back = await extism.call("move", input);
          return [back.getFloat64(0, true), back.getFloat64(8, true), back.getUint32(16, true)];
        },
      },
      { by: "engine", run: () => byHand(0.5, 1.5, 7), answer: fieldsOf },
    ],
  };
}

function records(subjects: Subjects, count: number): Case {
  const { jco, engine, extism } = subjects;
  const named = Array.from({ length: count }, (_, i): Named => ({ x: i / 3, y: -1 - i, id: i, name: `particle ${i}` }));
  const values = named.map(fieldsOf);
  const byHand = engine.echoNamed();
  const fields = (all: readonly Named[]): unknown => all.map(fieldsOf);
  return {
    group,
    what: "component: 1,000 records with a string, there and back",
    excludes: `${BODY}; Extism gets JSON, the writing and reading of which is timed in the host only`,
    goal: 350e-6,
    expected: values,
    contenders: [
      { by: "sennit", run: subjects.sennit("echo-named", [values]) },
      { by: "jco", run: () => jco.echoNamed(named), answer: fields },
      {
        by: "extism",
        run: async () => JSON.parse((await extism.call("echo", JSON.stringify(named))).text()) as Named[],
        answer: fields,
      },
      { by: "engine", run: () => byHand(named), answer: fields },
    ],
  };
}

function failure(subjects: Subjects): Case {
  const { jco, engine, extism } = subjects;
  const byHand = engine.text("fail", 4);
  return {
    group,
    what: "component: result that is an err",
    excludes: `${BODY}; raising the error in the workflow`,
    expected: "it failed",
    contenders: [
      {
        by: "sennit",
        run: subjects.sennit("fail", ["it failed"]),
        answer: (given: CaseValue) => (given.index === ERR ? given.payload : given),
      },
      {
        by: "jco",
        run: () => {
          try {
            return jco.fail("it failed");
          } catch (thrown) {
            return (thrown as { payload: unknown }).payload;
          }
        },
      },
      {
        by: "extism",
        run: async () => {
          try {
            return await extism.call("fail", "it failed");
          } catch (thrown) {
            return (thrown as Error).message.replace("Plugin-originated error: ", "");
          }
        },
      },
      { by: "engine", run: () => byHand("it failed") },
    ],
  };
}

/** Every call of it answers another number: that the next is one more is what is checked. */
async function method(subjects: Subjects): Promise<Case> {
  const { jco, engine, instance } = subjects;
  const handle = (await instance.call(`${OPS}#[constructor]counter`, [0])) as Handle;
  const counter = new jco.Counter(0);
  const contender = (by: Peer, run: () => unknown): Contender => ({
    by,
    run,
    answer: (first: number) => Number(run()) - first,
  });
  return {
    group,
    what: "component: method of a resource",
    excludes: `${BODY}; making and dropping resources; Extism has none`,
    expected: 1,
    contenders: [
      contender("sennit", () => instance.call(`${OPS}#[method]counter.inc`, [handle])),
      contender("jco", () => counter.inc()),
      contender("engine", () => engine.inc(engine.counter)),
    ],
  };
}

async function benchLanguages(report: Report): Promise<void> {
  const call = (instance: { call(fn: string, args: readonly number[]): unknown }): unknown =>
    instance.call("add", [2, 3]);
  const row = (what: string, excludes: string, goal?: number): Omit<Case, "contenders"> => ({
    group,
    what: `${what}: add(u32, u32)`,
    excludes,
    expected: 5,
    ...(goal === undefined ? {} : { goal }),
  });
  const jco = await jcoOfSample("counter-js", "counter.wasm", ({ add }) => (add as JcoOps["add"])(2, 3));
  await measureSample(report, "counter-js", row("JavaScript component (QuickJS)", BOTH), call, [jco]);
  await measureSample(report, "counter-lua", row("Lua, beside the host", LUA, 0.8e-6), call);
  await measureSample(report, "counter-python", row("Python, seen from the host", PYTHON), call);
  await measureSample(
    report,
    functionsOfTheProgram,
    row("JavaScript function of the program", "values of other types"),
    call,
  );
}

async function functionsOfTheProgram(): Promise<Plugin> {
  const { javascriptPlugin } = await import("../../src/host/javascript/plugin.ts");
  const wit = "package bench:functions; world functions { export add: func(a: u32, b: u32) -> u32; }";
  return javascriptPlugin({ add: (a: number, b: number) => a + b }, { wit, name: "program" });
}

function fieldsOf(named: Omit<Named, "name"> & { readonly name?: string }): readonly (number | string)[] {
  const { x, y, id, name } = named;
  return name === undefined ? [x, y, id] : [x, y, id, name];
}
