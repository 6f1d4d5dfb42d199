/** Runs that a store keeps: begun once, taken up as often as it takes (RECOVERY). */
import { Fault } from "../../fault.ts";
import { encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Entry, EntryOf } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { Value } from "../../wit/value.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import type { RunPorts } from "../platform/ports.ts";
import type { RunOptions, RunResult } from "../loop/run-options.ts";
import { execute } from "../loop/run.ts";
import type { ChildStore } from "./children/child-store.ts";
import type { Runs } from "./children/children-here.ts";
import { childrenHere, ENDINGS } from "./children/children-here.ts";
import { fetched, journalOf, readLog } from "./log/loading.ts";
import { lostOf } from "./lost.ts";
import type { LogPort, RunJournal } from "./log/log-port.ts";
import { effectiveStart, readStart } from "./moved-run.ts";
import { payloadOf } from "./log/payload.ts";
import { decodeSnapshot } from "./log/snapshot.ts";
import { endLife, oneLife, refuseParked } from "./taking-up.ts";
import { ValueBytes } from "./value-bytes.ts";

type Start = EntryOf<"START">;

export interface NewDurableRun {
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** The program's text. */
  readonly source: string;
  readonly function: number;
  readonly args: readonly Value[];
  /** 32 bytes. */
  readonly seed: Uint8Array;
  readonly grants: readonly string[];
  /** Milliseconds since the epoch. */
  readonly created: number;
  /** The run that spawned it, and the effect by which. */
  readonly parent?: { readonly run: string; readonly effect: string };
  /** `running` unless given. */
  readonly state?: "queued" | "running";
  readonly queue?: string;
  readonly key?: string;
  readonly priority?: number;
}

/** Makes a run of a program, durably; false when there is one of that id. */
export async function beginRun(store: Store, program: LoadedProgram, run: NewDurableRun): Promise<boolean> {
  const ir = irDigest(program.ir);
  const start: Entry = {
    kind: "START",
    ir,
    program: new TextEncoder().encode(run.source),
    packages: packagesOf(program),
    function: run.function,
    args: new ValueBytes(program.ir).encode([...run.args]),
    seed: run.seed,
    created: run.created,
    parent: run.parent === undefined ? [] : [run.parent.run, run.parent.effect],
    grants: run.grants,
  };
  const { id, name, created, state = "running", queue = "", key = "", priority = 0 } = run;
  const parent = run.parent?.run ?? null;
  const entries = [encodeEntry(start)];
  return await store.create({ id, name, created, ir, state, queue, key, priority, parent, entries });
}

export interface ResumeOptions extends Pick<
  RunOptions,
  "grants" | "signal" | "stop" | "oneByOne" | "keep" | "snapshotAfter"
> {
  /** Who runs the children. Absent: they run here. */
  readonly children?: ChildStore;
  /** It is put to sleep once it has waited so many milliseconds for timers, signals, and children of `children`. Absent: never. */
  readonly sleepAfter?: number;
  /** A parked run is taken up all the same. */
  readonly force?: boolean;
  /** Its log is played back from its beginning, and not from its last snapshot. */
  readonly fromStart?: boolean;
}

/** How a life of a run ended. Asleep: all of it is durable, its header is `waiting`, and nothing of it is left in memory. */
export type Taken = RunResult | { readonly state: "asleep"; readonly wake: number | null };

/**
 * Takes a run up where its log ends, and runs it to its end, or until it sleeps; one that has ended gives its result again.
 *
 * @throws {Fault} `unknown-run`, `stopped`, `parked`, `store-lost`; and, with the run parked, `diverged`, `quarantined`,
 *   `run-too-large` or what else keeps it from going on
 */
export async function resumeRun(
  store: Store,
  program: LoadedProgram,
  id: string,
  ports: RunPorts,
  options: ResumeOptions & { readonly sleepAfter?: never },
): Promise<RunResult>;
export async function resumeRun(
  store: Store,
  program: LoadedProgram,
  id: string,
  ports: RunPorts,
  options: ResumeOptions,
): Promise<Taken>;
export async function resumeRun(
  store: Store,
  program: LoadedProgram,
  id: string,
  ports: RunPorts,
  options: ResumeOptions,
): Promise<Taken> {
  for (;;) {
    const taken = await takeUp(store, program, id, ports, options);
    if (taken === "again") continue;
    if (taken !== "asleep") return taken;
    const header = await store.header(id);
    if (header === undefined || !(await hasCome(store, header, options.signal)))
      return { state: "asleep", wake: header?.wake ?? null };
  }
}

/** One life of a run. */
async function takeUp(
  store: Store,
  program: LoadedProgram,
  id: string,
  ports: RunPorts,
  options: ResumeOptions,
): Promise<RunResult | "asleep" | "again"> {
  const header = await store.open(id);
  const { force = false } = options;
  try {
    refuseParked(header, force);
    using losing = lostOf(store);
    const port = portOf(store, id, losing.lost);
    try {
      const ir = irDigest(program.ir);
      const journal = await journalOf(store, header, port, ir, options.fromStart === true);
      return await live(store, program, header, ports, { ...options, journal });
    } catch (failure) {
      if (failure instanceof Fault && failure.code === "asleep") return "asleep";
      if (failure instanceof Fault && failure.code === "worker-lost") return "again"; // its log says what became of it
      if (!ENDINGS.has(header.state)) await endLife(port, ports.clock, failure).catch(() => {}); // what is thrown says more
      throw failure;
    }
  } finally {
    await store.close(id).catch(() => {}); // a store that was lost has said so
  }
}

async function live(
  store: Store,
  program: LoadedProgram,
  header: RunHeader,
  ports: RunPorts,
  options: ResumeOptions & { readonly journal: RunJournal },
): Promise<RunResult> {
  const { id } = header;
  const { journal, sleepAfter, force = false } = options;
  const { port, entries } = journal;
  const start = effectiveStart(entries);
  refuseOther(start, program);
  const hasEnded = entries.some(({ entry }) => entry.kind === "END");
  const values = new ValueBytes(program.ir);
  const given = values.decode(start.args as Uint8Array) as readonly Value[];
  const { grants, oneByOne = false } = options;
  const runs: Runs = {
    begin: (run) => beginRun(store, program, run),
    // Whoever takes up a run by hand has decided for the runs that it spawned, too: they run nowhere else.
    resume: (child, signal, stop) => resumeRun(store, program, child, ports, { grants, oneByOne, force, signal, stop }),
  };
  const running = async (): Promise<RunResult> =>
    await executed(program, start.function, given, ports, {
      ...options,
      id,
      seed: start.seed,
      ...(sleepAfter === undefined ? {} : { sleep: { after: sleepAfter, joins: options.children !== undefined } }),
      children: options.children ?? childrenHere({ store, program, id, start, now: ports.clock.now }, runs),
    });
  if (hasEnded) return await running();
  const result = await oneLife(port, header, entries, { clock: ports.clock, force, running });
  await end(port, result, values);
  return result;
}

/** One life of a run, where the program's runs are. */
function executed(
  program: LoadedProgram,
  fn: number,
  args: readonly Value[],
  ports: RunPorts,
  options: RunOptions,
): Promise<RunResult> {
  return program.elsewhere?.run(fn, args, ports, options) ?? execute(program, fn, args, ports, options);
}

/** Whether something came for a run while it fell asleep. */
async function hasCome(store: Store, { id, snap, durable }: RunHeader, cancel?: AbortSignal): Promise<boolean> {
  if (durable > snap) return true;
  if (cancel?.aborted !== true) return false;
  const { entries } = await readLog(store, id, snap, 1);
  const entry = entries[0]?.entry;
  return entry?.kind === "SNAP" && !decodeSnapshot(await fetched(store, entry.state)).isCancelled;
}

function portOf(store: Store, id: string, lost: Promise<Error>): LogPort {
  return {
    append: (entries, change) => store.append(id, entries, change),
    durable: () => store.durable(id),
    flushed: (upto) => store.flushed(id, upto),
    keep: (bytes) => store.keep(id, bytes),
    forget: (below) => store.forget(id, below),
    blob: (digest) => store.blob(digest),
    lost,
    entries: async (from, most) => (await readLog(store, id, from, most)).entries,
    watch: (told) => store.watch((run) => void (run === id && told())),
  };
}

/** Resolves when the end is durable. */
async function end(port: LogPort, result: RunResult, values: ValueBytes): Promise<void> {
  const { state } = result;
  const bytes = values.encode(endOf(result));
  const value = payloadOf(bytes, (large) => port.keep(large));
  await port.flushed(port.append([encodeEntry({ kind: "END", ending: state, value })], { state, wake: null }));
}

function endOf(result: RunResult): Value {
  return result.state === "done" ? result.value : result.state === "failed" ? result.error : null;
}

function refuseOther(start: Start, program: LoadedProgram): void {
  const changed = changedSince(start, program);
  if (changed === null) return;
  throw new Fault("diverged", `This run began with another version of ${changed}`, {
    hint: "Resume it with what it began with, move it to the new version (`sennit migrate`), or start a new run.",
  });
}

/** What of a program is not as a run goes on with it, in a word; null: nothing. */
export function changedSince({ ir, packages }: Pick<Start, "ir" | "packages">, program: LoadedProgram): string | null {
  if (ir !== irDigest(program.ir)) return "its program";
  const now = packagesOf(program);
  const other = packages.findIndex((text, at) => text !== now[at]);
  return other < 0 && packages.length === now.length ? null : (packages[other - (other % 2)] ?? "its packages");
}

export function packagesOf({ packages }: LoadedProgram): readonly string[] {
  return packages.flatMap(({ name, plugin }) => [name, plugin.digest]);
}

/** What a run goes on with. @throws {Fault} `unknown-run`, `journal-invalid` */
export async function startOf(store: Pick<Store, "read" | "blob" | "header">, id: string): Promise<Start> {
  const start = await readStart(store, id);
  return { ...start, program: await fetched(store, start.program) };
}
