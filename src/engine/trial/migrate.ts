/**
 * Moving a live run to another version of its program.
 *
 *   M1  Only a run all of whose log plays back under the new version is moved (upgrade.ts), and with it all that it spawned
 *       and that has not ended: they go on with one program.
 *   M2  What is moved is durable for all of them or refused for all; nothing of a log is changed, an entry is added.
 */
import { Fault } from "../../fault.ts";
import { Blob } from "../../journal/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { irDigest } from "../../lang/ir/ir-codec.ts";
import { packagesOf, startOf } from "../durable/durable-run.ts";
import { moveEntry } from "../durable/moved-run.ts";
import { LARGE } from "../durable/run-log.ts";
import type { LoadedProgram } from "../loaded.ts";
import { entryPoint, judge } from "./upgrade.ts";
import type { RunVerdict } from "./upgrade.ts";

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

/**
 * Moves a run and its children. Gives what was judged of each; they were moved when all of them continue.
 *
 * @throws {Fault} `unknown-run`, `run-ended`
 */
export async function migrate(
  store: Store,
  program: LoadedProgram,
  source: string,
  id: string,
): Promise<readonly RunVerdict[]> {
  const run = await store.header(id);
  if (run === undefined) throw new Fault("unknown-run", `The store has no run ${id}`);
  if (ENDED.has(run.state)) throw new Fault("run-ended", `The run ${id} has ended: it is ${run.state}`);
  if (run.parent !== null) {
    throw new Fault("usage", `${id} was spawned by ${run.parent}`, { hint: `Move ${run.parent}: it takes this along` });
  }
  const verdicts: RunVerdict[] = [];
  for (const each of [run, ...(await descendants(store, id))]) verdicts.push(await judge(store, program, each));
  if (verdicts.every(({ verdict }) => verdict.kind === "continues")) {
    for (const each of verdicts.toReversed()) await move(store, program, source, each.run);
  }
  return verdicts;
}

/** Runs that it spawned, and they, as far as they have not ended. */
async function descendants(store: Store, id: string): Promise<readonly RunHeader[]> {
  const below = await store.list({ prefix: `${id}.`, limit: 100_000 });
  const family = new Set([id]);
  const found: RunHeader[] = [];
  for (const each of below.toSorted((a, b) => a.id.length - b.id.length)) {
    if (each.parent === null || !family.has(each.parent)) continue;
    family.add(each.id);
    if (!ENDED.has(each.state)) found.push(each);
  }
  return found;
}

/** M2: children first, so that a parent is never ahead of them. Resolves when it is durable. */
async function move(store: Store, program: LoadedProgram, source: string, run: RunHeader): Promise<void> {
  const start = await startOf(store, run.id);
  const fn = entryPoint(program, start, run);
  if (typeof fn === "string") throw new Fault("migration-refused", fn);
  await store.open(run.id);
  try {
    const text = new TextEncoder().encode(source);
    const kept = text.length <= LARGE ? text : new Blob(store.keep(run.id, text), text.length);
    const ir = irDigest(program.ir);
    const entry = moveEntry({ ir, program: kept, packages: packagesOf(program) }, fn);
    const change = run.state === "parked" ? { ir, state: "running" as const, reason: "" } : { ir };
    await store.flushed(run.id, store.append(run.id, [entry], change));
  } finally {
    await store.close(run.id);
  }
}
