/**
 * Typed tree to IR.
 *
 *   `compileProgram(program)`   every function of a checked program, the builtins it needs, and their tables.
 *
 * The parts (compile-*.ts) see one function through `Unit`; only this file knows them all.
 */
import { expectInLambda } from "./ahead.ts";
import { takeApart } from "./bind.ts";
import { builtin, callbackAdapter } from "./builtin.ts";
import { Builder } from "./builder.ts";
import * as calls from "./call.ts";
import * as data from "./data.ts";
import * as flow from "./flow.ts";
import * as numbers from "./number.ts";
import { Tables } from "./tables.ts";
import * as guards from "./try.ts";
import { SitePath } from "./unit.ts";
import type { ProgramFacts, Unit } from "./unit.ts";
import { growingLocals } from "./own.ts";
import { silentFunctions } from "./walk.ts";
import { IR_VERSION } from "../ir/ir.ts";
import type { Ir, IrFunction } from "../ir/ir.ts";
import { typeKey } from "../ir/type-key.ts";
import type { CheckedProgram, Expr, Fn, Local } from "../typed.ts";

export function compileProgram(program: CheckedProgram): Ir {
  const tables = new Tables();
  const functions: IrFunction[] = [];
  const made = new Map<string, number>();
  const provide = (key: string, make: () => IrFunction): number => {
    let number = made.get(key);
    if (number === undefined) {
      number = program.functions.length + extra.push(make()) - 1;
      made.set(key, number);
    }
    return number;
  };
  const extra: IrFunction[] = [];
  const facts: ProgramFacts = {
    program,
    tables,
    silent: silentFunctions(program),
    builtin: (name) => provide(name, () => builtin(name)),
    callbackAdapter: (params, result) =>
      provide(`callback(${params.map(typeKey).join()})${typeKey(result)}`, () =>
        callbackAdapter(tables, params, result),
      ),
    extra: (fn) => program.functions.length + extra.push(fn) - 1,
  };
  for (const fn of program.functions) functions.push(compileFunction(facts, fn));
  return {
    version: IR_VERSION,
    files: program.files.map((file) => file.name),
    functions: [...functions, ...extra],
    constants: tables.constants,
    types: tables.types,
    sites: tables.sites,
    natives: tables.natives,
    calls: tables.calls,
    packages: program.packages.map(({ specifier, name }) => ({ specifier, name })),
    params: program.params.map((param) => ({ name: param.name, type: tables.type(param.type) })),
  };
}

function compileFunction(facts: ProgramFacts, fn: Fn): IrFunction {
  const b = new Builder(fn.locals.length, facts.program.files[fn.file]!);
  const result = b.temp();
  const own = new Map(growingLocals(fn.body).map((local) => [local, b.temp()]));
  const unit = unitFor(facts, fn, b, own);
  b.mark(fn.span);
  for (const { from, into } of fn.unpack) takeApart(unit, into, from.index);
  if (fn.kind === "lambda") expectInLambda(unit);
  unit.block(fn.body, result);
  b.emit("RETURN", result);
  const { code, lines, registers } = b.finish();
  const params = fn.kind === "main" ? facts.program.params.length : fn.params.length;
  return {
    name: fn.name,
    file: fn.file,
    kind: fn.kind,
    params,
    captures: fn.captures.length,
    registers,
    silent: facts.silent[fn.index]!,
    code,
    lines,
    ahead: unit.ahead,
  };
}

function unitFor(facts: ProgramFacts, fn: Fn, b: Builder, own: ReadonlyMap<Local, number>): Unit {
  const unit: Unit = {
    facts,
    fn,
    b,
    path: new SitePath(fn.name),
    controls: [],
    own,
    // The register of the function's value: nothing else writes it once a `return` has.
    returning: fn.locals.length,
    expected: new Map(),
    ahead: [],
    beside: (other) => unitFor(facts, fn, other, new Map()),
    expr: (expr, dest) => b.scratch(() => expression(unit, expr, dest)),
    operand: (expr) => data.operand(unit, expr),
    operands: (exprs) => data.operands(unit, exprs),
    discard: (expr) => b.scratch(() => discard(unit, expr)),
    block: (block, dest) => flow.block(unit, block, dest),
    jump: (condition, label, when) => numbers.jump(unit, condition, label, when),
  };
  return unit;
}

/** Blocks need no register for a value nobody wants. */
function discard(unit: Unit, expr: Expr): void {
  unit.b.mark(expr.span);
  switch (expr.kind) {
    case "assign":
      return data.assign(unit, expr, null);
    case "destructure":
      return data.destructure(unit, expr, null);
    case "block":
      return unit.path.within("seq", () => unit.block(expr.block, null));
    case "if":
      return flow.ifElse(unit, expr, null);
    case "match":
      return flow.match(unit, expr, null);
    case "try":
      return guards.tryBlock(unit, expr, null);
    case "timeout":
      return guards.timeout(unit, expr, null);
    case "retry":
      return guards.retry(unit, expr, null);
    default:
      return expression(unit, expr, unit.b.temp());
  }
}

function expression(unit: Unit, expr: Expr, dest: number): void {
  const { b } = unit;
  b.mark(expr.span);
  switch (expr.kind) {
    case "const":
      return data.constant(unit, expr, dest);
    case "local":
      return data.local(unit, expr, dest);
    case "assign":
      return data.assign(unit, expr, dest);
    case "destructure":
      return data.destructure(unit, expr, dest);
    case "convert":
      return data.convert(unit, expr, dest);
    case "text":
      return data.text(unit, expr, dest);
    case "concat":
      return data.concat(unit, expr, dest);
    case "negate":
      return numbers.negate(unit, expr, dest);
    case "not":
      return b.emit("NOT", dest, unit.operand(expr.value));
    case "binary":
      return numbers.binary(unit, expr, dest);
    case "logical":
      return data.truth(unit, expr, dest);
    case "coalesce":
      return data.coalesce(unit, expr, dest);
    case "list":
    case "tuple":
      return data.list(unit, expr.items, dest);
    case "map":
      return data.map(unit, expr, dest);
    case "record":
      return data.record(unit, expr, dest);
    case "case":
      return data.caseOf(unit, expr, dest);
    case "field":
      return b.emit("FIELD", dest, unit.operand(expr.object), expr.index);
    case "error-field":
      return data.errorField(unit, expr, dest);
    case "any-field":
      return b.emit("FIELD_ANY", dest, unit.operand(expr.object), unit.facts.tables.constant(expr.name));
    case "flag":
      return b.emit("FLAG", dest, unit.operand(expr.object), expr.bit);
    case "index":
      return data.index(unit, expr, dest);
    case "call":
      return calls.call(unit, expr, dest);
    case "call-value":
      return calls.callValue(unit, expr, dest);
    case "prelude":
      return calls.prelude(unit, expr, dest);
    case "foreign":
      return calls.foreign(unit, expr, dest);
    case "lambda":
      return data.closure(unit, expr.body, dest);
    case "block":
      return unit.path.within("seq", () => unit.block(expr.block, dest));
    case "if":
      return flow.ifElse(unit, expr, dest);
    case "match":
      return flow.match(unit, expr, dest);
    case "try":
      return guards.tryBlock(unit, expr, dest);
    case "para":
    case "race":
      return guards.branches(unit, expr, dest);
    case "para-for":
      return guards.paraFor(unit, expr, dest);
    case "timeout":
      return guards.timeout(unit, expr, dest);
    case "retry":
      return guards.retry(unit, expr, dest);
    case "spawn":
      return calls.spawn(unit, expr, dest);
    case "await":
      return calls.awaitTask(unit, expr, dest);
    case "wait-signal":
      return calls.waitSignal(unit, expr, dest);
    case "shell":
      return calls.shell(unit, expr, dest);
    case "shellpipe":
      return calls.shellpipe(unit, expr, dest);
  }
}
