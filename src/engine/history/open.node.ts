/**
 * The program of a run, to look into what the run did.
 *
 *   O1  It is loaded with the grants that the run has, and nothing of them is used: a playing back does nothing outside.
 *   O2  What keeps it from being loaded is told, and is no failure: the log can be looked at without it.
 */
import { Fault } from "../../fault.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import { loadProgram } from "../load/load.node.ts";
import type { Loaded } from "../load/load.node.ts";
import { here } from "../durable/log/payload.ts";
import { readLog } from "./log.ts";
import type { Kept, Log } from "./log.ts";
import { whyNot } from "./history.ts";

export interface OpenOptions {
  readonly isolation?: IsolationLevel | undefined;
  readonly warn: (text: string) => void;
}

export type Opened =
  /** The caller disposes the program. */
  | { readonly loaded: Extract<Loaded, { readonly ok: true }>; readonly why: null }
  | { readonly loaded: null; readonly why: string };

/** O2 */
export async function openProgramOf(store: Kept, log: Log, { isolation, warn }: OpenOptions): Promise<Opened> {
  const { program, grants } = log.start.entry;
  try {
    const loaded = await loadProgram({
      file: await fileOf(store, log),
      text: new TextDecoder().decode(here(program)),
      grants,
      isolation,
      besideVm: false,
      warn,
    });
    if (!loaded.ok) return { loaded: null, why: loaded.diagnostics[0]?.title ?? "its program has mistakes" };
    const why = whyNot(log, loaded);
    if (why === null) return { loaded, why: null };
    await loaded.program[Symbol.asyncDispose]();
    return { loaded: null, why };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { loaded: null, why: thrown.message };
  }
}

/** A child is called after its workflow: the file is that of the run that was begun by itself. */
export async function fileOf(store: Kept, log: Log): Promise<string> {
  let { header, start } = log;
  for (let parent = start.entry.parent[0]; parent !== undefined; parent = start.entry.parent[0]) {
    const above = await store.header(parent);
    if (above === undefined) break;
    ({ header, start } = await readLog(store, parent));
  }
  return header.name;
}
