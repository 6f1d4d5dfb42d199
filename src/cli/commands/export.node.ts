/** `sennit export`: a run as one file. */
import { hash } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { exportRun } from "../../engine/history/export.ts";
import { writePortable } from "../../engine/history/portable.ts";
import type { Portable } from "../../engine/history/portable.ts";
import { readSqlite } from "../../journal/sqlite-reader.node.ts";
import type { Invocation } from "../arguments.ts";
import { storeIn } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { onlyRun } from "./own-store.node.ts";

export async function exportCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  const out = invocation.value("out");
  if (out === undefined && process.stdout.isTTY) {
    throw new Fault("usage", "An exported run is no text", { hint: `Write \`sennit export ${id} --out FILE\`` });
  }
  using store = readSqlite(storeIn(invocation));
  const portable = await exportRun(store, id);
  const pieces = writePortable(portable, sha256);
  if (out !== undefined) {
    await writeNew(resolve(out), pieces);
    terminal.print(`${out}: ${counted(portable)}`);
    return EXIT.done;
  }
  for (const piece of pieces) if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  return EXIT.done;
}

function counted({ runs }: Portable): string {
  const entries = runs.reduce((sum, run) => sum + run.entries.length, 0);
  return `${runs.length === 1 ? "1 run" : `${runs.length} runs`}, ${entries} entries`;
}

/** @throws {Fault} `file-exists` */
async function writeNew(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  try {
    await writeFile(path, pieces, { flag: "wx" });
  } catch (cause) {
    const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
    if (isThere) throw new Fault("file-exists", `${path} is there already`, { hint: "Name a new file", cause });
    throw new Fault("file-not-written", `${path} cannot be written: ${String(cause)}`, { cause });
  }
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}
