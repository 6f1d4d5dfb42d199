/** Patterns: tests that jump away when they fail, and bindings. */
import type { Label } from "./builder.ts";
import type { Unit } from "./unit.ts";
import type { Pattern } from "../typed.ts";

/** Jumps to `fail` unless the value in `subject` matches; binds names on the way. */
export function bindPattern(unit: Unit, pattern: Pattern, subject: number, fail: Label): void {
  const { b } = unit;
  switch (pattern.kind) {
    case "any":
      return;
    case "bind":
      return b.emit("MOVE", pattern.local.index, subject);
    case "const":
      return constant(unit, pattern, subject, fail);
    case "some":
      b.emit("JNIL", subject, fail);
      if (!pattern.boxed) return bindPattern(unit, pattern.inner, subject, fail);
      return part(unit, pattern.inner, fail, (inner) => b.emit("UNSOME", inner, subject));
    case "case":
      return caseOf(unit, pattern, subject, fail);
    case "tuple":
      return pattern.items.forEach((item, i) => part(unit, item, fail, (at) => b.emit("FIELD", at, subject, i)));
    case "record":
      for (const { index, pattern: field } of pattern.fields) {
        part(unit, field, fail, (at) => b.emit("FIELD", at, subject, index));
      }
      return;
    case "or":
      return alternatives(unit, pattern.alternatives, subject, fail);
  }
}

function part(unit: Unit, pattern: Pattern, fail: Label, load: (register: number) => void): void {
  if (pattern.kind === "any") return;
  if (pattern.kind === "bind") return load(pattern.local.index);
  unit.b.scratch(() => {
    const register = unit.b.temp();
    load(register);
    bindPattern(unit, pattern, register, fail);
  });
}

function constant(unit: Unit, pattern: Extract<Pattern, { kind: "const" }>, subject: number, fail: Label): void {
  const { b, facts } = unit;
  if (pattern.value === null && pattern.of.kind !== "Any") return b.emit("JVAL", subject, fail);
  b.scratch(() => {
    const [value, equal] = [b.temp(), b.temp()];
    b.emit("CONST", value, facts.tables.constant(pattern.value));
    b.emit("EQ", equal, subject, value, facts.tables.type(pattern.of));
    b.emit("JF", equal, fail);
  });
}

function caseOf(unit: Unit, pattern: Extract<Pattern, { kind: "case" }>, subject: number, fail: Label): void {
  const { b } = unit;
  b.scratch(() => {
    const tag = b.temp();
    b.emit("TAG", tag, subject);
    b.emit("JNEK", tag, pattern.index, fail);
  });
  if (pattern.payload !== null) part(unit, pattern.payload, fail, (at) => b.emit("PAYLOAD", at, subject));
}

function alternatives(unit: Unit, all: readonly Pattern[], subject: number, fail: Label): void {
  const matched = unit.b.label();
  all.forEach((pattern, i) => {
    const next = i === all.length - 1 ? fail : unit.b.label();
    bindPattern(unit, pattern, subject, next);
    if (next === fail) return;
    unit.b.emit("JUMP", matched);
    unit.b.place(next);
  });
  unit.b.place(matched);
}
