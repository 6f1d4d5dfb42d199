/** `sennit schedule`: programs that are submitted again and again. */
import { Fault } from "../../fault.ts";
import type { Invocation } from "../arguments.ts";
import { needDaemon } from "../daemon-client.node.ts";
import { toJson } from "../json.ts";
import { durationIn } from "../quantities.ts";
import { table, time } from "../table.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { onlyName, say } from "./queue.node.ts";
import { submissionIn } from "./submit.node.ts";

interface Scheduled {
  readonly name: string;
  readonly cron?: string;
  readonly zone?: string;
  readonly every?: number;
  readonly next: number | null;
  readonly last: number | null;
  readonly submission: { readonly file: string };
}

export async function listCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const client = await needDaemon(invocation, terminal);
  const schedules = (await client.ask("GET", "/v1/schedules"))["schedules"] as readonly Scheduled[];
  const row = ({ name, cron, zone, every, next, last, submission }: Scheduled): readonly string[] => [
    name,
    cron === undefined ? `every ${(every ?? 0) / 1000} s` : `${cron} (${zone ?? "UTC"})`,
    next === null ? "never" : time(next),
    last === null ? "never" : time(last),
    submission.file,
  ];
  const head = ["SCHEDULE", "WHEN", "NEXT", "LAST", "PROGRAM"];
  if (invocation.has("json")) process.stdout.write(`${toJson(schedules)}\n`);
  else process.stdout.write(schedules.length === 0 ? "no schedules\n" : table(head, schedules.map(row)));
  return EXIT.done;
}

export async function setCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [name, file, more] = invocation.positionals;
  if (name === undefined || file === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit schedule set` needs a name and a file", { hint: invocation.command.usage });
  }
  const when = whenIn(invocation);
  const client = await needDaemon(invocation, terminal);
  const body = { ...when, missed: invocation.value("missed"), submission: await submissionIn(invocation, file) };
  await client.ask("PUT", `/v1/schedules/${encodeURIComponent(name)}`, { body });
  return say(invocation, terminal, name, `schedule ${name} is set`);
}

function whenIn(invocation: Invocation): Readonly<Record<string, unknown>> {
  const cron = invocation.value("cron");
  const every = durationIn(invocation, "every");
  const zone = invocation.value("zone");
  if (cron !== undefined && every === undefined) return { cron, zone };
  if (cron === undefined && every !== undefined && zone === undefined) return { every };
  throw new Fault("usage", "A schedule has either `--cron`, with a `--zone`, or `--every`", {
    hint: invocation.command.usage,
  });
}

export async function removeCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const name = onlyName(invocation);
  const client = await needDaemon(invocation, terminal);
  await client.ask("DELETE", `/v1/schedules/${encodeURIComponent(name)}`);
  return say(invocation, terminal, name, `schedule ${name} is removed`);
}
