/**
 * The stubs of a test: by package, a table of functions.
 *
 *   [stub."acme:mail"]
 *   send   = { returns = "sent", takes = "3d" }
 *   unread = { answers = [{ returns = 2 }, { fails = { code = "busy", message = "later" } }] }
 *   fetch  = [{ with = { id = 1 }, returns = "a" }, { with = { id = 2 }, err = { tag = "missing" } }]
 */
import { isTable, type Table } from "../../host/package/table.ts";
import type { At, FunctionStub, StubAnswer, StubRule } from "./test-case.ts";
import { durationOf } from "./time-text.ts";

type Place = (path: readonly string[]) => At;

const CLASSES = ["read", "keyed", "idempotent", "once"] as const;
const ANSWER = ["returns", "err", "fails"];

export function readStubs(table: Table, place: Place): ReadonlyMap<string, readonly FunctionStub[]> {
  return new Map(
    table.keys().map((pack) => {
      const functions = table.table(pack);
      const stubs = functions.keys().map((name) => functionStub(functions, name, place([pack, name])));
      return [pack, stubs];
    }),
  );
}

function functionStub(functions: Table, name: string, at: At): FunctionStub {
  const isList = Array.isArray(functions.take(name));
  const list = isList ? functions.tables(name) : [functions.table(name)];
  const classes = list.flatMap((table) => table.oneOf("class", CLASSES) ?? []);
  return { name, rules: list.map((table) => rule(table, at)), class: classes[0] ?? null, at };
}

function rule(table: Table, at: At): StubRule {
  const given = table.take("with") ?? {};
  if (!isTable(given)) table.mistake("with", "must be a table of arguments by name");
  const takes = table.text("takes");
  const time = takes === undefined ? 0 : durationOf(takes);
  if (time === null) table.mistake("takes", `\`${takes}\` is not a duration such as \`30d\``);
  const read: StubRule = {
    with: new Map(isTable(given) ? Object.entries(given) : []),
    answers: answersIn(table),
    takes: time ?? 0,
    at,
  };
  table.refuseOthers();
  return read;
}

function answersIn(table: Table): readonly StubAnswer[] {
  if (!table.has("answers")) return [answer(table)];
  const answers = table.tables("answers").map((one) => {
    const read = answer(one);
    one.refuseOthers();
    return read;
  });
  if (answers.length === 0) table.mistake("answers", "needs one at least, such as `{ returns = 1 }`");
  return answers;
}

/** A function that gives nothing needs no more than `{}`. */
function answer(table: Table): StubAnswer {
  const said = ANSWER.filter((key) => table.has(key));
  if (said.length > 1) table.mistake(said[1] ?? "", `stands beside \`${said[0]}\`: an answer is one of them`);
  if (table.has("err")) return { kind: "err", value: table.take("err") };
  if (!table.has("fails")) return { kind: "returns", value: table.take("returns") ?? null };
  const fails = table.table("fails");
  fails.require("code");
  const failure = { code: fails.text("code") ?? "", message: fails.text("message") ?? "" };
  fails.refuseOthers();
  return { kind: "fails", ...failure };
}
