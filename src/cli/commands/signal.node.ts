/** `sennit signal`: sends a signal to a run, or leaves it in the store for a run that nobody drives. */
import { randomUUID } from "node:crypto";
import { Fault } from "../../fault.ts";
import { sendSignal } from "../../engine/durable/effects/send.ts";
import { fromPlain } from "../../engine/embedding/plain.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import { parseJson } from "../../daemon/json.ts";
import type { Invocation } from "../arguments.ts";
import { askRun, daemonOf, unknownAmong } from "../daemon-client.node.ts";
import { toJson } from "../json.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { openStore } from "../store-file.node.ts";

export async function signalCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [id, name, text = "null", more] = invocation.positionals;
  if (id === undefined || name === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit signal` needs a run and the name of a signal", {
      hint: invocation.command.usage,
    });
  }
  const sender = invocation.value("sender") ?? randomUUID();
  const signal = { name, value: parsed(text), sender };
  const client = await daemonOf(invocation, terminal);
  const isNew = client === null ? await leave(invocation, id, signal) : await send(client, id, signal);
  if (invocation.has("json")) process.stdout.write(`${toJson({ isNew })}\n`);
  else if (!isNew) terminal.warn(`${sender} has sent a signal to ${id} before; this one was not taken`);
  return EXIT.done;
}

interface Signal {
  readonly name: string;
  readonly value: unknown;
  readonly sender: string;
}

async function send(client: DaemonClient, id: string, signal: Signal): Promise<boolean> {
  return (await askRun(client, "POST", id, "/signal", { body: signal }))["isNew"] === true;
}

/** In the file: the run takes it when it goes on. */
async function leave(invocation: Invocation, id: string, { name, value, sender }: Signal): Promise<boolean> {
  const data = fromPlain({ kind: "Any" }, value, name) as AnyValue;
  await using store = await openStore(invocation);
  if ((await store.header(id)) === undefined) throw unknownAmong(id, await store.list({ limit: 1000 }));
  return (await sendSignal(store, id, { name, value: data, sender })).isNew;
}

/** JSON, integers exactly; a text that is none stands for itself. */
function parsed(text: string): unknown {
  try {
    return parseJson(new TextEncoder().encode(text));
  } catch {
    return text;
  }
}
