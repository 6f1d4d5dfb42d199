/**
 * Moving a live run to another version of its program.
 *
 *   M1  Only a run all of whose log plays back under the new version is moved (upgrade.ts), and with it all that it spawned
 *       and that has not ended: they go on with one program.
 *   M2  What is moved is durable for all of them or refused for all; nothing of a log is changed, an entry is added.
 *   M3  A migration rewrites variables of the run itself, where it is now, and is part of that entry. The same one given
 *       again before the run went on, as after a crash, is not applied twice.
 *   M4  A run begins afresh once with one migration and one program (restart.ts): whoever did not hear that it did asks again.
 */
import { Fault } from "../../fault.ts";
import { encodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Payload } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import type { CheckedProgram } from "../../lang/typed.ts";
import { changedSince, packagesOf } from "../durable/durable-run.ts";
import { effectiveStart, lastMove, moveEntry, restartIn, rewritingsIn, sinceRestart } from "../durable/moved-run.ts";
import type { MoveMap, Restart } from "../durable/moved-run.ts";
import type { Rewriting } from "../durable/rewrites.ts";
import { payloadOf } from "../durable/log/payload.ts";
import type { Numbered } from "../durable/log/recorded.ts";
import type { Readable } from "../history/typed.ts";
import type { LoadedProgram } from "../load/loaded.ts";
import { dryRun } from "./dry-run.ts";
import type { Migration } from "./migration.ts";
import { afresh } from "./restart.ts";
import { planned } from "./rewriting.ts";
import type { Planned } from "./rewriting.ts";
import { logOf } from "./trial.ts";
import { judged } from "./upgrade.ts";
import type { Judged, RunVerdict } from "./upgrade.ts";

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

export interface MigrateOptions {
  /** Names the new program's variables: needed for a run whose variables were or are rewritten. */
  readonly checked?: CheckedProgram | undefined;
  /** `old` is the program that the run goes on with up to now. */
  readonly rewrite?: { readonly migration: Migration; readonly old: Readable } | undefined;
  /** It begins afresh with params that the migration gives, whatever it did before: `rewrite` is needed. */
  readonly restart?: boolean | undefined;
  /** Only tells what would happen. */
  readonly dry?: boolean | undefined;
}

/**
 * Moves a run and its children. Gives what was judged of each; they were moved when all of them continue.
 *
 * @throws {ProgramRefused} for a migration that does not fit @throws {Fault} `unknown-run`, `run-ended`, `migration-refused`
 */
export async function migrate(
  store: Store,
  program: LoadedProgram,
  source: string,
  id: string,
  { checked, rewrite, restart = false, dry = false }: MigrateOptions = {},
): Promise<readonly RunVerdict[]> {
  if (restart) return [await restarted(store, program, source, id, rewrite, dry)];
  const all: (Judged & { readonly run: RunHeader })[] = [];
  for (const run of await family(store, id)) {
    all.push({ run, ...(await judged(program, run, await logOf(store, run.id), checked)) });
  }
  const verdicts: RunVerdict[] = all.map(({ run, verdict }) => ({ run, verdict }));
  const [root] = all;
  if (root === undefined || !verdicts.every(({ verdict }) => verdict.kind === "continues")) return verdicts;
  const made = rewrite === undefined ? null : await rewriting(root, { program, checked }, rewrite);
  if (made !== null) verdicts[0] = { ...(verdicts[0] as RunVerdict), rewritten: made.shown };
  if (dry) return verdicts;
  const by = rewrite?.migration.digest ?? "";
  const added: readonly Rewriting[] = made === null ? [] : [{ at: 0, by, variables: made.variables }];
  for (const { run, map } of all.toReversed()) {
    const to = map as MoveMap;
    const isRoot = run === root.run;
    await move(store, program, source, run, isRoot ? { ...to, rewritings: [...to.rewritings, ...added] } : to);
  }
  return verdicts;
}

/** M4 */
async function restarted(
  store: Store,
  program: LoadedProgram,
  source: string,
  id: string,
  rewrite: MigrateOptions["rewrite"],
  dry: boolean,
): Promise<RunVerdict> {
  const [run, child] = await family(store, id);
  if (run === undefined || rewrite === undefined) throw new Fault("usage", "A new beginning needs a migration");
  if (child !== undefined) throw new Fault("restart-refused", `${id} cannot begin afresh: ${child.id} has not ended`);
  const log = await logOf(store, id);
  if ((log[1]?.lsn ?? 2) > 2) throw new Fault("restart-refused", `${id}: what it did first was forgotten`);
  const verdict = { kind: "continues", waiting: [] } as const;
  const before = restartIn(log);
  if (isBegun(log, before, program, rewrite.migration)) return { run, verdict, begins: [] };
  refuseOther(rewrite.old.program, log);
  const { end } = await dryRun(rewrite.old.program, id, log);
  if (end.kind !== "live") throw notThere(run);
  const lives = log.filter(({ entry }) => entry.kind === "MIGRATE").length + 1;
  const old = { readable: rewrite.old, machine: end.machine };
  const parts = { entries: sinceRestart(log), waiting: end.waiting, lives };
  const made = afresh(run, rewrite.migration, old, program, parts);
  const map = { function: 0, rewritings: [], restart: made.restart };
  if (!dry) await move(store, program, source, run, map);
  return { run, verdict, begins: made.shown };
}

/** M4 */
function isBegun(
  log: readonly Numbered[],
  before: Restart | null,
  program: LoadedProgram,
  { digest }: Migration,
): boolean {
  return before?.by === digest && lastMove(log)?.entry.ir === irDigest(program.ir);
}

/** A run that can be moved, and those that it spawned, and they, as far as they have not ended. */
export async function family(store: Pick<Store, "header" | "list">, id: string): Promise<readonly RunHeader[]> {
  const run = await store.header(id);
  if (run === undefined) throw new Fault("unknown-run", `The store has no run ${id}`);
  if (ENDED.has(run.state)) throw new Fault("run-ended", `The run ${id} has ended: it is ${run.state}`);
  if (run.parent !== null) {
    throw new Fault("usage", `${id} was spawned by ${run.parent}`, { hint: `Move ${run.parent}: it takes this along` });
  }
  const below = await store.list({ prefix: `${id}.`, limit: 100_000 });
  const known = new Set([id]);
  const found = [run];
  for (const each of below.toSorted((a, b) => a.id.length - b.id.length)) {
    if (each.parent === null || !known.has(each.parent)) continue;
    known.add(each.id);
    if (!ENDED.has(each.state)) found.push(each);
  }
  return found;
}

/** M3. Null: it was rewritten already. @throws {Fault} `migration-refused` @throws {ProgramRefused} */
async function rewriting(
  { run, entries, map, machine }: Judged & { readonly run: RunHeader },
  { program, checked }: { readonly program: LoadedProgram; readonly checked: CheckedProgram | undefined },
  { migration, old }: NonNullable<MigrateOptions["rewrite"]>,
): Promise<Planned | null> {
  if (checked === undefined) throw new Fault("migration-refused", "The variables of the new version are not known");
  if (isRepeated(entries, program, migration)) return null;
  refuseOther(old.program, entries);
  const { end } = await dryRun(old.program, run.id, entries);
  if (end.kind !== "live" || machine === null || map === null) throw notThere(run);
  const made = planned(migration, { readable: old, machine: end.machine }, { readable: { program, checked }, machine });
  await tryOut(run, program, entries, map, made);
  return made;
}

function isRepeated(entries: readonly Numbered[], program: LoadedProgram, { digest }: Migration): boolean {
  const move = lastMove(entries);
  const last = move === null ? undefined : rewritingsIn(entries).at(-1);
  if (move?.entry.ir !== irDigest(program.ir) || last?.by !== digest) return false;
  return !entries.some(({ lsn, entry }) => lsn > last.at && FURTHER.has(entry.kind));
}

const FURTHER: ReadonlySet<string> = new Set(["DLV", "CB", "CANCEL"]);

/** Its variables are read as they were: of a package of another version, calls that were not recorded could give others. */
function refuseOther(old: LoadedProgram, entries: readonly Numbered[]): void {
  const changed = changedSince(effectiveStart(entries), old);
  if (changed === null) return;
  throw new Fault("migration-refused", `The variables cannot be read: the version of ${changed} is not there`, {
    hint: "Put it back, or move the run without a migration",
  });
}

function notThere({ id }: RunHeader): Fault {
  return new Fault("migration-refused", `The variables of ${id} cannot be read: its last step was cut off`, {
    hint: "Take it up once more with the version that it goes on with, and try again",
  });
}

/** What would be written is played back once. */
async function tryOut(
  { id }: RunHeader,
  program: LoadedProgram,
  entries: readonly Numbered[],
  map: MoveMap,
  { variables }: Planned,
): Promise<void> {
  const at = (entries.at(-1)?.lsn ?? 0) + 1;
  const rewritings = [...map.rewritings, { at, by: "", variables }];
  const { end } = await dryRun(program, id, entries, { ...map, rewritings });
  if (end.kind !== "live") throw new Fault("migration-refused", `${id} does not go on with the variables so rewritten`);
}

/** M2: children first, so that a parent is never ahead of them. Resolves when it is durable. */
async function move(store: Store, program: LoadedProgram, source: string, run: RunHeader, to: MoveMap): Promise<void> {
  await store.open(run.id);
  try {
    const put = (bytes: Uint8Array): Payload => payloadOf(bytes, (large) => store.keep(run.id, large));
    const ir = irDigest(program.ir);
    const text = put(new TextEncoder().encode(source));
    const entry = moveEntry({ ir, program: text, packages: packagesOf(program) }, to, put);
    const isDriven = run.state === "parked" || (to.restart?.at === 0 && run.state === "waiting");
    const change = isDriven ? { ir, state: "running" as const, reason: "", wake: null } : { ir };
    await store.flushed(run.id, store.append(run.id, [encodeEntry(entry)], change));
  } finally {
    await store.close(run.id);
  }
}
