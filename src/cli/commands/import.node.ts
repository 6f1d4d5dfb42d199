/** `sennit import`: a run from a file that may come from anybody. What it may do is what is granted here. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { importRun, startIn } from "../../engine/history/import.ts";
import { PORTABLE_LIMITS, readPortable } from "../../engine/history/portable.ts";
import { loadProgram } from "../../engine/load.node.ts";
import { ProgramRefused } from "../../engine/refused.ts";
import { openSqlite } from "../../journal/sqlite-store.node.ts";
import type { Invocation } from "../arguments.ts";
import { daemonOf } from "../daemon-client.node.ts";
import { isolationIn } from "../isolation.ts";
import { toJson } from "../json.ts";
import { storeOf } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { sha256 } from "./export.node.ts";

export async function importCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [path, more] = invocation.positionals;
  if (path === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit import` needs one file", { hint: invocation.command.usage });
  }
  if ((await daemonOf(invocation, terminal)) !== null) {
    throw new Fault("daemon-owns", "A daemon owns this store", {
      hint: "`sennit daemon stop` first; it drives the run once it is started again",
    });
  }
  const portable = readPortable(await bytesOf(path), sha256);
  const start = startIn(portable);
  const file = resolve(invocation.value("file") ?? portable.runs[0]?.name ?? "");
  const grants = invocation.values("grant");
  const loaded = await loadProgram({
    file,
    text: textOf(start.program as Uint8Array),
    functions: {},
    wit: undefined,
    grants,
    isolation: isolationIn(invocation),
    besideVm: false,
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) {
    terminal.diagnostics(loaded.diagnostics);
    throw new ProgramRefused(loaded.diagnostics);
  }
  await using program = loaded.program;
  void program;
  await using store = await openSqlite(storeOf(invocation));
  const id = invocation.value("id");
  const made = await importRun(store, portable, { readable: loaded, grants, id, file, now: Date.now() });
  if (invocation.has("json")) process.stdout.write(`${toJson({ id: made, runs: portable.runs.length })}\n`);
  else terminal.print(made);
  return EXIT.done;
}

/** A device or a pipe has no size: nothing is read that could go on for ever. @throws {Fault} */
async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    await using file = await open(path);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Fault("file-not-found", `${path} is no file`);
    if (stat.size > PORTABLE_LIMITS.bytes) throw new Fault("limit-exceeded", `${path} is larger than a run may be`);
    return await file.readFile();
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("file-not-found", `${path} cannot be read: ${String(cause)}`, { cause });
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Fault("import-invalid", "The file cannot be imported: its program is no text");
  }
}
