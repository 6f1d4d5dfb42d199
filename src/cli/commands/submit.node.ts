/** `sennit submit`: hands a program to the daemon. Ctrl-C while it waits leaves the run alone. */
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import type { Invocation } from "../arguments.ts";
import { needDaemon } from "../daemon-client.node.ts";
import { Interrupt } from "../interrupt.node.ts";
import { jsonError, toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { integerIn } from "../quantities.ts";
import { storeOf } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { endOf, followUnlessParked, outcomeOf } from "./followed-run.node.ts";

export async function submitCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const client = await needDaemon(invocation, terminal);
  const { id, isNew } = await submitFile(client, invocation);
  if (!isNew) terminal.warn(`there is a run ${id} already: it was left as it is`);
  if (invocation.has("wait")) return await attend(client, id, invocation, terminal, { cancels: false });
  process.stdout.write(invocation.has("json") ? `${toJson({ id, isNew })}\n` : `${id}\n`);
  return EXIT.done;
}

/** What `POST /v1/runs` takes, but for the id. */
export async function submissionIn(invocation: Invocation, file: string): Promise<Readonly<Record<string, unknown>>> {
  return {
    file: resolve(file),
    source: await readProgram(file),
    texts: invocation.values("param"),
    grants: invocation.values("grant"),
    queue: invocation.value("queue"),
    key: invocation.value("key"),
    priority: integerIn(invocation, "priority"),
  };
}

export async function submitFile(
  client: DaemonClient,
  invocation: Invocation,
): Promise<{ readonly id: string; readonly isNew: boolean }> {
  const run = await submissionIn(invocation, onlyFile(invocation));
  const body = { ...run, id: invocation.value("id"), seed: invocation.value("seed") };
  const { id, isNew } = await client.ask("POST", "/v1/runs", { body });
  return { id: String(id), isNew: isNew === true };
}

export function onlyFile({ command, positionals: [file, more] }: Invocation): string {
  if (file === undefined) throw new Fault("usage", `\`sennit ${command.name}\` needs a file`, { hint: command.usage });
  if (more === undefined) return file;
  throw new Fault("usage", `\`sennit ${command.name}\` takes one file, and there is also \`${more}\``, {
    hint: "Give params with --param NAME=VALUE",
  });
}

/** Prints what a run shows until it has ended, and gives its exit status, as `run` does. */
export async function attend(
  client: DaemonClient,
  id: string,
  invocation: Invocation,
  terminal: Terminal,
  { cancels }: { readonly cancels: boolean },
): Promise<number> {
  const isJson = invocation.has("json");
  const output: string[] = [];
  const shown: Parameters<typeof followUnlessParked>[0]["shown"] = (event) => {
    if (event.kind !== "print") terminal.event(event);
    else if (isJson) output.push(event.text);
    else terminal.print(event.text);
  };
  try {
    await followed(client, { id, store: storeOf(invocation), shown, cancels }, terminal);
    const result = outcomeOf(await endOf(client, id));
    terminal.clearProgress();
    if (isJson) process.stdout.write(`${toJson({ ok: true, id, result, output })}\n`);
    return EXIT.done;
  } catch (failure) {
    if (!isJson || !(failure instanceof Fault)) throw failure;
    process.stdout.write(`${toJson({ ok: false, id, error: jsonError(failure), output })}\n`);
    return terminal.exitOf(failure);
  }
}

async function followed(
  client: DaemonClient,
  run: Pick<Parameters<typeof followUnlessParked>[0], "id" | "store" | "shown"> & { readonly cancels: boolean },
  terminal: Terminal,
): Promise<void> {
  using interrupt = new Interrupt();
  const never = new AbortController();
  if (run.cancels) {
    // As for a run of this process: the first Ctrl-C cancels, and what the run still does is shown.
    const cancel = (): Promise<unknown> => client.ask("POST", `/v1/runs/${encodeURIComponent(run.id)}/cancel`);
    interrupt.signal.addEventListener("abort", () => void cancel().catch(() => never.abort()), { once: true });
  }
  const signal = run.cancels ? never.signal : interrupt.signal;
  await followUnlessParked({ client, ...run, signal });
  if (!interrupt.signal.aborted || run.cancels) return;
  terminal.warn(`${run.id} goes on: \`sennit logs ${run.id} --follow\``);
  throw new Fault("cancelled", "Interrupted; the run goes on");
}
