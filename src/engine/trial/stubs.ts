/**
 * What stands in for packages in a test: answers that are data.
 *
 *   S1  Answers fit the WIT of the function: what does not is a mistake of the test, told before anything runs.
 *   S2  A package all of whose functions are stubbed is outside of the run, and is never started. So is one that was not
 *       granted what it wants. Of others, the functions without a stub are their own.
 *   S3  Asked again for the same effect, after its answer was lost, a stub gives the same answer: as what takes keys does.
 */
import { Fault } from "../../fault.ts";
import { valueCheck } from "../../host/check-arguments.ts";
import type { Plugin } from "../../host/plugin.ts";
import { sennitName, WitTypes } from "../../lang/check/wit-types.ts";
import type { Type } from "../../lang/types.ts";
import { functionsOf } from "../../wit/types.ts";
import type { FunctionKey, WitFunction, WitType } from "../../wit/types.ts";
import { CaseValue, ERR, OK } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { crossingOf } from "../guests/crossing.ts";
import type { Cross } from "../guests/crossing.ts";
import type { LoadedPackage, LoadedProgram } from "../load/loaded.ts";
import { toPlain } from "../embedding/plain.ts";
import type { AnyValue } from "../../wit/any.ts";
import { plainText, samePlain } from "./plain-text.ts";
import type { At, FunctionStub, StubAnswer, StubRule, TestCase } from "./test-case.ts";
import { fromToml } from "./toml-value.ts";

/** How one call is answered: a value as the plugin would give it, or a fault. */
export type Ready = { readonly takes: number } & ({ readonly value: Value } | { readonly fault: Fault });

/** One function of a package, stubbed. */
export interface ReadyStub {
  readonly key: FunctionKey;
  readonly class: FunctionStub["class"];
  /** Which rule a call falls under; null: none. */
  readonly ruleOf: (args: readonly Value[]) => ReadyRule | null;
  /** Arguments as the plugin gets them, as plain values; those of the program, too. */
  readonly given: (args: readonly Value[]) => readonly unknown[];
  readonly asked: (args: readonly Value[]) => readonly unknown[];
  readonly shown: (args: readonly Value[]) => string;
}

export interface ReadyRule {
  /** The `turn`-th answer, from 0. */
  readonly answer: (turn: number) => Ready;
}

/** The stubs of one package, by function. @throws {Fault} `test-invalid` (S1) */
export function stubsOf(pack: LoadedPackage, stubs: readonly FunctionStub[]): ReadonlyMap<FunctionKey, ReadyStub> {
  const functions = [...functionsOf(pack.plugin.world.exports)];
  return new Map(stubs.map((stub) => ready(pack, functions, stub)).map((each) => [each.key, each]));
}

/** @throws {Fault} `test-invalid` for stubs of a package that the program does not have */
export function refuseStrangers(program: LoadedProgram, { stubs, program: file }: TestCase): void {
  for (const [name, [first]] of stubs) {
    if (first === undefined || program.packages.some((pack) => pack.name === name)) continue;
    const known = program.packages.map((pack) => pack.name).join(", ");
    throw invalid(first.at, `${file} has no package ${name}: it has ${known || "none"}`);
  }
}

export function invalid({ file, line }: At, text: string): Fault {
  return new Fault("test-invalid", `${file}:${line}: ${text}`);
}

function ready(
  pack: LoadedPackage,
  functions: readonly (readonly [FunctionKey, WitFunction])[],
  stub: FunctionStub,
): ReadyStub {
  const found = functions.filter(([key]) => isNamed(key, stub.name));
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const names = (found.length > 1 ? found : functions).map(([key]) => shortName(key)).join(", ");
    const what = found.length > 1 ? `several functions ${stub.name}` : `no function ${stub.name}`;
    throw invalid(stub.at, `${pack.name} has ${what}: it has ${names || "none"}`);
  }
  const [key, wit] = only;
  const rules = stub.rules.map((rule) => readyRule(pack, key, wit, rule));
  const { given, asked, shown } = plainArguments(pack, wit);
  return {
    key,
    class: stub.class,
    ruleOf: (args) => rules.find(({ fits }) => fits(args)) ?? null,
    given,
    asked,
    shown,
  };
}

/** Arguments of a function as plain values, and what it gives as the plugin gives it. */
export interface PlainArguments extends Pick<ReadyStub, "given" | "asked" | "shown"> {
  readonly outward: (value: Value) => Value;
}

export function plainArguments({ name, plugin }: LoadedPackage, { params, result }: WitFunction): PlainArguments {
  const types = new WitTypes(name);
  const inward = params.map(({ type }) => argumentOf(plugin, type, types));
  const given = (args: readonly Value[]): readonly unknown[] => args.map((arg, at) => inward[at]?.(arg));
  return {
    given,
    asked: (args) => args.map((arg, at) => plainOr(types.of(params[at]?.type ?? null), arg)),
    shown: (args) => given(args).map(plainText).join(", "),
    outward: result === null ? (value) => value : outwardOf(result),
  };
}

function isNamed(key: FunctionKey, name: string): boolean {
  return key === name || shortName(key) === sennitName(name) || sennitName(key) === sennitName(name);
}

/** As a program writes it: `acme:mail/api#send-all` is `send_all`. */
export function shortName(key: FunctionKey): string {
  return sennitName(key.slice(key.lastIndexOf("#") + 1));
}

function readyRule(
  { name, plugin }: LoadedPackage,
  key: FunctionKey,
  wit: WitFunction,
  rule: StubRule,
): ReadyRule & { readonly fits: (args: readonly Value[]) => boolean } {
  const types = new WitTypes(name);
  const toArgument = wit.params.map(({ type }) => argumentOf(plugin, type, types));
  const wanted = [...rule.with].map(([param, value]) => {
    const at = wit.params.findIndex((each) => sennitName(each.name) === sennitName(param));
    const type = wit.params[at]?.type;
    if (type === undefined) throw invalid(rule.at, `${shortName(key)} of ${name} has no argument ${param}`);
    return { at, plain: checked(rule.at, () => toPlain(types.of(type), fromToml(types.of(type), value, param))) };
  });
  const answers = rule.answers.map((answer) => readyAnswer(name, wit, types, answer, rule));
  return {
    fits: (args) => wanted.every(({ at, plain }) => samePlain(plain, toArgument[at]?.(args[at] ?? null), 0)),
    answer: (turn) => answers[Math.min(turn, answers.length - 1)] as Ready,
  };
}

/** What a plugin was given, as a plain value. */
function argumentOf(plugin: Plugin, type: WitType, types: WitTypes): (value: Value) => unknown {
  const inward = inwardOf(type, plugin.manifest.name);
  return (value) => plainOr(types.of(type), value, inward);
}

/** A function or a handle equals nothing that a test can write. */
function plainOr(type: Type, value: Value, inward: Cross = (same) => same): unknown {
  try {
    return toPlain(type, inward(value));
  } catch {
    return undefined;
  }
}

function readyAnswer(
  pack: string,
  { name, result }: WitFunction,
  types: WitTypes,
  answer: StubAnswer,
  { at, takes }: StubRule,
): Ready {
  if (answer.kind === "fails") {
    return { takes, fault: new Fault(answer.code, answer.message, { source: pack }) };
  }
  if (answer.kind === "err" && result?.kind !== "result")
    throw invalid(at, `${name} of ${pack} has no \`err\`: write \`fails\``);
  if (result === null || result.kind !== "result")
    return { takes, value: valueOf(result, types, answer.value, name, at) };
  const isOk = answer.kind === "returns";
  const payload = valueOf(isOk ? result.ok : result.err, types, answer.value, name, at);
  return { takes, value: new CaseValue(isOk ? OK : ERR, payload) };
}

/** S1 */
function valueOf(type: WitType | null, types: WitTypes, value: unknown, name: string, at: At): Value {
  const of: Type = types.of(type);
  const inside = checked(at, () => fromToml(of, value, `what ${name} returns`));
  if (type === null) return null;
  const given = outwardOf(type)(inside);
  checked(at, () => valueCheck(`what ${name} returns`, type)(given));
  return given;
}

function checked<T>(at: At, work: () => T): T {
  try {
    return work();
  } catch (failure) {
    if (failure instanceof Fault) throw invalid(at, failure.message);
    throw failure;
  }
}

/** A value of the language as a plugin gives it. */
function outwardOf(type: WitType): Cross {
  const fn = { ...NOTHING, params: [{ name: "value", type }] };
  return crossingOf(fn, tools("")).args?.[0] ?? ((value) => value);
}

function inwardOf(type: WitType, source: string): Cross {
  return crossingOf({ ...NOTHING, result: type }, tools(source)).result ?? ((value) => value);
}

const NOTHING: WitFunction = { name: "", shape: "function", resource: null, params: [], result: null, async: false };

function tools(source: string): Parameters<typeof crossingOf>[1] {
  return {
    source,
    flatten: (any) => any as AnyValue, // made of a test file: data already
    callback: () => {
      throw new Fault("type-mismatch", "A stub has no function to give");
    },
  };
}
