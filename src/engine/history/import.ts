/**
 * Runs from a file that may come from anybody, into a store.
 *
 *   I1  Nothing of the file is trusted. Grants are those that are given here; states of the VM and of instances are dropped;
 *       what names other runs names only runs of the same file.
 *   I2  The program is that of the file, checked and compiled here, with the packages that are here: their digests must be
 *       those that the run began with.
 *   I3  Every log is played back before anything is written (RULE 5): the program must go the way that it tells, and every
 *       answer must be of the type that the program expects.
 *   I4  All runs of the file are made in one commit, or none.
 */
import { Fault } from "../../fault.ts";
import { encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Entry, EntryOf } from "../../journal/entry/entry.ts";
import type { NewRun, RunHeader, Store } from "../../journal/store.ts";
import { blobsOf } from "./payloads.ts";
import { ValueBytes } from "../durable/value-bytes.ts";
import { checkId } from "../executor/names.ts";
import { checkAnswers } from "./check-answers.ts";
import { checkLog } from "./check-log.ts";
import { withoutState } from "./export.ts";
import { idTaken } from "./fork.ts";
import { whyNot } from "./history.ts";
import { Log } from "./log.ts";
import type { Logged } from "./log.ts";
import type { Portable, PortableRun } from "./portable.ts";
import type { Readable } from "./typed.ts";

export interface ImportRequest {
  /** The program of the file's START, loaded with the grants below. */
  readonly readable: Readable;
  /** I1 */
  readonly grants: readonly string[];
  /** What the run is called here; its own id unless given. */
  readonly id?: string | undefined;
  /** The file of its program, where its packages are found beside. */
  readonly file: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What the first run of a file began with. @throws {Fault} `import-invalid` */
export function startIn({ runs, blobs }: Portable): EntryOf<"START"> {
  const [first] = runs;
  const start = first?.entries[0];
  if (first === undefined || start?.kind !== "START") throw invalid("its run has no beginning");
  const program = start.program instanceof Uint8Array ? start.program : blobs.get(start.program.digest);
  return { ...start, program: program ?? new Uint8Array() };
}

/**
 * Gives the id of the run; whoever resumes it drives it.
 *
 * @throws {Fault} `import-invalid`, `id-taken`, `bad-id`, `diverged` (I2, I3)
 */
export async function importRun(store: Store, portable: Portable, request: ImportRequest): Promise<string> {
  const renamed = runsFor(portable, request);
  for (const { id } of renamed) {
    checkId(id);
    if ((await store.header(id)) !== undefined) throw idTaken(id);
  }
  const { readable } = request;
  const logs = renamed.map((run) => logOf(run, portable.blobs, request));
  for (const log of logs) {
    checkLog(log, readable, new ValueBytes(readable.program.ir));
    const refused = whyNot(log, readable);
    if (refused !== null) throw new Fault("diverged", `The run ${log.header.id} cannot be imported: ${refused}`);
  }
  for (const log of logs) await checkAnswers(log, logs, readable);
  return await write(store, renamed, portable, request);
}

/** I4 */
async function write(
  store: Store,
  runs: readonly PortableRun[],
  portable: Portable,
  request: ImportRequest,
): Promise<string> {
  const [first] = runs;
  const made = runs.map(({ id, entries, parent }) => {
    const { ir } = startOf(entries);
    const run: NewRun = {
      id,
      name: request.file,
      created: request.now,
      ir,
      queue: "",
      priority: 0,
      parent,
      entries: entries.map(encodeEntry),
    };
    const created = store.create(run);
    for (const { digest } of entries.flatMap(blobsOf)) store.keep(id, portable.blobs.get(digest) as Uint8Array);
    return created;
  });
  const created = await Promise.all(made);
  const taken = runs[created.indexOf(false)];
  if (taken !== undefined) throw idTaken(taken.id);
  for (const { id, entries } of runs) await settle(store, id, entries, request.now);
  for (const { id } of runs) await store.close(id);
  return first?.id ?? "";
}

/** One that has ended says so. */
async function settle(store: Store, id: string, entries: readonly Entry[], at: number): Promise<void> {
  const end = entries.find(({ kind }) => kind === "END");
  if (end?.kind !== "END") return;
  await store.open(id);
  const note: Entry = { kind: "NOTE", what: "imported", at, text: "" };
  await store.flushed(id, store.append(id, [encodeEntry(note)], { state: end.ending }));
  await store.close(id);
}

/** As they are to be kept (I1). */
function runsFor({ runs }: Portable, { grants, id, now }: ImportRequest): readonly PortableRun[] {
  const [first, ...others] = runs;
  if (first === undefined) throw invalid("there is no run in it");
  if (id !== undefined && id !== first.id && others.length > 0) {
    throw new Fault("import-refused", `The run ${first.id} has spawned others, which are named after it`, {
      hint: "Import it without `--id`",
    });
  }
  return runs.map((run) => {
    const name = run === first ? (id ?? run.id) : run.id;
    const entries = run.entries.map((entry): Entry => {
      if (entry.kind !== "START") return withoutState(entry, now);
      return { ...entry, grants, parent: run === first ? [] : entry.parent };
    });
    return { ...run, id: name, parent: run === first ? null : run.parent, entries: named(entries, run.id) };
  });
}

/** Its effects are named after the run that it was; and it can be told from one that was here from the beginning. */
function named(entries: readonly Entry[], was: string): readonly Entry[] {
  const root = entries.find((entry) => entry.kind === "FORK")?.root ?? was;
  const end = entries.findIndex(({ kind }) => kind === "END");
  const at = end < 0 ? entries.length : end;
  return [...entries.slice(0, at), { kind: "FORK", root, of: was, at }, ...entries.slice(at)];
}

function logOf({ id, parent, entries }: PortableRun, blobs: Portable["blobs"], { file, now }: ImportRequest): Log {
  const logged = entries.map((entry, at): Logged => ({ lsn: at + 1, at: now, entry: whole(entry, blobs) }) as Logged);
  const header: RunHeader = {
    id,
    state: "running",
    name: file,
    created: now,
    updated: now,
    wake: null,
    reason: "",
    ir: startOf(entries).ir,
    queue: "",
    key: "",
    priority: 0,
    parent,
    snap: 0,
    durable: entries.length,
  };
  return new Log(header, logged);
}

function whole(entry: Entry, blobs: Portable["blobs"]): Entry {
  const fields = Object.entries(entry).map(([name, field]: [string, unknown]) => {
    const [blob] = blobsOf({ field } as unknown as Entry);
    return [name, blob === undefined ? field : blobs.get(blob.digest)];
  });
  return Object.fromEntries(fields) as unknown as Entry;
}

function startOf([first]: readonly Entry[]): EntryOf<"START"> {
  if (first?.kind === "START") return first;
  throw invalid("a run has no beginning");
}

export function invalid(why: string): Fault {
  return new Fault("import-invalid", `The file cannot be imported: ${why}`);
}
