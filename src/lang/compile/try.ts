/** Blocks that guard, limit or repeat their body, and blocks of branches. */
import { closure, row } from "./data.ts";
import { within } from "./flow.ts";
import { site } from "./unit.ts";
import type { Control, Unit } from "./unit.ts";
import type { Capture, Expr } from "../typed.ts";

type Of<K extends Expr["kind"]> = Extract<Expr, { kind: K }>;

export function tryBlock(unit: Unit, expr: Of<"try">, dest: number | null): void {
  unit.path.within("try", () => {
    if (expr.cleanup === null) return guarded(unit, expr, dest);
    cleaned(unit, expr, expr.cleanup, dest);
  });
}

/** `FINALLY start r; body; LEAVE; r = 0; SHIELD; start: clean-up; END_FINALLY r; jumps that came through` */
function cleaned(unit: Unit, expr: Of<"try">, cleanup: NonNullable<Of<"try">["cleanup"]>, dest: number | null): void {
  const { b } = unit;
  const start = b.label();
  const register = b.temp();
  // The value must survive the clean-up, which may change the variable it is for.
  const result = dest === null ? null : b.temp();
  const control: Extract<Control, { kind: "finally" }> = { kind: "finally", start, register, jumps: [] };
  b.emit("FINALLY", start, register);
  within(unit, control, () => guarded(unit, expr, result));
  b.emit("LEAVE");
  b.emit("INT", register, 0);
  b.emit("SHIELD", register);
  b.place(start);
  unit.path.within("finally", () => unit.block(cleanup, null));
  b.emit("END_FINALLY", register);
  for (const jump of control.jumps) {
    const skip = b.label();
    b.emit("JNEK", register, jump.id, skip);
    jump.next();
    b.place(skip);
  }
  if (dest !== null && result !== null) b.emit("MOVE", dest, result);
}

function guarded(unit: Unit, { body, handler }: Of<"try">, dest: number | null): void {
  const { b } = unit;
  const [caught, end] = [b.label(), b.label()];
  const error = handler?.local.index ?? b.temp();
  b.emit("TRY", handler === null ? -1 : caught, error);
  within(unit, { kind: "handler" }, () => unit.block(body, dest));
  b.emit("LEAVE");
  if (handler === null) return;
  b.emit("JUMP", end);
  b.place(caught);
  unit.path.within("catch", () => unit.block(handler.body, dest));
  b.place(end);
}

export function timeout(unit: Unit, expr: Of<"timeout">, dest: number | null): void {
  const { b, path } = unit;
  path.within("timeout", () => {
    const duration = unit.operand(expr.duration);
    b.mark(expr.span);
    b.emit("TIMEOUT", duration, site(unit, "timer"));
    within(unit, { kind: "timeout" }, () => unit.block(expr.body, dest));
    b.emit("UNARM");
  });
}

/** Registers of a retry, from the first: what `RETRY`, `ATTEMPT` and `BACKOFF` agree on. */
const ATTEMPT = 4;
const RETRY_REGISTERS = 7;

export function retry(unit: Unit, expr: Of<"retry">, dest: number | null): void {
  const { b, facts, path } = unit;
  path.within("retry", () => {
    const first = b.window(RETRY_REGISTERS);
    const nothing: Expr = { kind: "const", value: null, type: { kind: "Nil" }, span: expr.span };
    const never: Expr = { kind: "const", value: false, type: { kind: "Bool" }, span: expr.span };
    [expr.times, expr.backoff, expr.within ?? nothing, expr.freshKey ?? never].forEach((part, i) =>
      b.scratch(() => unit.expr(part, first + i)),
    );
    const [again, failed, end] = [b.label(), b.label(), b.label()];
    b.emit("INT", first + ATTEMPT, 1);
    b.emit("CONST", first + ATTEMPT + 1, facts.tables.constant(null));
    b.mark(expr.span);
    b.emit("RETRY", first, site(unit, "retry"));
    b.place(again);
    b.emit("ATTEMPT", failed, first);
    within(unit, { kind: "retry" }, () => within(unit, { kind: "handler" }, () => unit.block(expr.body, dest)));
    b.emit("LEAVE");
    b.emit("JUMP", end);
    b.place(failed);
    const go = b.temp();
    b.mark(expr.span);
    b.emit("BACKOFF", go, first);
    b.emit("JT", go, again);
    b.emit("RETHROW", first + RETRY_REGISTERS - 1);
    b.place(end);
    b.emit("UNRETRY");
  });
}

function closures(unit: Unit, branches: readonly Capture[]): number {
  const first = unit.b.window(branches.length);
  branches.forEach((branch, i) => unit.b.scratch(() => closure(unit, branch, first + i)));
  return first;
}

export function branches(unit: Unit, expr: Of<"para"> | Of<"race">, dest: number): void {
  const first = closures(unit, expr.branches);
  unit.b.mark(expr.span);
  const where = site(unit, expr.kind);
  unit.b.emit(expr.kind === "para" ? "PARA" : "RACE", dest, first, expr.branches.length, where);
}

const OVER: readonly string[] = ["list", "map", "Any"];

export function paraFor(unit: Unit, expr: Of<"para-for">, dest: number): void {
  const { b } = unit;
  const nothing: Expr = { kind: "const", value: null, type: { kind: "Nil" }, span: expr.span };
  const first = row(unit, [expr.list, expr.limit ?? nothing]);
  const body = b.temp();
  closure(unit, expr.body, body);
  b.emit("ITEMS", first, first, OVER.indexOf(expr.over));
  b.mark(expr.span);
  b.emit("PARA_FOR", dest, first, body, first + 1, site(unit, "para-for"));
}
