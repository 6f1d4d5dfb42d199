/** Operations on what runs did: a fork, a run as a file, and a run from one. */
import { randomUUID } from "node:crypto";
import { dirname, isAbsolute } from "node:path";
import { Fault } from "../fault.ts";
import { checkId } from "../engine/executor/names.ts";
import { bringIn } from "../engine/history/bring.node.ts";
import { exportRun } from "../engine/history/export.ts";
import { forkHere } from "../engine/history/fork.node.ts";
import { withPackages } from "../engine/history/pack-files.node.ts";
import { writePortable } from "../engine/history/portable.ts";
import { sha256 } from "../journal/sqlite/owned.node.ts";
import { data } from "./asked.ts";
import type { Asked, Reply } from "./asked.ts";
import { Fields } from "./fields.ts";
import { readJson } from "./json.ts";

const LONGEST_PATH = 4096;
const MOST_GRANTS = 1000;

export async function fork({ executor, home, param, body }: Asked): Promise<Reply> {
  const fields = new Fields(body);
  const number = fields.integer("number", 1, Number.MAX_SAFE_INTEGER);
  const id = fields.maybeText("id") ?? randomUUID();
  fields.finish();
  checkId(id);
  await executor.show(param("id")); // an unknown run gets its hint
  const { isolation, note } = home;
  const forked = await executor.inStore(async (store) => {
    const made = await forkHere(store, param("id"), { number, id, isolation, warn: note });
    return { ...made, made: [made.id] };
  });
  return data({ id: forked.id, after: forked.at, again: forked.again }, 201);
}

export async function exported({ executor, home, param, query }: Asked): Promise<Reply> {
  const id = param("id");
  const isBare = query.text("packages") !== undefined && !query.flag("packages");
  await executor.show(id);
  const { isolation, note } = home;
  const { portable } = await executor.inStore(async (store) => {
    const runs = await exportRun(store, id);
    return { portable: isBare ? runs : await withPackages(store, runs, { isolation, warn: note }), made: [] };
  });
  return { kind: "bytes", pieces: writePortable(portable, sha256) };
}

export async function imported({ executor, home, query, upload }: Asked): Promise<Reply> {
  const file = query.text("file");
  if (file !== undefined && (!isAbsolute(file) || file.includes("\0") || file.length > LONGEST_PATH)) {
    throw new Fault("bad-request", "`file` is no absolute path");
  }
  const grants = grantsIn(query.text("grants"));
  const { store: beside, isolation, note: warn } = home;
  const brought = await bringIn({
    bytes: (await upload?.bytes()) ?? new Uint8Array(),
    beside,
    grants,
    id: query.text("id"),
    file,
    folder: dirname(beside),
    isolation,
    warn,
    withStore: (work) => executor.inStore(work),
  });
  return data({ id: brought.id, runs: brought.made.length, file: brought.file }, 201);
}

function grantsIn(text: string | undefined): readonly string[] {
  const grants = text === undefined ? [] : readJson(new TextEncoder().encode(text));
  if (!Array.isArray(grants) || grants.length > MOST_GRANTS || !grants.every((each) => typeof each === "string")) {
    throw new Fault("bad-request", "`grants` is no JSON list of texts");
  }
  return grants;
}
