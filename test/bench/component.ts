/**
 * One call into a component and back: scalars, text, records, failures, resources.
 */
import type { Instance } from "../../src/host/plugin.ts";
import { type CaseValue, ERR, type Handle, type Value } from "../../src/wit/value.ts";
import type { Named } from "./engine-alone.ts";
import { OPS } from "./guest.ts";
import type { Case, Contender, Peer, Report } from "./report.ts";
import { Subjects } from "./subjects.ts";
import { benchWorkflow } from "./workflow.ts";

const group = "Calls of a component";
const BODY = "the guest's own work (it does none), memory that the guest must allocate properly, linking";

export async function benchComponent(report: Report, { path: folder }: { readonly path: string }): Promise<void> {
  await using subjects = await Subjects.open();
  await report.measure(add(subjects));
  await benchAddOfWorkflow(report, folder);
  await report.measure(echo(subjects, "16 B", "sixteen letters!", 0.5e-6));
  await report.measure(echo(subjects, "1 KB", "sixteen letters!".repeat(64), 1.2e-6));
  await report.measure(record(subjects));
  await report.measure(records(subjects, 1_000));
  await report.measure(failure(subjects));
  await report.measure(await method(subjects));
}

/** As a workflow calls it: the check of the program's types, the VM and the engine are in the figure. */
function benchAddOfWorkflow(report: Report, folder: string): Promise<void> {
  const calls = 20_000;
  const row = {
    group,
    what: "component: add(u32, u32), from a workflow",
    excludes: `${BODY}; the start of the run. The steps of the loop are included; neither jco nor Extism has a workflow`,
    goal: 0.5e-6,
  };
  const workflow = {
    folder,
    head: 'require "./guest" as guest;',
    start: "last = 0;",
    call: "last = guest.ops.add(i, 1);",
    result: "last;",
    calls,
  };
  return benchWorkflow(report, row, workflow, report.quick ? 2 : calls);
}

function add(subjects: Subjects): Case {
  const { jco, engine, extism } = subjects;
  const input = new Uint8Array(8);
  const view = new DataView(input.buffer);
  return {
    group,
    what: "component: add(u32, u32), from TypeScript",
    excludes: BODY,
    goal: 0.1e-6,
    expected: 5,
    contenders: [
      ...subjects.sennit("add", [2, 3]),
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

function echo(subjects: Subjects, size: string, text: string, goal: number): Case {
  const { jco, engine, extism } = subjects;
  const byHand = engine.text("echo", 0);
  return {
    group,
    what: `component: echo of a string, ${size}`,
    excludes: `${BODY}; text beyond ASCII`,
    goal,
    expected: text,
    contenders: [
      ...subjects.sennit("echo", [text]),
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
    goal: 0.3e-6,
    expected: [1.5, 2.5, 7],
    contenders: [
      ...subjects.sennit("move", [[0.5, 1.5, 7]]),
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
      ...subjects.sennit("echo-named", [values]),
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
    goal: 1e-6,
    expected: "it failed",
    contenders: [
      ...subjects.sennit("fail", ["it failed"], (given: CaseValue) => (given.index === ERR ? given.payload : given)),
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
  const { jco, engine, instance, onJco } = subjects;
  const made = async (by: Instance): Promise<Handle> => (await by.call(`${OPS}#[constructor]counter`, [0])) as Handle;
  const [handle, jcoHandle] = [await made(instance), await made(onJco)];
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
      contender("binding", () => onJco.call(`${OPS}#[method]counter.inc`, [jcoHandle])),
      contender("jco", () => counter.inc()),
      contender("engine", () => engine.inc(engine.counter)),
    ],
  };
}

function fieldsOf(record: object): Value[] {
  return Object.values(record) as Value[];
}
