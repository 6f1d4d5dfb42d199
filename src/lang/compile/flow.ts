/** Statements and blocks that stay in their function: sequences, loops, `if`, `match`, leaving early. */
import type { Label } from "./builder.ts";
import { expectInLoop } from "./ahead.ts";
import { element } from "./bind.ts";
import * as calls from "./call.ts";
import { closure } from "./data.ts";
import { bindPattern } from "./pattern.ts";
import { site } from "./unit.ts";
import type { Control, Unit } from "./unit.ts";
import { hasSite } from "./walk.ts";
import type { Block, Expr, Statement } from "../typed.ts";

export function nil(unit: Unit, dest: number | null): void {
  if (dest !== null) unit.b.emit("CONST", dest, unit.facts.tables.constant(null));
}

export function block(unit: Unit, { statements, value }: Block, dest: number | null): void {
  for (const each of statements) unit.b.scratch(() => statement(unit, each));
  if (value === null) return nil(unit, dest);
  unit.b.scratch(() => (dest === null ? unit.discard(value) : unit.expr(value, dest)));
}

function statement(unit: Unit, s: Statement): void {
  if (s.kind !== "expression") unit.b.mark(s.span);
  switch (s.kind) {
    case "expression":
      return unit.discard(s.expr);
    case "while":
      return unit.path.within("while", () => whileLoop(unit, s));
    case "for":
      return unit.path.within("for", () => forLoop(unit, s));
    case "print":
      return calls.print(unit, s.value);
    case "raise":
      return raise(unit, s);
    case "assert":
      return assertion(unit, s);
    case "return":
      return leaveFunction(unit, s.value);
    case "break":
    case "continue":
      return leaveTurn(unit, s.kind);
    case "undo":
      return undo(unit, s);
  }
}

function raise(unit: Unit, s: Extract<Statement, { kind: "raise" }>): void {
  const value = unit.operand(s.value);
  unit.b.mark(s.span);
  if (s.of.kind === "Error") unit.b.emit("RETHROW", value);
  else unit.b.emit("RAISE", value, unit.facts.tables.type(s.of));
}

function assertion(unit: Unit, s: Extract<Statement, { kind: "assert" }>): void {
  const { b, facts } = unit;
  const holds = b.label();
  unit.jump(s.condition, holds, true);
  const message = b.temp();
  if (s.message === null) nil(unit, message);
  else unit.expr(s.message, message);
  b.mark(s.span);
  b.emit("ASSERT", message, facts.tables.constant(s.source));
  b.place(holds);
}

function undo(unit: Unit, s: Extract<Statement, { kind: "undo" }>): void {
  const body = unit.b.temp();
  closure(unit, s.body, body);
  unit.b.emit("UNDO", body);
}

function whileLoop(unit: Unit, s: Extract<Statement, { kind: "while" }>): void {
  const { b } = unit;
  const [onBreak, onContinue, top] = [b.label(), b.label(), b.label()];
  const scoped = hasSite([s.condition, s.body], unit.facts.silent);
  const body = (): void => within(unit, { kind: "loop", onBreak, onContinue, scoped }, () => unit.block(s.body, null));
  if (!scoped) {
    // The condition stands below the body: one jump a turn.
    b.emit("JUMP", onContinue);
    b.place(top);
    body();
    b.place(onContinue);
    b.mark(s.condition.span);
    unit.jump(s.condition, top, true);
    return b.place(onBreak);
  }
  const exit = b.label();
  b.place(top);
  b.emit("SCOPE", site(unit, "turn"));
  unit.jump(s.condition, exit, false);
  body();
  b.place(onContinue);
  b.emit("UNSCOPE");
  b.emit("JUMP", top);
  b.place(exit);
  b.emit("UNSCOPE");
  b.place(onBreak);
}

const OVER: readonly string[] = ["list", "map", "Any"];

function forLoop(unit: Unit, s: Extract<Statement, { kind: "for" }>): void {
  const { b } = unit;
  const [items, at, length] = [b.temp(), b.temp(), b.temp()];
  const [onBreak, onContinue, top, test] = [b.label(), b.label(), b.label(), b.label()];
  const scoped = hasSite(s.body, unit.facts.silent);
  unit.expr(s.list, items);
  b.emit("ITEMS", items, items, OVER.indexOf(s.over));
  b.emit("LEN", length, items);
  b.emit("INT", at, 0);
  b.emit("JUMP", test);
  b.place(top);
  if (scoped) b.emit("SCOPE", site(unit, "turn"));
  if (scoped) expectInLoop(unit, s, items, at);
  element(unit, s.bind, items, at);
  within(unit, { kind: "loop", onBreak, onContinue, scoped }, () => unit.block(s.body, null));
  b.place(onContinue);
  if (scoped) b.emit("UNSCOPE");
  b.emit("ADDK_I", at, at, 1);
  b.place(test);
  b.emit("JLT", at, length, top);
  b.place(onBreak);
}

export function within(unit: Unit, control: Control, body: () => void): void {
  unit.controls.push(control);
  body();
  unit.controls.pop();
}

function leaveFunction(unit: Unit, value: Expr | null): void {
  const { b } = unit;
  if (!unit.controls.some((control) => control.kind === "finally")) {
    const result = b.temp();
    if (value === null) nil(unit, result);
    else unit.expr(value, result);
    leave(unit, 0, () => b.emit("RETURN", result));
    return;
  }
  const result = unit.returning;
  if (value === null) nil(unit, result);
  else unit.expr(value, result);
  leave(unit, 0, () => b.emit("RETURN", result));
}

function leaveTurn(unit: Unit, kind: "break" | "continue"): void {
  let depth = unit.controls.length - 1;
  while (unit.controls[depth]!.kind !== "loop") depth--;
  const loop = unit.controls[depth] as Extract<Control, { kind: "loop" }>;
  // A `break` also leaves the scope of the turn; `continue` goes to where that is done anyway.
  if (kind === "break") return leave(unit, depth, () => unit.b.emit("JUMP", loop.onBreak));
  leave(unit, depth + 1, () => unit.b.emit("JUMP", loop.onContinue));
}

/** Leaves what surrounds us down to `depth`, innermost first, then goes on with `next`. */
export function leave(unit: Unit, depth: number, next: () => void): void {
  const { b, controls } = unit;
  for (let at = controls.length - 1; at >= depth; at--) {
    const control = controls[at]!;
    switch (control.kind) {
      case "loop":
        if (control.scoped) b.emit("UNSCOPE");
        break;
      case "handler":
        b.emit("LEAVE");
        break;
      case "timeout":
        b.emit("UNARM");
        break;
      case "retry":
        b.emit("UNRETRY");
        break;
      case "finally":
        return leaveThrough(unit, control, at, depth, next);
    }
  }
  next();
}

function leaveThrough(
  unit: Unit,
  control: Extract<Control, { kind: "finally" }>,
  at: number,
  depth: number,
  next: () => void,
): void {
  const id = control.jumps.length + 2;
  unit.b.emit("LEAVE");
  unit.b.emit("INT", control.register, id);
  unit.b.emit("SHIELD", control.register);
  unit.b.emit("JUMP", control.start);
  const outside = unit.controls.slice(0, at);
  control.jumps.push({ id, next: () => withControls(unit, outside, () => leave(unit, depth, next)) });
}

function withControls(unit: Unit, controls: readonly Control[], body: () => void): void {
  const saved = unit.controls.splice(0, unit.controls.length, ...controls);
  body();
  unit.controls.splice(0, unit.controls.length, ...saved);
}

export function ifElse(unit: Unit, expr: Extract<Expr, { kind: "if" }>, dest: number | null): void {
  const { b, path } = unit;
  const [otherwise, end] = [b.label(), b.label()];
  unit.jump(expr.condition, otherwise, false);
  path.within("if", () => {
    path.within("then", () => unit.block(expr.then, dest));
    if (expr.otherwise === null && dest === null) return b.place(otherwise);
    b.emit("JUMP", end);
    b.place(otherwise);
    const last = expr.otherwise;
    if (last === null) nil(unit, dest);
    else path.within("else", () => unit.block(last, dest));
  });
  b.place(end);
}

export function match(unit: Unit, expr: Extract<Expr, { kind: "match" }>, dest: number | null): void {
  const { b, path } = unit;
  const subject = b.temp();
  const end = b.label();
  unit.expr(expr.subject, subject);
  path.within("match", () => {
    for (const arm of expr.arms) {
      const next: Label = b.label();
      b.scratch(() => bindPattern(unit, arm.pattern, subject, next));
      if (arm.guard !== null) unit.jump(arm.guard, next, false);
      path.within("arm", () => unit.block(arm.body, dest));
      b.emit("JUMP", end);
      b.place(next);
    }
  });
  nil(unit, dest);
  b.place(end);
}
