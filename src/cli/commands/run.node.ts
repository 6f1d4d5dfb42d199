/** `sennit run`: check, then run; Ctrl-C cancels the run, and its `finally` and `undo` blocks still run. */
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { beginRun } from "../../engine/durable/durable-run.ts";
import { ProgramRefused } from "../../engine/embedding/refused.ts";
import { loadProgram } from "../../engine/load/load.node.ts";
import { paramsFromTexts } from "../../engine/embedding/parameters.ts";
import { runLoaded } from "../../engine/embedding/run-program.node.ts";
import type { RunProgramOptions } from "../../engine/embedding/run-program.node.ts";
import { openSqlite } from "../../journal/sqlite/sqlite-store.node.ts";
import type { Value } from "../../wit/value.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import type { Invocation } from "../arguments.ts";
import { daemonOf } from "../daemon-client.node.ts";
import { Interrupt } from "../interrupt.node.ts";
import { isolationIn } from "../isolation.ts";
import { jsonError, toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { drive } from "./stored-run.node.ts";
import type { Driven } from "./stored-run.node.ts";
import { attend, onlyFile, submitFile } from "./submit.node.ts";

export async function runCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const client = invocation.value("store") === undefined ? null : await daemonOf(invocation, terminal);
  if (client !== null) return await runThere(client, invocation, terminal);
  if (!invocation.has("json")) return await runForPeople(invocation, terminal);
  const output: string[] = [];
  try {
    const result = await runFile(invocation, { onPrint: (line) => output.push(line), terminal });
    process.stdout.write(`${toJson({ ok: true, result, output })}\n`);
    return EXIT.done;
  } catch (failure) {
    if (!(failure instanceof Fault)) throw failure;
    process.stdout.write(`${toJson({ ok: false, error: errorJson(failure), output })}\n`);
    return failure instanceof ProgramRefused ? EXIT.refused : terminal.exitOf(failure);
  }
}

/** By the daemon that owns the store: it goes on there, whatever becomes of this process. Ctrl-C cancels it, as here. */
async function runThere(client: DaemonClient, invocation: Invocation, terminal: Terminal): Promise<number> {
  if (invocation.has("isolation"))
    throw new Fault("usage", "`--isolation` is for a run of this process, and not of the daemon");
  const { id, isNew } = await submitFile(client, invocation);
  if (!isNew) throw runExists(id, invocation.value("store") ?? "");
  terminal.warn(`run ${id}`);
  return await attend(client, id, invocation, terminal, { cancels: true });
}

function runExists(id: string, store: string): Fault {
  return new Fault("run-exists", `There is a run ${id} already`, { hint: `\`sennit resume ${id} --store ${store}\`` });
}

async function runForPeople(invocation: Invocation, terminal: Terminal): Promise<number> {
  try {
    await runFile(invocation, { onPrint: (line) => terminal.print(line), terminal });
    terminal.clearProgress();
    return EXIT.done;
  } catch (failure) {
    if (!(failure instanceof ProgramRefused)) throw failure;
    terminal.diagnostics(failure.diagnostics);
    return EXIT.refused;
  }
}

function errorJson(failure: Fault): unknown {
  if (!(failure instanceof ProgramRefused)) return jsonError(failure);
  const first = failure.diagnostics.find((d) => d.severity === "error");
  if (first === undefined) return jsonError(failure);
  const { source, span } = first.primary;
  return {
    ...jsonError(failure),
    code: first.code,
    message: first.title,
    file: source.name,
    ...source.position(span.start),
  };
}

async function runFile(
  invocation: Invocation,
  { onPrint, terminal }: { onPrint: (line: string) => void; terminal: Terminal },
): Promise<unknown> {
  const file = onlyFile(invocation);
  const store = invocation.value("store");
  if (store === undefined && invocation.value("id") !== undefined) {
    throw new Fault("usage", "`--id` names a run in a store", { hint: "Add `--store FILE`" });
  }
  const text = await readProgram(file);
  const loaded = await loadProgram({
    file,
    text,
    grants: invocation.values("grant"),
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  terminal.diagnostics(loaded.diagnostics);
  const args = paramsFromTexts(program.params, invocation.values("param"));
  using interrupt = new Interrupt();
  const seed = seedOf(invocation);
  if (store !== undefined) {
    const given = { file, text, args, seed, grants: invocation.values("grant"), id: invocation.value("id") };
    return await runStored(store, loaded, given, { signal: interrupt.signal, onPrint, terminal });
  }
  const options: RunProgramOptions = {
    onPrint,
    onEvent: (event) => terminal.event(event),
    signal: interrupt.signal,
    ...(seed === undefined ? {} : { seed }),
  };
  return await runLoaded(program, loaded.opened, loaded.grants, loaded.project.folder, args, options);
}

interface Begun {
  readonly file: string;
  readonly text: string;
  readonly args: readonly Value[];
  readonly seed: Uint8Array | undefined;
  readonly grants: readonly string[];
  readonly id: string | undefined;
}

/** With a journal: what ends this process does not end the run. */
async function runStored(
  path: string,
  loaded: Driven["loaded"],
  { file, text, args, seed = randomBytes(32), grants, id = randomBytes(6).toString("hex") }: Begun,
  how: Pick<Driven, "signal" | "onPrint" | "terminal">,
): Promise<unknown> {
  await using store = await openSqlite(resolve(path));
  const run = { id, name: resolve(file), source: text, function: 0, args, seed, grants, created: Date.now() };
  if (!(await beginRun(store, loaded.program, run))) {
    throw runExists(id, path);
  }
  how.terminal.warn(`run ${id}`);
  return await drive({ store, id, loaded, ...how });
}

function seedOf(invocation: Invocation): Uint8Array | undefined {
  const text = invocation.value("seed");
  if (text === undefined) return undefined;
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw new Fault("usage", "`--seed` takes 64 hex digits");
  return Uint8Array.from(Buffer.from(text, "hex"));
}
