/** What a test expects, compared with what was seen. */
import { Fault } from "../../fault.ts";
import type { Type } from "../../lang/types.ts";
import { fromPlain, toPlain } from "../embedding/plain.ts";
import { plainText, samePlain } from "./plain-text.ts";
import { invalid } from "./stubs.ts";
import type { At, TestCase } from "./test-case.ts";
import { durationText } from "./time-text.ts";
import { fromToml } from "./toml-value.ts";
import type { Seen } from "./trial.ts";

/** One thing that is not as it was expected. */
export interface Miss {
  /** `value`, `printed line 3`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  readonly at: At;
}

/** Differences shown of a list. */
const MOST = 5;

/** @throws {Fault} `test-invalid` for an expected value that the program cannot give */
export function misses(test: TestCase, seen: Seen, type: Type): readonly Miss[] {
  const { expect, place } = test;
  const end = endMiss(test, seen);
  const found: Miss[] = end === null ? [] : [end];
  if (end === null && "value" in expect) found.push(...valueMiss(test, seen, type));
  if (expect.printed !== undefined) {
    const at = place("expect", "printed");
    found.push(...listMisses("printed line", expect.printed.map(quoted), seen.printed.map(quoted), at));
  }
  if (expect.emitted !== undefined) found.push(...emittedMisses(test, seen));
  for (const [name, count] of expect.calls ?? []) {
    const got = countOf(name, seen.calls);
    const at = place("expect", "calls", name);
    if (got !== count) found.push({ what: `calls of ${name}`, expected: String(count), got: String(got), at });
  }
  const { elapsed } = expect;
  if (elapsed !== undefined && Math.abs(elapsed - seen.elapsed) >= 1) {
    const at = place("expect", "elapsed");
    found.push({ what: "elapsed", expected: durationText(elapsed), got: durationText(seen.elapsed), at });
  }
  return found;
}

/** `acme:mail.send`, as a program or as WIT writes it. */
function countOf(name: string, calls: ReadonlyMap<string, number>): number {
  const dot = name.lastIndexOf(".");
  return calls.get(name) ?? calls.get(`${name.slice(0, dot)}${name.slice(dot).replaceAll("-", "_")}`) ?? 0;
}

function endMiss({ expect, place }: TestCase, { result }: Seen): Miss | null {
  const wanted = expect.cancelled ? "cancelled" : expect.error === undefined ? "done" : `error ${expect.error}`;
  const key = expect.cancelled ? "cancelled" : "error";
  const at = place("expect", key);
  switch (result.state) {
    case "done":
    case "cancelled":
      return wanted === result.state ? null : { what: "end", expected: wanted, got: result.state, at };
    case "broken": {
      const { code, message, hint } = result.fault;
      const got = `${code}: ${message}${hint === undefined ? "" : ` (${hint})`}`;
      return { what: "end", expected: wanted, got, at };
    }
    case "failed": {
      const { code, message, trace } = result.error;
      const [inner] = trace;
      const where = inner === undefined ? "" : ` at ${inner.file}:${inner.line}`;
      const got = `error ${code}: ${message}${where}`;
      if (code !== expect.error) return { what: "end", expected: wanted, got, at };
      if (expect.message === undefined || message.includes(expect.message)) return null;
      return { what: "message", expected: `… ${expect.message} …`, got: message, at: place("expect", "message") };
    }
  }
}

function valueMiss({ expect, place }: TestCase, { result }: Seen, type: Type): readonly Miss[] {
  if (result.state !== "done") return [];
  const at = place("expect", "value");
  const wanted = plainOfToml(type, expect.value, at);
  const got = toPlain(type, result.value);
  if (samePlain(wanted, got, expect.within)) return [];
  return [{ what: "value", expected: plainText(wanted), got: plainText(got), at }];
}

function plainOfToml(type: Type, value: unknown, at: At): unknown {
  try {
    return toPlain(type, fromToml(type, value, "value"));
  } catch (failure) {
    if (failure instanceof Fault) throw invalid(at, failure.message);
    throw failure;
  }
}

function emittedMisses({ expect, place }: TestCase, { emitted }: Seen): readonly Miss[] {
  const any: Type = { kind: "Any" };
  const at = place("expect", "emitted");
  const shown = (name: string, value: unknown): string => `${name} ${plainText(value)}`;
  const wanted = (expect.emitted ?? []).map(({ name, value }) => shown(name, plainOfToml(any, value, at)));
  const got = emitted.map(({ name, value }) => shown(name, toPlain(any, fromPlain(any, value, "value"))));
  return listMisses("emitted", wanted, got, at);
}

/** Where two lists differ, line by line. */
export function listMisses(what: string, expected: readonly string[], got: readonly string[], at: At): readonly Miss[] {
  const found: Miss[] = [];
  for (let i = 0; i < Math.max(expected.length, got.length); i++) {
    if (expected[i] === got[i]) continue;
    if (found.length === MOST) return [...found, { what, expected: "…", got: "and more", at }];
    found.push({ what: `${what} ${i + 1}`, expected: expected[i] ?? "nothing", got: got[i] ?? "nothing", at });
  }
  return found;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
