/** `sennit export`: a run as one file. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import { exportRun } from "../../engine/history/export.ts";
import { withPackages } from "../../engine/history/pack-files.node.ts";
import { writePortable } from "../../engine/history/portable.ts";
import type { Portable } from "../../engine/history/portable.ts";
import { sha256 } from "../../journal/sqlite/owned.node.ts";
import { readSqlite } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { Invocation } from "../arguments.ts";
import { isolationIn } from "../isolation.ts";
import { storeIn } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { onlyRun } from "../only-run.ts";

export async function exportCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const id = onlyRun(invocation);
  const out = invocation.value("out");
  if (out === undefined && process.stdout.isTTY) {
    throw new Fault("usage", "An exported run is no text", { hint: `Write \`sennit export ${id} --out FILE\`` });
  }
  using store = readSqlite(storeIn(invocation));
  const runs = await exportRun(store, id);
  const options = { isolation: isolationIn(invocation), warn: (line: string) => terminal.warn(line) };
  const portable = invocation.has("no-packages") ? runs : await withPackages(store, runs, options);
  const pieces = writePortable(portable, sha256);
  if (out !== undefined) {
    await writeNew(resolve(out), pieces);
    terminal.print(`${out}: ${counted(portable)}`);
    return EXIT.done;
  }
  for (const piece of pieces) if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  return EXIT.done;
}

function counted({ runs, pack }: Portable): string {
  const entries = runs.reduce((sum, run) => sum + run.entries.length, 0);
  const some = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
  const packed = pack === null ? "" : `, ${some(pack.packages.length, "package")}`;
  return `${some(runs.length, "run")}, ${entries} entries${packed}`;
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
