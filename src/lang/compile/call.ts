/** Calls and effects: of the program, the prelude, the packages, and the language itself. */
import { row } from "./data.ts";
import * as data from "./data.ts";
import { site } from "./unit.ts";
import type { Unit } from "./unit.ts";
import { callsSilently } from "./walk.ts";
import { WitTypes } from "../check/wit-types.ts";
import { preludeEffects } from "../ir/opcode.ts";
import type { PreludeEffect } from "../ir/opcode.ts";
import type { Argument, Expr, ForeignCall } from "../typed.ts";

type Of<K extends Expr["kind"]> = Extract<Expr, { kind: K }>;

/** Arguments in the order they are evaluated, each into the register of its parameter. */
export function arrange(unit: Unit, args: readonly Argument[]): number {
  const first = unit.b.window(args.length);
  for (const arg of args) unit.b.scratch(() => unit.expr(arg.value, first + arg.param));
  return first;
}

export function call(unit: Unit, expr: Of<"call">, dest: number): void {
  const first = arrange(unit, expr.args);
  const callee = unit.facts.program.functions[expr.fn]!;
  unit.b.mark(expr.span);
  if (unit.facts.silent[expr.fn]) return unit.b.emit("CALL_SILENT", dest, expr.fn, first);
  unit.b.emit("CALL", dest, expr.fn, first, site(unit, callee.name));
}

export function callValue(unit: Unit, expr: Of<"call-value">, dest: number): void {
  const first = row(unit, [expr.callee, ...expr.args]);
  unit.b.mark(expr.span);
  unit.b.emit("CALL_VALUE", dest, first, first + 1, expr.args.length, site(unit, "value"));
}

export function foreign(unit: Unit, expr: ForeignCall, dest: number): void {
  const { b, facts } = unit;
  const first = arrange(unit, expr.args);
  const { result } = expr.wit;
  const owner = facts.program.packages[expr.package]?.name ?? "program";
  const call = facts.tables.call({
    package: expr.package,
    function: expr.function,
    params: expr.args.length,
    fork: expr.fork,
    result: result?.kind !== "result" ? "plain" : expr.takeResult ? "keep" : "raise",
    err: result?.kind === "result" && result.err !== null ? facts.tables.type(new WitTypes(owner).of(result.err)) : -1,
  });
  const callee = `${owner}#${expr.function}`;
  b.mark(expr.span);
  const expected = unit.expected.get(expr);
  if (expected !== undefined) unit.ahead.push({ pc: b.here, ...expected });
  b.emit("FOREIGN", dest, call, first, site(unit, callee, expr.label));
}

const EFFECT_OF: Readonly<Record<string, PreludeEffect>> = {
  sleep: "sleep",
  sleep_until: "sleep-until",
  now: "now",
  random: "random",
  uuid: "uuid",
  webhook: "webhook",
  log: "log",
  emit: "emit",
  progress: "progress",
};

export function prelude(unit: Unit, expr: Of<"prelude">, dest: number): void {
  const effect = EFFECT_OF[expr.name];
  if (effect !== undefined && !(expr.name === "log" && expr.overload === 0))
    return preludeEffect(unit, expr, effect, dest);
  const builtin = builtinName(expr);
  if (builtin !== null) return callBuiltin(unit, expr, builtin, dest);
  if (expr.name === "len" && expr.overload === 0) return unit.b.emit("LEN", dest, data.peek(unit, expr.args[0]!));
  native(unit, expr, dest);
}

function native(unit: Unit, expr: Of<"prelude">, dest: number): void {
  const first = row(unit, expr.args);
  unit.b.mark(expr.span);
  const number = unit.facts.tables.native(`${expr.name}/${expr.overload}`, expr.types);
  unit.b.emit("NATIVE", dest, number, first, expr.args.length);
}

function preludeEffect(unit: Unit, expr: Of<"prelude">, effect: PreludeEffect, dest: number): void {
  const first = row(unit, expr.args);
  unit.b.mark(expr.span);
  const where = site(unit, expr.name, expr.label);
  unit.b.emit("EFFECT", dest, preludeEffects.indexOf(effect), first, expr.args.length, where);
}

/** What calls closures is code of the machine itself, so that a closure may wait in the middle of it. */
function builtinName(expr: Of<"prelude">): string | null {
  if (expr.name === "map" || expr.name === "filter" || expr.name === "fold") return expr.name;
  if (expr.name === "sort" && expr.overload === 1) return "sort-key";
  return expr.name === "sort" && expr.overload === 2 ? "sort-less" : null;
}

function callBuiltin(unit: Unit, expr: Of<"prelude">, name: string, dest: number): void {
  const { b, facts } = unit;
  b.scratch(() => {
    const result = b.temp();
    const first = row(unit, expr.args);
    b.mark(expr.span);
    const fn = facts.builtin(name === "sort-key" ? "map" : name);
    if (callsSilently(expr.args, facts.silent)) b.emit("CALL_SILENT", result, fn, first);
    else b.emit("CALL", result, fn, first, site(unit, expr.name));
    if (name !== "sort-key") return b.emit("MOVE", dest, result);
    // The keys are made one by one; sorting by them is a native.
    b.emit("MOVE", first + 1, result);
    b.emit("NATIVE", dest, facts.tables.native("sort-by-keys/0", [expr.types[1]!]), first, 2);
  });
}

export function print(unit: Unit, value: Expr): void {
  unit.b.scratch(() => unit.b.emit("PRINT", unit.operand(value), site(unit, "print")));
}

export function spawn(unit: Unit, expr: Of<"spawn">, dest: number): void {
  const first = arrange(unit, expr.args);
  unit.b.mark(expr.span);
  const callee = unit.facts.program.functions[expr.fn]!.name;
  unit.b.emit("SPAWN", dest, expr.fn, first, expr.args.length, site(unit, `spawn ${callee}`, expr.label));
}

export function awaitTask(unit: Unit, expr: Of<"await">, dest: number): void {
  const task = unit.operand(expr.task);
  unit.b.mark(expr.span);
  unit.b.emit("AWAIT", dest, task, site(unit, "await"));
}

export function waitSignal(unit: Unit, expr: Of<"wait-signal">, dest: number): void {
  const nil: Expr = { kind: "const", value: null, type: { kind: "Nil" }, span: expr.span };
  const [name, timeout] = unit.operands([expr.name, expr.timeout ?? nil]) as [number, number];
  unit.b.mark(expr.span);
  unit.b.emit("SIGNAL", dest, name, timeout, site(unit, "signal", expr.label));
}

export function shell(unit: Unit, expr: Of<"shell">, dest: number): void {
  const { b } = unit;
  const commands = b.temp();
  b.scratch(() => {
    const first = b.window(1);
    unit.expr(expr.command, first);
    b.emit("LIST", commands, first, 1);
    const args = b.temp();
    if ("kind" in expr.args) unit.expr(expr.args, args);
    else data.list(unit, expr.args, args);
    const both = b.window(2);
    b.emit("MOVE", both, commands);
    b.emit("MOVE", both + 1, args);
    b.emit("NATIVE", both, unit.facts.tables.native("list-join/0", []), both, 2);
    b.emit("LIST", commands, both, 1);
  });
  const input = b.temp();
  if (expr.input === null) b.emit("CONST", input, unit.facts.tables.constant(null));
  else unit.expr(expr.input, input);
  b.mark(expr.span);
  b.emit("SHELL", dest, commands, input, site(unit, "shell", expr.label));
}

export function shellpipe(unit: Unit, expr: Of<"shellpipe">, dest: number): void {
  const { b } = unit;
  const first = b.window(expr.commands.length);
  expr.commands.forEach((words, i) => b.scratch(() => data.list(unit, words, first + i)));
  const input = b.temp();
  b.emit("LIST", first, first, expr.commands.length);
  b.emit("CONST", input, unit.facts.tables.constant(null));
  b.mark(expr.span);
  b.emit("SHELL", dest, first, input, site(unit, "shellpipe", expr.label));
}
