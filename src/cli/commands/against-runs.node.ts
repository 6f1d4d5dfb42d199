/** `sennit check FILE --against-runs`: which runs of a store would go on with this version. Exit 1 when one would not. */
import { basename } from "node:path";
import { verdictData } from "../../daemon/run-data.ts";
import type { VerdictData } from "../../daemon/run-data.ts";
import { Fault } from "../../fault.ts";
import { startOf } from "../../engine/durable/durable-run.ts";
import { loadProgram } from "../../engine/load/load.node.ts";
import { ProgramRefused } from "../../engine/embedding/refused.ts";
import { judge } from "../../engine/trial/upgrade.ts";
import type { RunVerdict } from "../../engine/trial/upgrade.ts";
import { readSqlite } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { StoreReader } from "../../journal/sqlite/sqlite-reader.node.ts";
import type { RunHeader } from "../../journal/store.ts";
import type { Invocation } from "../arguments.ts";
import { harmless } from "../harmless.ts";
import { isolationIn } from "../isolation.ts";
import { toJson } from "../json.ts";
import { readProgram } from "../program-file.node.ts";
import { EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";
import { storeIn } from "./resume.node.ts";

const ENDED: ReadonlySet<string> = new Set(["done", "failed", "cancelled"]);

export async function againstRunsCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const [file, more] = invocation.positionals;
  if (file === undefined || more !== undefined) {
    throw new Fault("usage", "`--against-runs` looks at one file", { hint: invocation.command.usage });
  }
  using store = readSqlite(storeIn(invocation));
  const runs = await runsOf(store, file, invocation.has("all"));
  const loaded = await loadProgram({
    file,
    text: await readProgram(file),
    grants: await grantsOf(store, runs),
    besideVm: false,
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
  });
  if (!loaded.ok) throw new ProgramRefused(loaded.diagnostics);
  await using program = loaded.program;
  const verdicts: RunVerdict[] = [];
  for (const run of runs) verdicts.push(await judge(store, program, run, loaded.checked));
  if (invocation.has("json")) process.stdout.write(`${toJson(verdicts.map(verdictData))}\n`);
  else process.stdout.write(harmless(report(verdicts)));
  return verdicts.some(({ verdict }) => verdict.kind === "decide") ? EXIT.failed : EXIT.done;
}

/** Runs of a program of this name, and what they spawned; the oldest first. */
async function runsOf(store: StoreReader, file: string, all: boolean): Promise<readonly RunHeader[]> {
  const found = new Map<string, RunHeader>();
  const every: RunHeader[] = [];
  for (let after: string | undefined; ;) {
    const some = await store.list(after === undefined ? { limit: 1000 } : { limit: 1000, after });
    every.push(...some);
    after = some.at(-1)?.id;
    if (some.length < 1000) break;
  }
  for (const run of every.toReversed()) {
    const isOwn = run.parent === null ? basename(run.name) === basename(file) : found.has(run.parent);
    if (isOwn) found.set(run.id, run);
  }
  return [...found.values()].filter(({ state }) => all || !ENDED.has(state));
}

/** What the runs were granted: the new version is loaded with no more. */
async function grantsOf(store: StoreReader, runs: readonly RunHeader[]): Promise<readonly string[]> {
  const all = new Set<string>();
  for (const { id } of runs) for (const grant of (await startOf(store, id)).grants) all.add(grant);
  return [...all];
}

function report(verdicts: readonly RunVerdict[]): string {
  if (verdicts.length === 0) return "no runs of this program\n";
  const counts = { continues: 0, decide: 0, unknown: 0 };
  const lines = verdicts.map((each) => {
    counts[each.verdict.kind]++;
    return `${WORDS[each.verdict.kind]}  ${each.run.id}: ${told(verdictData(each))}`;
  });
  const { continues, decide, unknown } = counts;
  const sum = `${verdicts.length} runs: ${continues} continue, ${decide} need a decision, ${unknown} cannot be told`;
  return `${lines.join("\n")}\n\n${sum}\n`;
}

const WORDS = { continues: "continues", decide: "DECIDE   ", unknown: "unknown  " } as const;

export function told(verdict: VerdictData): string {
  switch (verdict.kind) {
    case "continues": {
      if (ENDED.has(verdict.state)) return `ends as it did: ${verdict.state}`;
      const waiting = verdict.waiting.map(({ what, file, line }) => `${what} (${file}:${line})`);
      return waiting.length === 0 ? "it goes on" : `it waits for ${waiting.join(", ")}`;
    }
    case "decide": {
      const { place, now, recorded } = verdict;
      const where = place === null ? "" : `${place.file}:${place.line}:${place.column}: `;
      return `${where}now ${now}; recorded ${recorded}`;
    }
    case "unknown":
      return verdict.why;
  }
}
