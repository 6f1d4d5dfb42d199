/**
 * `npm run bench`: every figure of the design that can be measured today, beside its peers, in one process.
 *
 * `npm run bench -- --help` tells the rest.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";

import { benches, named, type Bench } from "./benches.ts";
import { time } from "./measure.ts";
import { benchPackages } from "./packages.ts";
import { Report } from "./report.ts";
import { besides, cellsOf, headings, line, page, quantity } from "./table.ts";

const PAGE = new URL("../../docs/performance.md", import.meta.url);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: "boolean", short: "h", default: false },
    json: { type: "boolean", default: false },
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

function chosen(): readonly Bench[] {
  if (values.write && (values.quick || positionals.length > 0))
    throw new Error("--write needs a whole run: leave out --quick and the names of benchmarks");
  const all = positionals.length === 0 ? Object.keys(benches) : positionals;
  return [...new Set(all.flatMap(named))];
}

/** The processor, the engine, and what the loop of the timing itself costs. */
async function machine(report: Report): Promise<string> {
  const [floor] = await time([() => 0], report.plan);
  const model = cpus()[0]?.model.replaceAll(/\s+/g, " ").trim() ?? "unknown processor";
  return `${model}, ${availableParallelism()} cores, ${process.platform} ${process.arch}, Node ${process.versions.node}; timing an empty function gives ${quantity(floor?.median ?? 0, "s")}; load average ${(loadavg()[0] ?? 0).toFixed(1)} when it began`;
}

function say(text: string): void {
  if (!values.json) process.stdout.write(`${text}\n`);
}

const HELP = `Usage: npm run bench -- [${Object.keys(benches).join("|")}|calls]… [--json] [--quick] [--write]

calls      what a call may cost: all from component to loads
--json     one object instead of the table
--quick    one tiny round, whose figures mean nothing
--write    also writes docs/performance.md; needs a whole run on an idle machine

Examples:
  npm run bench -- calls
  npm run bench -- lua python --json`;

async function main(): Promise<void> {
  if (values.help) return say(HELP);
  const names = chosen();
  const report = new Report(values.quick, (row) => say(line(cellsOf(row, besides(row.group)))));
  const surroundings = await machine(report);
  say(surroundings);
  if (values.quick) say("--quick shows that every case runs; its figures mean nothing.");
  say("Medians over rounds; in parentheses, how many times better Sennit is than the peer.\n");
  await using folder = await benchPackages();
  for (const name of names) {
    say(`\n${line([name.toUpperCase(), ...headings(besides(name)).slice(1)])}`);
    await benches[name](report, folder);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: surroundings, rows: report.rows }, null, 2)}\n`);
  if (values.write) await writeFile(PAGE, page(report.rows, surroundings));
}

try {
  await main();
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exitCode = 1;
}
