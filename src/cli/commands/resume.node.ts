/** `sennit resume`: takes up a run where its log ends. */
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import { loadProgram } from "../../engine/load.node.ts";
import { ProgramRefused } from "../../engine/refused.ts";
import { readSqlite } from "../../journal/sqlite-reader.node.ts";
import { openSqlite } from "../../journal/sqlite-store.node.ts";
import type { Store } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { Interrupt } from "../interrupt.node.ts";
import { isolationIn } from "../isolation.ts";
import { jsonError, toJson } from "../json.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { drive } from "./stored-run.node.ts";

export async function resumeCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [id, more] = invocation.positionals;
  if (id === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit resume` needs the id of one run", { hint: invocation.command.usage });
  }
  await using store = await openStore(invocation);
  if (!invocation.has("json")) {
    await resumed(store, id, invocation, terminal, (line) => terminal.print(line));
    return EXIT.done;
  }
  const output: string[] = [];
  try {
    const result = await resumed(store, id, invocation, terminal, (line) => output.push(line));
    process.stdout.write(`${toJson({ ok: true, id, result, output })}\n`);
    return EXIT.done;
  } catch (failure) {
    if (!(failure instanceof Fault)) throw failure;
    process.stdout.write(`${toJson({ ok: false, id, error: jsonError(failure), output })}\n`);
    return terminal.exitOf(failure);
  }
}

/** The store that `--store` names, which is there already: a mistyped name makes no file. */
export async function openStore(invocation: Invocation): Promise<Store> {
  const path = storeIn(invocation);
  readSqlite(path)[Symbol.dispose]();
  return await openSqlite(path);
}

/** The file that `--store` names. */
export function storeIn(invocation: Invocation): string {
  const path = invocation.value("store");
  if (path === undefined) throw new Fault("usage", "`--store FILE` is missing", { hint: invocation.command.usage });
  return resolve(path);
}

async function resumed(
  store: Store,
  id: string,
  invocation: Invocation,
  terminal: Terminal,
  onPrint: (line: string) => void,
): Promise<unknown> {
  const header = await store.header(id);
  if (header === undefined) throw unknownRun(id);
  const start = await startOf(store, id);
  const loaded = await loadProgram({
    file: header.name,
    text: new TextDecoder().decode(start.program as Uint8Array),
    functions: {},
    wit: undefined,
    grants: [...start.grants, ...invocation.values("grant")],
    isolation: isolationIn(invocation),
    besideVm: false,
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  void program;
  using interrupt = new Interrupt();
  return await drive({ store, id, loaded, signal: interrupt.signal, onPrint, terminal });
}

export function unknownRun(id: string): Fault {
  return new Fault("unknown-run", `The store has no run ${id}`, { hint: "`sennit ps --store FILE` lists its runs" });
}
