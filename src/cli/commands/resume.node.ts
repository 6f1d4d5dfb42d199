/** `sennit resume`: takes up a run where its log ends; or tells the daemon to, which owns the store. */
import { Fault } from "../../fault.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import { loadProgram } from "../../engine/load/load.node.ts";
import { ProgramRefused } from "../../engine/embedding/refused.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import type { Store } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { askRun, daemonOf, unknownAmong } from "../daemon-client.node.ts";
import { Interrupt } from "../interrupt.node.ts";
import { isolationIn } from "../isolation.ts";
import { jsonError, toJson } from "../json.ts";
import { openStore } from "../store-file.node.ts";
import { shownPath } from "../shown-path.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { drive } from "./stored-run.node.ts";
import { attend } from "./submit.node.ts";

export { openStore, storeIn, unknownRun } from "../store-file.node.ts";

export async function resumeCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [id, more] = invocation.positionals;
  if (id === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit resume` needs the id of one run", { hint: invocation.command.usage });
  }
  const client = await daemonOf(invocation, terminal);
  if (client !== null) return await resumeThere(client, id, invocation, terminal);
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

/** A daemon drives its runs itself: one that was paused or parked is let go on, and with `--wait` watched. */
async function resumeThere(
  client: DaemonClient,
  id: string,
  invocation: Invocation,
  terminal: Terminal,
): Promise<number> {
  if (invocation.values("grant").length > 0) {
    throw new Fault("usage", "A run of a daemon keeps the grants that it was submitted with");
  }
  try {
    await askRun(client, "POST", id, "/resume");
  } catch (thrown) {
    const goesOn = thrown instanceof Fault && thrown.code === "not-paused";
    if (!goesOn || !invocation.has("wait")) throw thrown; // to wait for one that goes on is no mistake
  }
  if (invocation.has("wait")) return await attend(client, id, invocation, terminal, { cancels: false });
  if (invocation.has("json")) process.stdout.write(`${toJson({ id })}\n`);
  else terminal.print(`${id} goes on`);
  return EXIT.done;
}

async function resumed(
  store: Store,
  id: string,
  invocation: Invocation,
  terminal: Terminal,
  onPrint: (line: string) => void,
): Promise<unknown> {
  const header = await store.header(id);
  if (header === undefined) throw unknownAmong(id, await store.list({ limit: 1000 }));
  const start = await startOf(store, id);
  const loaded = await loadProgram({
    file: shownPath(header.name),
    text: new TextDecoder().decode(start.program as Uint8Array),
    grants: [...start.grants, ...invocation.values("grant")],
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  void program;
  using interrupt = new Interrupt();
  // Whoever asks for one run by hand has decided that it is to go on.
  return await drive({ store, id, loaded, signal: interrupt.signal, force: true, onPrint, terminal });
}
