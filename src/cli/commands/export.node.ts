/** `sennit export`: a run as one file, on standard output. */
import { hash } from "node:crypto";
import { once } from "node:events";
import { Fault } from "../../fault.ts";
import { exportRun } from "../../engine/history/export.ts";
import { writePortable } from "../../engine/history/portable.ts";
import { readSqlite } from "../../journal/sqlite-reader.node.ts";
import type { Invocation } from "../arguments.ts";
import { storeIn } from "../store-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import { onlyRun } from "./own-store.node.ts";

export async function exportCommand(invocation: Invocation): Promise<number> {
  const id = onlyRun(invocation);
  if (process.stdout.isTTY) {
    throw new Fault("usage", "An exported run is no text", { hint: `Write \`sennit export ${id} > FILE\`` });
  }
  using store = readSqlite(storeIn(invocation));
  const portable = await exportRun(store, id);
  for (const piece of writePortable(portable, sha256)) {
    if (!process.stdout.write(piece)) await once(process.stdout, "drain");
  }
  return EXIT.done;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return hash("sha256", bytes, "buffer");
}
