/**
 * A run from a file that may come from anybody, brought into a store of this machine.
 *
 *   B1  What keeps it from being brought in leaves nothing behind: no run, no packages, no store.
 *   B2  Nothing of a program or a package runs for it, but calls of packages without state while the log is played back
 *       (N3 in now-calls.ts): those reach nothing outside, and those that came with the file have a process of their own.
 */
import { resolve } from "node:path";
import { Fault } from "../../fault.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import { sha256 } from "../../journal/sqlite/owned.node.ts";
import type { Store } from "../../journal/store.ts";
import { loadProgram } from "../load/load.node.ts";
import { ProgramRefused } from "../embedding/refused.ts";
import { importRun, invalid, startIn } from "./import.ts";
import { readPortable } from "./portable.ts";
import type { Portable } from "./portable.ts";
import { isSafePath } from "./safe-paths.ts";
import { packagesOf, unpack } from "./unpack.node.ts";

export interface BringRequest {
  readonly bytes: Uint8Array;
  /** Path of the store: what the file has of packages is unpacked beside it. */
  readonly beside: string;
  readonly grants: readonly string[];
  /** The run's own unless given. */
  readonly id?: string | undefined;
  /** Where the program stands, beside which its packages are found. Then those of the file are not looked at. */
  readonly file?: string | undefined;
  /** Where a program stands of which nothing says that, and which came without packages; this process's folder unless given. */
  readonly folder?: string;
  readonly isolation?: IsolationLevel | undefined;
  readonly warn: (line: string) => void;
  /** Lends the store once the program is found right. `work` gives the runs that it made. */
  readonly withStore: (work: (store: Store) => Promise<Made>) => Promise<Made>;
}

export interface Made {
  readonly id: string;
  /** That one, and those that it spawned. */
  readonly made: readonly string[];
}

export interface Brought extends Made {
  /** Where its program stands. */
  readonly file: string;
}

/** @throws {ProgramRefused} @throws {Fault} as `readPortable`, `unpack` and `importRun` */
export async function bringIn(request: BringRequest): Promise<Brought> {
  const { bytes, file, beside } = request;
  const portable = readPortable(bytes, sha256);
  const text = textOf(startIn(portable).program as Uint8Array);
  if (file !== undefined || portable.pack === null) {
    const { folder = "." } = request;
    return await bring(portable, text, resolve(folder, file ?? nameIn(portable)), request);
  }
  const unpacked = await unpack(portable.pack, text, portable.blobs, packagesOf(beside));
  try {
    return await bring(portable, text, unpacked.file, request);
  } catch (thrown) {
    await unpacked.undo(); // B1
    throw thrown;
  }
}

/** No stranger's name leads into another folder, whose project would grant something. */
function nameIn({ runs: [first] }: Portable): string {
  const name = first?.name ?? "";
  if (isSafePath(name) && !name.includes("/")) return name;
  throw new Fault("import-refused", "The file does not say what its program's file is called", {
    hint: "Say where that is to be: `--file PROGRAM`",
  });
}

async function bring(portable: Portable, text: string, file: string, request: BringRequest): Promise<Brought> {
  const { grants, id, isolation, warn, withStore } = request;
  const loaded = await loadProgram({
    file,
    text,
    grants,
    isolation,
    besideVm: false,
    warn,
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  void program;
  const asked = { readable: loaded, grants, id, file, now: Date.now() };
  const made = await withStore(async (store) => {
    const first = await importRun(store, portable, asked);
    return { id: first, made: [first, ...portable.runs.slice(1).map((run) => run.id)] };
  });
  return { ...made, file };
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("its program is no text");
  }
}
