/** `sennit history`: what a run did, what its variables were, and a new run from there. Only what is durable is told. */
import { randomUUID } from "node:crypto";
import { Fault } from "../../fault.ts";
import { checkId } from "../../engine/executor/names.ts";
import { forkHere } from "../../engine/history/fork.node.ts";
import { historyOf } from "../../engine/history/history.ts";
import { readLog } from "../../engine/history/log.ts";
import type { Log } from "../../engine/history/log.ts";
import { openProgramOf } from "../../engine/history/open.node.ts";
import type { Opened } from "../../engine/history/open.node.ts";
import type { Shown } from "../../engine/history/shown.ts";
import { cut } from "../../engine/history/node-text.ts";
import type { HistoryStep } from "../../engine/history/step.ts";
import { momentOf } from "../../engine/history/variables.ts";
import type { Branch, Moment } from "../../engine/history/variables.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import { readSqlite } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { Invocation } from "../arguments.ts";
import { askRun, daemonOf } from "../daemon-client.node.ts";
import { harmless } from "../harmless.ts";
import { isolationIn } from "../isolation.ts";
import { toJson } from "../json.ts";
import { integerIn } from "../quantities.ts";
import { shownPath } from "../shown-path.node.ts";
import { openStore, storeIn } from "../store-file.node.ts";
import { table, time } from "../table.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { onlyRun } from "../only-run.ts";

/** Characters of a value in a table. */
const WIDE = 48;

export async function historyCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  const [at, fork] = [integerIn(invocation, "at"), integerIn(invocation, "fork")];
  if (at !== undefined && fork !== undefined) throw new Fault("usage", "`--at` and `--fork` do not go together");
  if (invocation.value("id") !== undefined && fork === undefined) {
    throw new Fault("usage", "`--id` names the run that `--fork` makes");
  }
  if (fork !== undefined) return await forked(invocation, terminal, id, fork);
  using store = readSqlite(storeIn(invocation));
  const log = await readLog(store, id);
  const opened = await openProgramOf(store, log, { isolation: isolationIn(invocation), warn: () => {} });
  await using program = opened.loaded?.program;
  void program;
  if (at !== undefined) return await showMoment(invocation, log, opened, at);
  return await showSteps(invocation, terminal, log, opened);
}

async function showSteps(invocation: Invocation, terminal: Terminal, log: Log, opened: Opened): Promise<number> {
  const { steps, partial } = await historyOf(log, opened.loaded, opened.why);
  if (invocation.has("json")) {
    process.stdout.write(
      `${toJson({ run: log.header.id, state: log.header.state, partial, steps: steps.map(stepData) })}\n`,
    );
    return EXIT.done;
  }
  const most = invocation.has("full") ? Infinity : WIDE;
  const head = ["STEP", "TIME", "TOOK", "LINE", "WHAT", "STATE", "INPUT", "OUTPUT"];
  process.stdout.write(
    table(
      head,
      steps.map((step) => row(step, most)),
    ),
  );
  if (partial !== null) terminal.warn(`not everything can be told: ${partial}`);
  return EXIT.done;
}

function row(step: HistoryStep, most: number): readonly string[] {
  const attempt = step.attempt > 1 ? ` (attempt ${step.attempt})` : "";
  const text = (shown: Shown | null): string => cut((shown?.text ?? "").replaceAll("\n", "\\n"), most);
  return [
    step.number === null ? "-" : String(step.number),
    step.begun === null ? "" : time(step.begun),
    step.begun === null || step.ended === null || step.number === step.last ? "" : `${step.ended - step.begun} ms`,
    step.place === null ? "" : String(step.place.line),
    `${step.kind} ${step.what}`.trimEnd() + attempt,
    step.state === "noted" ? "" : step.state,
    text(step.input),
    text(step.output),
  ];
}

function stepData({ place, input, output, ...step }: HistoryStep): unknown {
  return {
    ...step,
    ...(place ?? { file: null, line: null, column: null }),
    input: input?.data ?? null,
    output: output?.data ?? null,
  };
}

async function showMoment(invocation: Invocation, log: Log, { loaded, why }: Opened, at: number): Promise<number> {
  if (loaded === null) throw new Fault("no-history", `Variables cannot be told: ${why}`);
  const moment = await momentOf(log, loaded, at);
  if (invocation.has("json")) process.stdout.write(`${toJson({ run: log.header.id, ...momentData(moment) })}\n`);
  else process.stdout.write(momentText(moment, invocation.has("full") ? Infinity : WIDE));
  return EXIT.done;
}

function momentData({ lsn, ending, branches }: Moment): object {
  return {
    after: lsn,
    ending,
    branches: branches.map(({ name, waits, frames }) => ({
      name,
      waits: waits === "" ? null : waits,
      frames: frames.map(({ function: fn, place, variables }) => ({
        function: fn,
        ...place,
        variables: Object.fromEntries(variables.map((variable) => [variable.name, variable.value.data])),
      })),
    })),
  };
}

function momentText({ ending, branches }: Moment, most: number): string {
  if (ending !== null) return `the run is ${ending}\n`;
  return branches.map((branch) => branchText(branch, most)).join("\n");
}

function branchText({ name, waits, frames }: Branch, most: number): string {
  const head = `${name}${waits === "" ? "" : `, waits for ${waits}`}`;
  const lines = frames.flatMap(({ function: fn, place, variables }) => [
    `  ${fn} at ${shownPath(place.file)}:${place.line}`,
    ...variables.map((variable) => `    ${variable.name} = ${cut(variable.value.text, most)}`),
  ]);
  return [head, ...lines].map((line) => `${harmless(line)}\n`).join("");
}

async function forked(invocation: Invocation, terminal: Terminal, run: string, number: number): Promise<number> {
  const client = await daemonOf(invocation, terminal);
  const made =
    client === null ? await forkInFile(invocation, run, number) : await forkThere(client, invocation, run, number);
  if (invocation.has("json"))
    process.stdout.write(`${toJson({ id: made.id, from: run, after: made.after, again: made.again })}\n`);
  else terminal.print(made.id);
  for (const what of made.again) terminal.warn(`${what} was not answered yet: the new run asks for it itself`);
  return EXIT.done;
}

interface Forked {
  readonly id: string;
  readonly after: number;
  readonly again: readonly string[];
}

async function forkInFile(invocation: Invocation, run: string, number: number): Promise<Forked> {
  const id = invocation.value("id") ?? randomUUID();
  checkId(id);
  await using store = await openStore(invocation);
  const how = { number, id, isolation: isolationIn(invocation), warn: () => {} };
  const { at, again } = await forkHere(store, run, how);
  return { id, after: at, again };
}

/** By the daemon that owns the store: it drives the new run from then on. */
async function forkThere(client: DaemonClient, invocation: Invocation, run: string, number: number): Promise<Forked> {
  const body = { number, id: invocation.value("id") };
  return (await askRun(client, "POST", run, "/fork", { body })) as unknown as Forked;
}
