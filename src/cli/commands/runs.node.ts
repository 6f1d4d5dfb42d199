/** `sennit ps`, `show` and `logs`: runs in a store, also while another process owns it. */
import { Fault } from "../../fault.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import { follow } from "../../engine/durable/follow.ts";
import { ValueBytes } from "../../engine/durable/value-bytes.ts";
import { readSqlite } from "../../journal/sqlite-reader.node.ts";
import type { RunHeader } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { Interrupt } from "../interrupt.node.ts";
import { toJson } from "../json.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { harmless } from "../harmless.ts";
import { storeIn, unknownRun } from "./resume.node.ts";

export async function psCommand(invocation: Invocation): Promise<number> {
  using store = readSqlite(storeIn(invocation));
  const runs = await store.list({ limit: 1000 });
  if (invocation.has("json")) process.stdout.write(`${toJson(runs.map(asData))}\n`);
  else if (runs.length === 0) process.stdout.write("no runs\n");
  else process.stdout.write(table(runs));
  return EXIT.done;
}

function asData({ id, state, name, created, updated, wake, reason, durable }: RunHeader): unknown {
  return { id, state, name, created, updated, wake, reason, entries: durable };
}

function table(runs: readonly RunHeader[]): string {
  const rows = [["ID", "STATE", "BEGUN", "ENTRIES", "PROGRAM"]].concat(
    runs.map(({ id, state, created, durable, name }) => [id, state, time(created), String(durable), name]),
  );
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? "").length))) ?? [];
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  ");
  return rows.map((row) => `${harmless(line(row)).trimEnd()}\n`).join("");
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
}

export async function showCommand(invocation: Invocation): Promise<number> {
  const id = onlyRun(invocation);
  using store = readSqlite(storeIn(invocation));
  const header = await store.header(id);
  if (header === undefined) throw unknownRun(id);
  const { packages, grants } = await startOf(store, id);
  const names = packages.filter((_, at) => at % 2 === 0);
  if (invocation.has("json")) {
    process.stdout.write(`${toJson({ ...(asData(header) as object), packages: names, grants })}\n`);
    return EXIT.done;
  }
  const lines = [
    `run       ${header.id}`,
    `state     ${header.state}${header.reason === "" ? "" : `: ${header.reason}`}`,
    `program   ${header.name}`,
    `packages  ${names.join(", ") || "none"}`,
    `grants    ${grants.join(", ") || "none"}`,
    `begun     ${time(header.created)}`,
    `changed   ${time(header.updated)}`,
    ...(header.wake === null ? [] : [`wakes     ${time(header.wake)}`]),
    `entries   ${header.durable}`,
  ];
  process.stdout.write(lines.map((line) => `${harmless(line)}\n`).join(""));
  return EXIT.done;
}

export async function logsCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  using store = readSqlite(storeIn(invocation));
  if ((await store.header(id)) === undefined) throw unknownRun(id);
  using interrupt = new Interrupt();
  const until = invocation.has("follow") ? { until: interrupt.signal } : {};
  for await (const { event } of follow(store, id, new ValueBytes(null), until)) {
    if (event.kind === "print") terminal.print(event.text);
    else if (event.kind === "log") terminal.event(event);
  }
  return interrupt.signal.aborted ? EXIT.interrupted : EXIT.done;
}

function onlyRun(invocation: Invocation): string {
  const [id, more] = invocation.positionals;
  if (id !== undefined && more === undefined) return id;
  throw new Fault("usage", `\`sennit ${invocation.command.name}\` needs the id of one run`, {
    hint: invocation.command.usage,
  });
}
