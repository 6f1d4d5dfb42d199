/** Drives one run of a store to its end, with what happens outside told to the parent. To be killed. */
import { fileURLToPath } from "node:url";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { loadProgram } from "../../../src/engine/load/load.node.ts";
import { nodePorts } from "../../../src/engine/platform/ports.node.ts";
import type { CallContext } from "../../../src/host/javascript/plugin.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";

/** Steps with every class of effect, a plugin with state, branches that race, timers, a signal and children. */
const SOURCE = `require pay; require bill; require look;
require "./counter-lua" as counter;
workflow side(i: Int) -> Int { sleep (1ms); pay(100 + i); i; }
for i in range(8) {
  n = counter.increment();
  pay(i);
  try { bill(i); } catch (e) { print $"{i}: {e.code}"; }
  (seen, m) = para { look(i); seq { sleep (1ms); counter.increment(); } };
  first = race { seq { sleep (1d); 0; } seq { pay(200 + i); 1; } };
  task = spawn side(i);
  print $"{i} {n} {m} {first}";
  await task;
}
`;

const [, , path = "", id = ""] = process.argv;
const samples = fileURLToPath(new URL("../../../plugins/samples", import.meta.url));

/** Something happens outside: the parent has seen it when it answers. */
async function outside(what: string, i: unknown, context: CallContext): Promise<null> {
  await new Promise<void>((resolve) => {
    process.once("message", () => resolve());
    process.send?.({ what: `${what} ${String(i)}`, key: context.key });
  });
  return null;
}

const waiting: (() => void)[] = [];
/** One question at a time: an answer is the oldest's. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (waiting.push(() => {}) > 1) await new Promise<void>((resolve) => (waiting[waiting.length - 1] = resolve));
  try {
    return await work();
  } finally {
    waiting.shift();
    waiting[0]?.();
  }
}

const asked = (what: string) =>
  function (this: CallContext, i: unknown): Promise<null> {
    return inTurn(() => outside(what, i, this));
  };
const functions = { pay: asked("pay"), bill: asked("bill"), look: asked("look") };
const loaded = await loadProgram({
  file: `${samples}/kill.sennit`,
  text: SOURCE,
  functions,
  effects: { pay: "keyed", look: "read" },
  wit: undefined,
  grants: [],
  isolation: "L0",
  warn: () => {},
});
if (!loaded.ok) throw new Error(loaded.diagnostics.map(({ code }) => code).join());
const { program } = loaded;
const store = await openSqlite(path);
const run = { id, name: "kill", source: SOURCE, function: 0, args: [], grants: [], created: 0 };
await beginRun(store, program, { ...run, seed: new Uint8Array(32) });
const ports = nodePorts(samples, null, () => {});
const result = await resumeRun(store, program, id, ports, { grants: { allowsCommand: () => false }, force: true });
await program[Symbol.asyncDispose]();
await store[Symbol.asyncDispose]();
process.send?.({ what: result.state, key: null });
process.disconnect?.();
