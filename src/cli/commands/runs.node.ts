/** `sennit ps`, `show` and `logs`: of the daemon that owns the store, else from the file, whoever owns that. */
import { shownPath } from "../shown-path.node.ts";
import { Fault } from "../../fault.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import { follow } from "../../engine/durable/follow.ts";
import { ValueBytes } from "../../engine/durable/value-bytes.ts";
import { Endings } from "../../engine/executor/ended.ts";
import { toPlain } from "../../engine/embedding/plain.ts";
import type { RunEvent } from "../../engine/platform/ports.ts";
import type { ShownEvent } from "../../engine/embedding/run-program.node.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import { stateNamed } from "../../daemon/run-data.ts";
import { infoOf } from "../../engine/embedding/runs.ts";
import type { RunInfo } from "../../engine/embedding/runs.ts";
import { readSqlite } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { Invocation } from "../arguments.ts";
import { askRun, daemonOf, unknownAmong } from "../daemon-client.node.ts";
import { harmless } from "../harmless.ts";
import { Interrupt } from "../interrupt.node.ts";
import { toJson } from "../json.ts";
import { onlyRun } from "../only-run.ts";
import { integerIn } from "../quantities.ts";
import { storeIn, storeOf } from "../store-file.node.ts";
import { table, time } from "../table.ts";
import { describeFault, EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { failureOf, followRun } from "./followed-run.node.ts";
import type { EndedError } from "./followed-run.node.ts";

/** How many are listed unless `--limit` says. */
const LISTED = 1000;

export async function psCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const limit = limitIn(invocation);
  const state = invocation.value("state");
  for (const each of state?.split(",") ?? []) stateNamed(each);
  const client = await daemonOf(invocation, terminal);
  const runs = client === null ? await fileRuns(invocation, limit, state) : await daemonRuns(client, limit, state);
  if (invocation.has("json")) process.stdout.write(`${toJson(runs)}\n`);
  else if (invocation.has("ids")) process.stdout.write(runs.map(({ id }) => `${harmless(id)}\n`).join(""));
  else process.stdout.write(runs.length === 0 ? "no runs\n" : runsTable(runs));
  if (runs.length === limit && !invocation.has("json")) terminal.warn(`the newest ${limit}: --limit shows more`);
  return EXIT.done;
}

function limitIn(invocation: Invocation): number {
  const limit = integerIn(invocation, "limit") ?? LISTED;
  if (limit >= 1) return limit;
  throw new Fault("usage", "`--limit` takes a number from 1 on");
}

async function fileRuns(invocation: Invocation, limit: number, state: string | undefined): Promise<readonly RunInfo[]> {
  using store = readSqlite(storeIn(invocation));
  const states = state === undefined ? {} : { states: state.split(",").map(stateNamed) };
  return (await store.list({ limit, ...states })).map(infoOf);
}

/** Page by page. */
async function daemonRuns(client: DaemonClient, limit: number, state: string | undefined): Promise<readonly RunInfo[]> {
  const found: RunInfo[] = [];
  for (let after: unknown = null; found.length < limit;) {
    const query = new URLSearchParams({ limit: String(Math.min(LISTED, limit - found.length)) });
    if (state !== undefined) query.set("state", state);
    if (typeof after === "string") query.set("after", after);
    const page = await client.ask("GET", `/v1/runs?${query.toString()}`);
    found.push(...(page["runs"] as readonly RunInfo[]));
    after = page["after"];
    if (typeof after !== "string") break;
  }
  return found;
}

function runsTable(runs: readonly RunInfo[]): string {
  const row = ({ id, state, created, entries, name }: RunInfo): readonly string[] => [
    id,
    state,
    time(created),
    String(entries),
    shownPath(name),
  ];
  return table(["ID", "STATE", "BEGUN", "ENTRIES", "PROGRAM"], runs.map(row));
}

interface Details extends RunInfo {
  readonly packages: readonly string[];
  readonly grants: readonly string[];
  readonly parent: string | null;
  /** Of a run that failed. */
  readonly error?: EndedError | null;
}

export async function showCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  const client = await daemonOf(invocation, terminal);
  const run = client === null ? await fileDetails(invocation, id) : await daemonDetails(client, id);
  if (invocation.has("json")) {
    process.stdout.write(`${toJson(run)}\n`);
    return EXIT.done;
  }
  const lines = [
    `run       ${run.id}`,
    `state     ${run.state}${run.reason === "" ? "" : `: ${run.reason}`}`,
    ...nextOf(run),
    `program   ${shownPath(run.name)}`,
    `packages  ${run.packages.join(", ") || "none"}`,
    `grants    ${run.grants.join(", ") || "none"}`,
    ...(run.parent === null ? [] : [`parent    ${run.parent}`]),
    ...(run.queue === "" ? [] : [`queue     ${run.queue}${run.key === "" ? "" : `, key ${run.key}`}`]),
    ...(run.priority === 0 ? [] : [`priority  ${run.priority}`]),
    `begun     ${time(run.created)}`,
    `changed   ${time(run.updated)}`,
    ...(run.wake === null ? [] : [`wakes     ${time(run.wake)}`]),
    `entries   ${run.entries}`,
    ...(run.error ? ["", describeFault(failureOf(run.error), false)] : []),
  ];
  process.stdout.write(lines.map((line) => `${harmless(line)}\n`).join(""));
  return EXIT.done;
}

/** What to do about a run that somebody has to decide on. */
function nextOf({ id, state, reason }: Details): readonly string[] {
  if (state === "paused") return [`next      \`sennit resume ${id}\` lets it go on`];
  if (state !== "parked") return [];
  const mend = /diverged|another version/.test(reason)
    ? `bring back what it began with, or move it: \`sennit migrate ${id} FILE\`; then \`sennit resume ${id}\``
    : `\`sennit history ${id}\` tells how far it came; \`sennit resume ${id}\` takes it up all the same`;
  return [`next      ${mend}`];
}

async function fileDetails(invocation: Invocation, id: string): Promise<Details> {
  using store = readSqlite(storeIn(invocation));
  const header = await store.header(id);
  if (header === undefined) throw unknownAmong(id, await store.list({ limit: LISTED }));
  const { packages, grants } = await startOf(store, id);
  const error = header.state === "failed" ? await new Endings(store).error(header) : null;
  const names = packages.filter((_, at) => at % 2 === 0);
  return { ...infoOf(header), packages: names, grants, error };
}

async function daemonDetails(client: DaemonClient, id: string): Promise<Details> {
  return (await askRun(client, "GET", id, ""))["run"] as Details;
}

export async function logsCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  const isJson = invocation.has("json");
  const shown = (event: ShownEvent, lsn: number): void => {
    if (isJson) process.stdout.write(`${toJson({ lsn, ...event })}\n`);
    else if (event.kind === "print") terminal.print(event.text);
    else if (event.kind === "log") terminal.event(event);
  };
  using interrupt = new Interrupt();
  const client = await daemonOf(invocation, terminal);
  if (client === null) await fileLogs(invocation, id, interrupt.signal, shown);
  else await daemonLogs(client, invocation, id, interrupt.signal, shown);
  return interrupt.signal.aborted ? EXIT.interrupted : EXIT.done;
}

type Show = (event: ShownEvent, lsn: number) => void;

async function fileLogs(invocation: Invocation, id: string, signal: AbortSignal, shown: Show): Promise<void> {
  using store = readSqlite(storeIn(invocation));
  if ((await store.header(id)) === undefined) throw unknownAmong(id, await store.list({ limit: LISTED }));
  const until = invocation.has("follow") ? { until: signal } : {};
  for await (const { lsn, event } of follow(store, id, new ValueBytes(null), until)) shown(plainEvent(event), lsn);
}

function plainEvent(event: RunEvent): ShownEvent {
  return event.kind === "emit" ? { ...event, value: toPlain({ kind: "Any" }, event.value) } : event;
}

async function daemonLogs(
  client: DaemonClient,
  invocation: Invocation,
  id: string,
  signal: AbortSignal,
  shown: Show,
): Promise<void> {
  await askRun(client, "GET", id, ""); // an unknown id gets its hint
  if (invocation.has("follow")) return await followRun({ client, store: storeOf(invocation), id, signal, shown });
  for await (const { lsn, ...event } of client.lines(`/v1/runs/${encodeURIComponent(id)}/logs`, { signal })) {
    if (typeof lsn === "number") shown(event as unknown as ShownEvent, lsn);
  }
}
