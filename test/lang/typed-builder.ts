/** Typed trees by hand, for tests of the compiler and the VM that do without parser and checker. */
import { Source } from "../../src/lang/source.ts";
import type { Block, CheckedProgram, Expr, Fn, Local, Statement } from "../../src/lang/typed.ts";
import type { Type } from "../../src/lang/types.ts";
import type { Value } from "../../src/wit/value.ts";

export const span: { readonly start: number; readonly end: number } = { start: 0, end: 1 };
export const INT: Type = { kind: "Int" };
export const STRING: Type = { kind: "String" };
export const NIL: Type = { kind: "Nil" };
export const BOOL: Type = { kind: "Bool" };

/** Variables of one function under construction. */
export class Locals {
  readonly all: Local[] = [];
  declare(name: string, type: Type, checked = false): Local {
    const local = { index: this.all.length, name, type, checked };
    this.all.push(local);
    return local;
  }
}

export function constant(value: Value, type: Type): Expr {
  return { kind: "const", value, type, span };
}
export function int(value: number | bigint): Expr {
  return constant(value, INT);
}
export function string(value: string): Expr {
  return constant(value, STRING);
}
export function read(local: Local): Expr {
  return { kind: "local", local, type: local.type, span };
}
export function assign(local: Local, value: Expr): Statement {
  return { kind: "expression", expr: { kind: "assign", local, value, type: local.type, span } };
}
export function arithmetic(op: "add" | "sub" | "mul", left: Expr, right: Expr): Expr {
  return { kind: "binary", op: { op, on: "Int" }, left, right, type: INT, span };
}
export function less(left: Expr, right: Expr): Expr {
  return { kind: "binary", op: { op: "lt", on: "Int" }, left, right, type: BOOL, span };
}
export function print(value: Expr): Statement {
  return { kind: "print", value: { kind: "text", from: value.type, value, type: STRING, span }, span };
}
export function block(statements: readonly Statement[], value: Expr | null = null): Block {
  return { statements, value, type: value?.type ?? NIL };
}
export function call(fn: number, args: readonly Expr[], type: Type): Expr {
  return { kind: "call", fn, args: args.map((value, param) => ({ param, value })), type, span };
}

export function fn(fields: Partial<Fn> & Pick<Fn, "index" | "name" | "body">, locals: Locals): Fn {
  return {
    kind: fields.index === 0 ? "main" : "function",
    file: 0,
    span,
    params: [],
    captures: [],
    locals: locals.all,
    unpack: [],
    result: fields.body.type,
    row: "pure",
    ...fields,
  };
}

export function program(functions: readonly Fn[]): CheckedProgram {
  return { files: [new Source("test.sennit", "x")], functions, packages: [], params: [], shells: [] };
}
