/** `sennit import`: a run from a file that may come from anybody. What it may do is what is granted here. */
import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { bringIn } from "../../engine/history/bring.node.ts";
import { PORTABLE_LIMITS } from "../../engine/history/portable.ts";
import { ProgramRefused } from "../../engine/embedding/refused.ts";
import type { DaemonClient } from "../../daemon/client.node.ts";
import { openSqlite } from "../../journal/sqlite/sqlite-store.node.ts";
import type { Invocation } from "../arguments.ts";
import { daemonOf } from "../daemon-client.node.ts";
import { isolationIn } from "../isolation.ts";
import { toJson } from "../json.ts";
import { storeOf } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

interface Imported {
  readonly id: string;
  readonly runs: number;
  /** Its program's. */
  readonly file: string;
}

export async function importCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [path, more] = invocation.positionals;
  if (path === undefined || more !== undefined) {
    throw new Fault("usage", "`sennit import` needs one file", { hint: invocation.command.usage });
  }
  const client = await daemonOf(invocation, terminal);
  const bytes = await bytesOf(path);
  const made = client === null ? await here(bytes, invocation, terminal) : await there(client, bytes, invocation);
  if (invocation.has("json")) process.stdout.write(`${toJson(made)}\n`);
  else terminal.print(made.id);
  return EXIT.done;
}

/** Into the file of the store. */
async function here(bytes: Uint8Array, invocation: Invocation, terminal: Terminal): Promise<Imported> {
  const beside = storeOf(invocation);
  try {
    const { id, made, file } = await bringIn({
      bytes,
      beside,
      grants: invocation.values("grant"),
      id: invocation.value("id"),
      file: invocation.value("file"),
      isolation: isolationIn(invocation),
      warn: (line) => terminal.warn(line),
      withStore: async (work) => {
        await using store = await openSqlite(beside);
        return await work(store);
      },
    });
    return { id, runs: made.length, file };
  } catch (thrown) {
    if (thrown instanceof ProgramRefused) terminal.diagnostics(thrown.diagnostics);
    throw thrown;
  }
}

/** By the daemon that owns the store: it drives the run from then on. */
async function there(client: DaemonClient, bytes: Uint8Array, invocation: Invocation): Promise<Imported> {
  if (invocation.has("isolation")) {
    throw new Fault("usage", "`--isolation` is for a store of this process, and not of a daemon");
  }
  const [id, file] = [invocation.value("id"), invocation.value("file")];
  const query = new URLSearchParams({ grants: toJson(invocation.values("grant")) });
  if (id !== undefined) query.set("id", id);
  if (file !== undefined) query.set("file", resolve(file));
  return (await client.ask("POST", `/v1/import?${query.toString()}`, { bytes })) as unknown as Imported;
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
