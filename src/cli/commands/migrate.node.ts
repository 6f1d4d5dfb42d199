/**
 * `sennit migrate`: a live run goes on with another version of its program, here or in the daemon that owns the store. Exit 1
 * when it was not moved, or would not be.
 */
import { Fault } from "../../fault.ts";
import type { VerdictData } from "../../daemon/run-data.ts";
import { verdictData } from "../../daemon/run-data.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import type { MigrateRequest } from "../../engine/executor/executor.ts";
import { loadProgram } from "../../engine/load/load.node.ts";
import type { Loaded } from "../../engine/load/load.node.ts";
import { ProgramRefused } from "../../engine/embedding/refused.ts";
import { migrate } from "../../engine/trial/migrate.ts";
import { Migration } from "../../engine/trial/migration.ts";
import type { RunVerdict } from "../../engine/trial/upgrade.ts";
import type { Store } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { askRun, daemonOf } from "../daemon-client.node.ts";
import { harmless } from "../harmless.ts";
import { isolationIn } from "../isolation.ts";
import { toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { openStore, unknownRun } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { told } from "./against-runs.node.ts";

export async function migrateCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [id, file, more] = invocation.positionals;
  if (id === undefined || file === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit migrate` needs the id of one run and one file", {
      hint: invocation.command.usage,
    });
  }
  const by = invocation.value("with");
  const request = {
    source: await readProgram(file),
    migration: by === undefined ? undefined : { file: by, source: await readProgram(by) },
    restart: invocation.has("restart"),
    dry: invocation.has("dry-run"),
  };
  if (request.restart && by === undefined) {
    throw new Fault("usage", "`--restart` needs a migration that gives the params: `--with FILE`");
  }
  const client = await daemonOf(invocation, terminal);
  const runs =
    client === null
      ? (await migrateHere(id, request, invocation, terminal)).map(verdictData)
      : ((await askRun(client, "POST", id, "/migrate", { body: request }))["runs"] as readonly VerdictData[]);
  return tell(runs, request, invocation);
}

async function migrateHere(
  id: string,
  { source, migration: by, dry, restart }: MigrateRequest,
  invocation: Invocation,
  terminal: Terminal,
): Promise<readonly RunVerdict[]> {
  await using store = await openStore(invocation);
  const migration = by === undefined ? null : new Migration(by.file, by.source);
  const load = (text: string): Promise<Extract<Loaded, { ok: true }>> => loaded(store, id, text, invocation, terminal);
  const { program, checked } = await load(source);
  await using next = program;
  if (migration === null) return await migrate(store, next, source, id, { checked, dry });
  const old = await load(new TextDecoder().decode((await startOf(store, id)).program as Uint8Array));
  await using before = old.program;
  void before;
  return await migrate(store, next, source, id, { checked, dry, restart, rewrite: { migration, old } });
}

/** The caller disposes it. */
async function loaded(
  store: Store,
  id: string,
  text: string,
  invocation: Invocation,
  terminal: Terminal,
): Promise<Extract<Loaded, { ok: true }>> {
  const header = await store.header(id);
  if (header === undefined) throw unknownRun(id);
  const found = await loadProgram({
    file: header.name, // where it is looked for when it is taken up: its packages, too
    text,
    grants: (await startOf(store, id)).grants,
    besideVm: false,
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
  });
  if (!found.ok) throw new ProgramRefused(found.diagnostics);
  return found;
}

function tell(runs: readonly VerdictData[], { dry = false }: MigrateRequest, invocation: Invocation): number {
  const goesOn = runs.every(({ verdict }) => verdict === "continues");
  const isMoved = goesOn && !dry;
  if (invocation.has("json")) {
    process.stdout.write(`${toJson({ moved: isMoved, runs })}\n`);
  } else {
    const lines = runs.flatMap((run) => [
      `${isMoved ? "moved" : run.verdict}  ${run.id}: ${run.begins === undefined ? told(run) : "it begins afresh"}`,
      ...(run.begins ?? []).map(({ name, after }) => `  ${name} = ${after}`),
      ...(run.rewritten ?? []).map(
        ({ name, before, after }) => `  ${name} = ${after}  (${before ?? "unassigned"} before)`,
      ),
    ]);
    process.stdout.write(harmless(`${lines.join("\n")}\n${isMoved ? "" : "\nNothing was moved.\n"}`));
  }
  return goesOn ? EXIT.done : EXIT.failed;
}
