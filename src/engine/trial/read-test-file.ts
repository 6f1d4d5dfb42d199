/**
 * A test file as tests: TOML with one `[[test]]` per test.
 *
 *   program = "order.sennit"                the file beside it of the same name, unless said
 *   grants  = ["run:git"]                   beside the project's own
 *   [stub."acme:mail"]                      what stands here is for all tests of the file
 *   send = { returns = "sent" }
 *
 *   [[test]]
 *   name   = "asks twice"
 *   params = { item = "tea" }
 *   [test.stub."acme:mail"]
 *   send = { answers = [{ fails = { code = "busy", message = "later" } }, { returns = "sent" }] }
 *   [[test.signal]]
 *   name = "approved"
 *   at   = "2d"
 *   [test.expect]
 *   printed = ["sent"]
 *
 *   T1  A test file is right as a whole or not at all; every mistake in it is named at once, with its line.
 */
import { parse, TomlDate, TomlError } from "smol-toml";

import { Fault } from "../../fault.ts";
import { isTable, Table } from "../../host/package/table.ts";
import { Mistakes } from "../../host/package/mistakes.ts";
import { Places } from "./places.ts";
import { readStubs } from "./read-stubs.ts";
import type { At, CommandStub, Expected, FunctionStub, TestCase, TestSignal } from "./test-case.ts";
import { durationOf } from "./time-text.ts";

/** Bytes of a test file. */
export const LARGEST_TEST_FILE: number = 2 ** 20;

/** @throws {Fault} `test-invalid` */
export function readTestFile(file: string, text: string): readonly TestCase[] {
  const places = new Places(file, text);
  const tables = parsed(file, text);
  const mistakes = new PlacedMistakes(file, places);
  const top = new Table(tables, "", mistakes);
  const usual = common(top, file, places);
  const cases = testsIn(top, mistakes).map((table, at) => {
    const place = (...path: readonly string[]): At => places.inList("test", at, path);
    return readCase(table, usual, place, at);
  });
  top.refuseOthers();
  if (cases.length === 0) mistakes.add("test", "there is none: begin one with `[[test]]`");
  mistakes.throwIfAny();
  return cases;
}

function testsIn(top: Table, mistakes: Mistakes): readonly Table[] {
  const list = top.take("test") ?? [];
  if (Array.isArray(list) && list.every(isTable)) {
    return list.map((values, at) => new Table(values, `test ${at + 1}.`, mistakes));
  }
  top.mistake("test", "must be a list of tables: `[[test]]`");
  return [];
}

function parsed(file: string, text: string): Record<string, unknown> {
  try {
    return parse(text, { maxDepth: 100, integersAsBigInt: "asNeeded" });
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const what = cause.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
    throw new Fault("test-invalid", `${file}:${cause.line}:${cause.column}: ${what}`, { cause });
  }
}

/** T1: with lines. */
class PlacedMistakes extends Mistakes {
  readonly #found: string[] = [];
  readonly #places: Places;

  constructor(file: string, places: Places) {
    super(file);
    this.#places = places;
  }

  override add(key: string, text: string): void {
    const [, number, rest] = /^test (\d+)\.(.*)$/s.exec(key) ?? [];
    const path = (rest ?? key).split(".");
    const { file, line } =
      number === undefined ? this.#places.atTop(path) : this.#places.inList("test", Number(number) - 1, path);
    this.#found.push(`${file}:${line}: ${key}: ${text}`);
  }

  override throwIfAny(): void {
    if (this.#found.length > 0) throw new Fault("test-invalid", this.#found.join("\n"));
  }
}

interface Common {
  readonly program: string;
  readonly grants: readonly string[];
  readonly stubs: ReadonlyMap<string, readonly FunctionStub[]>;
  readonly commands: ReadonlyMap<string, CommandStub>;
}

function common(top: Table, file: string, places: Places): Common {
  return {
    program: top.text("program") ?? file.replace(/^.*\//, "").replace(/\.test\.toml$/, ".sennit"),
    grants: top.texts("grants"),
    stubs: readStubs(top.table("stub"), (path) => places.atTop(["stub", ...path])),
    commands: readCommands(top.table("command")),
  };
}

function readCase(table: Table, usual: Common, place: TestCase["place"], index: number): TestCase {
  const name = table.text("name") ?? `test ${index + 1}`;
  const { file, line } = place();
  const own = readStubs(table.table("stub"), (path) => place("stub", ...path));
  const read: TestCase = {
    name,
    at: { file, line },
    place,
    program: table.text("program") ?? usual.program,
    params: paramsIn(table),
    grants: [...usual.grants, ...table.texts("grants")],
    seed: seedIn(table),
    start: startIn(table),
    stubs: merged(usual.stubs, own),
    commands: new Map([...usual.commands, ...readCommands(table.table("command"))]),
    signals: readSignals(table),
    cancelAfter: table.has("cancel") ? timeIn(table, "cancel") : null,
    recording: table.text("recording") ?? null,
    crashes: table.flag("crashes") ?? true,
    mayBeUncertain: table.flag("may_be_uncertain") ?? false,
    expect: readExpected(table),
  };
  table.refuseOthers();
  return read;
}

/** A test's own stub of a function is in place of the file's. */
function merged(
  usual: ReadonlyMap<string, readonly FunctionStub[]>,
  own: ReadonlyMap<string, readonly FunctionStub[]>,
): ReadonlyMap<string, readonly FunctionStub[]> {
  const all = new Map(usual);
  for (const [pack, stubs] of own) {
    const names = new Set(stubs.map(({ name }) => name));
    all.set(pack, [...(usual.get(pack) ?? []).filter(({ name }) => !names.has(name)), ...stubs]);
  }
  return all;
}

function readCommands(table: Table): ReadonlyMap<string, CommandStub> {
  return new Map(
    table.keys().map((name) => {
      const each = table.table(name);
      const stub = {
        stdout: each.text("stdout") ?? "",
        stderr: each.text("stderr") ?? "",
        status: wholeIn(each, "status"),
      };
      each.refuseOthers();
      return [name, stub];
    }),
  );
}

function readSignals(table: Table): readonly TestSignal[] {
  return table.tables("signal").map((each) => {
    const name = each.text("name") ?? null;
    const webhook = wholeIn(each, "webhook");
    if ((name === null) === (webhook === 0))
      each.mistake("name", "is missing: a signal needs a `name`, or the number of a `webhook`");
    const signal = { name, webhook, value: each.take("value") ?? null, after: timeIn(each, "at") };
    each.refuseOthers();
    return signal;
  });
}

function readExpected(table: Table): Expected {
  const expect = table.table("expect");
  const emitted = expect.has("emitted")
    ? expect.tables("emitted").map((each) => {
        const event = { name: each.text("name") ?? "", value: each.take("value") ?? null };
        each.refuseOthers();
        return event;
      })
    : undefined;
  const error = expect.text("error");
  const message = expect.text("message");
  const within = expect.take("within");
  if (within !== undefined && typeof within !== "number") expect.mistake("within", "must be a number");
  const read: Expected = {
    ...(expect.has("value") ? { value: expect.take("value") } : {}),
    within: typeof within === "number" ? within : 0,
    ...(expect.has("printed") ? { printed: expect.texts("printed") } : {}),
    ...(emitted === undefined ? {} : { emitted }),
    ...(error === undefined ? {} : { error }),
    ...(message === undefined ? {} : { message }),
    cancelled: expect.flag("cancelled") ?? false,
    ...(expect.has("calls") ? { calls: countsIn(expect.table("calls")) } : {}),
    ...(expect.has("elapsed") ? { elapsed: timeIn(expect, "elapsed") } : {}),
  };
  expect.refuseOthers();
  return read;
}

/** `"acme:mail.send" = 2`, or `"acme:mail" = { send = 2 }`. */
function countsIn(table: Table): ReadonlyMap<string, number> {
  return new Map(table.keys().map((name) => [name, wholeIn(table, name)]));
}

function paramsIn(table: Table): TestCase["params"] {
  const value = table.take("params") ?? {};
  if (isTable(value)) return value;
  table.mistake("params", "must be a table");
  return {};
}

function wholeIn(table: Table, key: string): number {
  const value = table.take(key) ?? 0;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  table.mistake(key, "must be a whole number");
  return 0;
}

function timeIn(table: Table, key: string): number {
  const text = table.text(key);
  const time = text === undefined ? 0 : durationOf(text);
  if (time === null) table.mistake(key, `\`${text}\` is not a duration such as \`30d\` or \`1h 30m\``);
  return time ?? 0;
}

function seedIn(table: Table): Uint8Array | null {
  const text = table.text("seed");
  if (text === undefined) return null;
  if (!/^[0-9a-fA-F]{64}$/.test(text)) table.mistake("seed", "must be 64 hex digits");
  return Uint8Array.from({ length: 32 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16) || 0);
}

function startIn(table: Table): number | null {
  const value = table.take("start");
  if (value === undefined) return null;
  if (value instanceof TomlDate && value.isDateTime()) return value.getTime();
  table.mistake("start", `must be a date and time such as \`2026-03-01T08:00:00Z\``);
  return 0;
}
