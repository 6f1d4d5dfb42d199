/** `sennit test`: workflow tests. Exit 1 when one fails, 2 when there is none or one cannot be read. */
import { Fault } from "../../fault.ts";
import { findTests, testsOf } from "../../engine/trial/find-tests.node.ts";
import { runTest } from "../../engine/trial/run-test.node.ts";
import type { TestOptions, TestResult } from "../../engine/trial/run-test.node.ts";
import type { TestCase } from "../../engine/trial/test-case.ts";
import { durationText } from "../../engine/trial/time-text.ts";
import { ProgramRefused } from "../../engine/embedding/refused.ts";
import type { Invocation } from "../arguments.ts";
import { harmless } from "../harmless.ts";
import { isolationIn } from "../isolation.ts";
import { jsonError, toJson } from "../json.ts";
import { describeFault, EXIT } from "../terminal.node.ts";
import type { Terminal } from "../terminal.node.ts";

export async function testCommand(invocation: Invocation, terminal: Terminal): Promise<number> {
  const options = optionsOf(invocation, terminal);
  const files = await findTests(invocation.positionals.length === 0 ? ["."] : invocation.positionals);
  const chosen = await selected(files, invocation.value("filter") ?? "");
  if (chosen.length === 0) throw none(files.length);
  const isJson = invocation.has("json");
  const results: TestResult[] = [];
  for (const test of chosen) {
    const result = await runTest(test, options);
    results.push(result);
    if (isJson) continue;
    if (isFailed(result)) process.stdout.write(harmless(failedText(result)));
    else if (!invocation.has("quiet")) process.stdout.write(harmless(passedText(result)));
  }
  const failed = results.filter(isFailed).length;
  if (isJson) process.stdout.write(`${toJson(asData(results, failed))}\n`);
  else process.stdout.write(summary(results, failed));
  return failed === 0 ? EXIT.done : EXIT.failed;
}

function optionsOf(invocation: Invocation, terminal: Terminal): TestOptions {
  const most = numberIn(invocation, "crashes");
  const isCrashed = invocation.has("crash-everywhere");
  if (most !== null && !isCrashed) {
    throw new Fault("usage", "`--crashes` says how many of `--crash-everywhere`", { hint: "Add `--crash-everywhere`" });
  }
  return {
    isolation: isolationIn(invocation),
    warn: (line) => terminal.warn(line),
    patience: (numberIn(invocation, "patience") ?? 60) * 1000,
    crashes: isCrashed ? (most ?? Infinity) : null,
    record: invocation.has("record"),
  };
}

function numberIn(invocation: Invocation, name: string): number | null {
  const text = invocation.value(name);
  if (text === undefined) return null;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Fault("usage", `\`--${name}\` takes a whole number above zero, and not \`${text}\``);
}

/** Every file is read before anything runs: a mistake in one is told at once. */
async function selected(files: readonly string[], filter: string): Promise<readonly TestCase[]> {
  const all = await Promise.all(files.map(testsOf));
  return all.flat().filter(({ name, at }) => `${at.file} ${name}`.includes(filter));
}

function none(files: number): Fault {
  if (files > 0) return new Fault("no-tests", "No test has that text in its name or file");
  return new Fault("no-tests", "There are no tests: no file `*.test.toml` was found", {
    hint: "Write one beside the program: `order.test.toml` for `order.sennit`",
  });
}

function isFailed({ misses, failure, crashes }: TestResult): boolean {
  return misses.length > 0 || failure !== null || (crashes?.differences.length ?? 0) > 0;
}

function titleOf({ test }: TestResult): string {
  return `${test.at.file}: ${test.name}`;
}

function passedText(result: TestResult): string {
  const { crashes, seen } = result;
  const notes = [
    ...(seen !== null && seen.elapsed > 0 ? [durationText(seen.elapsed)] : []),
    ...(crashes === null ? [] : [crashesText(crashes)]),
  ];
  return `ok    ${titleOf(result)}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}\n`;
}

function crashesText({ crashes, possible }: NonNullable<TestResult["crashes"]>): string {
  return `${crashes}${crashes < possible ? ` of ${possible}` : ""} crashes`;
}

function failedText(result: TestResult): string {
  const { misses, failure, crashes } = result;
  const lines = [`FAIL  ${titleOf(result)}`];
  for (const { what, expected, got, at } of misses) {
    lines.push(`  ${at.file}:${at.line}: ${what}`, `    - expected ${expected}`, `    + got      ${got}`);
  }
  if (failure !== null) lines.push(...indented(faultText(failure)));
  for (const { commit, survived, step, what, expected, got } of crashes?.differences ?? []) {
    const how = survived ? "with what was on its way to the disk" : "without what was on its way to the disk";
    lines.push(`  killed ${step}, ${how} (commit ${commit}): ${what}`);
    lines.push(`    - without a crash ${expected}`, `    + with it         ${got}`);
  }
  return `${lines.join("\n")}\n`;
}

function faultText(failure: Fault): string {
  return failure instanceof ProgramRefused ? failure.message : describeFault(failure, false);
}

function indented(text: string): readonly string[] {
  return text.split("\n").map((line) => (line === "" ? "" : `  ${line}`));
}

function summary(results: readonly TestResult[], failed: number): string {
  const crashes = results.reduce((sum, result) => sum + (result.crashes?.crashes ?? 0), 0);
  const crashed = crashes === 0 ? "" : `, ${crashes} crashes`;
  return `\n${results.length} tests: ${results.length - failed} passed, ${failed} failed${crashed}\n`;
}

function asData(results: readonly TestResult[], failed: number): unknown {
  return {
    ok: failed === 0,
    passed: results.length - failed,
    failed,
    tests: results.map((result) => ({
      name: result.test.name,
      file: result.test.at.file,
      line: result.test.at.line,
      ok: !isFailed(result),
      misses: result.misses.map(({ what, expected, got, at }) => ({ what, expected, got, ...at })),
      error: result.failure === null ? null : jsonError(result.failure),
      elapsed: result.seen?.elapsed ?? null,
      crashes: result.crashes?.crashes ?? null,
      differences: result.crashes?.differences ?? [],
    })),
  };
}
