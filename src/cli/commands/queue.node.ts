/** `sennit queue`: how many runs of a queue go on at once. */
import { Fault } from "../../fault.ts";
import type { Invocation } from "../arguments.ts";
import { needDaemon } from "../daemon-client.node.ts";
import { toJson } from "../json.ts";
import { durationIn, integerIn } from "../quantities.ts";
import { table } from "../table.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

interface Settings {
  readonly concurrency: number | null;
  readonly perKey: number | null;
  readonly keepFor: number | null;
  readonly keepNewest: number | null;
}

export async function listCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const client = await needDaemon(invocation, terminal);
  const queues = (await client.ask("GET", "/v1/queues"))["queues"] as Readonly<Record<string, Settings>>;
  const rows = Object.entries(queues).map(([name, { concurrency, perKey, keepFor, keepNewest }]) => {
    const kept = keepFor === null ? "as all" : `${keepFor / 1000} s`;
    return [name, limit(concurrency), limit(perKey), keepNewest === null ? kept : `newest ${keepNewest}`];
  });
  if (invocation.has("json")) process.stdout.write(`${toJson(queues)}\n`);
  else
    process.stdout.write(
      rows.length === 0 ? "no queue has a limit\n" : table(["QUEUE", "AT ONCE", "PER KEY", "KEPT"], rows),
    );
  return EXIT.done;
}

function limit(most: number | null): string {
  return most === null ? "any" : String(most);
}

export async function setCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const name = onlyName(invocation);
  const settings = {
    concurrency: integerIn(invocation, "concurrency"),
    perKey: integerIn(invocation, "per-key"),
    keepFor: durationIn(invocation, "keep"),
    keepNewest: integerIn(invocation, "keep-newest"),
  };
  if (Object.values(settings).every((value) => value === undefined)) {
    throw new Fault("usage", "A queue needs at least one of its options", { hint: invocation.command.usage });
  }
  const client = await needDaemon(invocation, terminal);
  await client.ask("PUT", `/v1/queues/${encodeURIComponent(name)}`, { body: settings });
  return say(invocation, terminal, name, `queue ${name} is set`);
}

export async function removeCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const name = onlyName(invocation);
  const client = await needDaemon(invocation, terminal);
  await client.ask("DELETE", `/v1/queues/${encodeURIComponent(name)}`);
  return say(invocation, terminal, name, `queue ${name} has no limits any more`);
}

export function say(invocation: Invocation, terminal: Terminal, name: string, text: string): number {
  if (invocation.has("json")) process.stdout.write(`${toJson({ name })}\n`);
  else terminal.print(text);
  return EXIT.done;
}

export function onlyName(invocation: Invocation): string {
  const [name, more] = invocation.positionals;
  if (name !== undefined && more === undefined) return name;
  throw new Fault("usage", `\`sennit ${invocation.command.name}\` needs one name`, { hint: invocation.command.usage });
}
