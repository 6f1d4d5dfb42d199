/** `sennit store`: looks after the file that keeps runs. Nothing is cut or copied over without being asked for. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { removeUnused } from "../../engine/history/unpack.node.ts";
import { readSqlite } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { Problem } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { daemonOf } from "../daemon-client.node.ts";
import { harmless } from "../harmless.ts";
import { toJson } from "../json.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { openStore, storeIn, unknownRun } from "../store-file.node.ts";

export async function verifyCommand(invocation: Invocation): Promise<number> {
  const [id, more] = invocation.positionals;
  if (more !== undefined) throw usage(invocation, "takes one run, or none for all");
  using store = readSqlite(storeIn(invocation));
  if (id !== undefined && (await store.header(id)) === undefined) throw unknownRun(id);
  const problems = await store.verify(id);
  if (invocation.has("json")) process.stdout.write(`${toJson(problems)}\n`);
  else if (problems.length === 0) process.stdout.write("sound\n");
  else process.stdout.write(problems.map((problem) => `${harmless(told(problem))}\n`).join(""));
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}

export async function cutCommand(invocation: Invocation): Promise<number> {
  const id = only(invocation, "needs the id of one run");
  const [problem, durable] = await problemOf(storeIn(invocation), id);
  if (problem === undefined) {
    process.stdout.write("sound: there is nothing to cut\n");
    return EXIT.done;
  }
  const lost = `entries ${problem.sound + 1} to ${Math.max(durable, problem.sound + 1)}`;
  if (!invocation.has("yes")) {
    process.stdout.write(`${harmless(told(problem))}\n${lost} would be cut off; --yes does it\n`);
    return EXIT.failed;
  }
  await using store = await openStore(invocation);
  await store.cut(id, problem.sound);
  process.stdout.write(`${lost} are cut off\n`);
  return EXIT.done;
}

export async function backupCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const path = resolve(only(invocation, "needs the file to write"));
  if (existsSync(path)) {
    throw new Fault("file-exists", `${path} is there already`, { hint: "Name a new file: nothing is written over." });
  }
  const daemon = await daemonOf(invocation, terminal);
  if (daemon !== null) {
    await daemon.ask("POST", "/v1/backup", { body: { path } });
    return EXIT.done;
  }
  await using store = await openStore(invocation);
  await store.backup(path);
  return EXIT.done;
}

export async function vacuumCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  await using store = await openStore(invocation);
  const unused = await removeUnused(store, storeIn(invocation), Date.now());
  terminal.print(`${(await store.vacuum()).toLocaleString("en")} bytes given back`);
  if (unused > 0)
    terminal.print(`${unused} ${unused === 1 ? "folder" : "folders"} of packages that no run needs removed`);
  return EXIT.done;
}

async function problemOf(path: string, id: string): Promise<readonly [Problem | undefined, number]> {
  using store = readSqlite(path);
  const header = await store.header(id);
  if (header === undefined) throw unknownRun(id);
  const [problem] = await store.verify(id);
  return [problem, header.durable];
}

function told({ sound, text }: Problem): string {
  return `${text}; up to entry ${sound} it is sound`;
}

function only(invocation: Invocation, what: string): string {
  const [name, more] = invocation.positionals;
  if (name !== undefined && more === undefined) return name;
  throw usage(invocation, what);
}

function usage({ command }: Invocation, what: string): Fault {
  return new Fault("usage", `\`sennit ${command.name}\` ${what}`, { hint: command.usage });
}
