/** `sennit signal`: leaves a signal for a run that waits for one. The run takes it when it goes on. */
import { randomUUID } from "node:crypto";
import { Fault } from "../../fault.ts";
import { sendSignal } from "../../engine/durable/send.ts";
import { fromPlain } from "../../engine/plain.ts";
import type { AnyValue } from "../../wit/any.ts";
import type { Invocation } from "../arguments.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { openStore, unknownRun } from "./resume.node.ts";

export async function signalCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [id, name, text = "null", more] = invocation.positionals;
  if (id === undefined || name === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit signal` needs a run and the name of a signal", {
      hint: invocation.command.usage,
    });
  }
  const value = fromPlain({ kind: "Any" }, parsed(text), name) as AnyValue;
  await using store = await openStore(invocation);
  if ((await store.header(id)) === undefined) throw unknownRun(id);
  const sender = invocation.value("sender") ?? randomUUID();
  const { isNew } = await sendSignal(store, id, { name, value, sender });
  if (!isNew) terminal.warn(`${sender} has sent a signal to ${id} before; this one was not taken`);
  return EXIT.done;
}

/** JSON; a text that is none stands for itself. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
