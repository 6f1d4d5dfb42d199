/** Values of declared types: `P(1.0, 2.0)`, `P(..p, x: 2.0)`, `circle(2.0)`, `F(a, b)`, `ok(v)` (rules 15, 16, 48). */
import type { Arg } from "../ast.ts";
import { accept, check } from "./accept.ts";
import { inferAnyway, matchArguments } from "./arguments.ts";
import type { Checked } from "./checked.ts";
import { wrong } from "./checked.ts";
import { fail, infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import type { Entity } from "./entities.ts";
import { close, isWrong, openTy, resolve } from "./infer-types.ts";
import type { Ty } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import type { Span } from "../source.ts";
import type { Argument, Expr } from "../typed.ts";
import type { FlagsType, RecordType, Type } from "../types.ts";

export type Case = Extract<Entity, { readonly kind: "case" }>;

export function caseName({ type, index }: Case): string {
  const at = type.cases[index];
  return typeof at === "string" ? at : (at?.name ?? "");
}

export function payloadOf({ type, index }: Case): Type | null {
  return type.kind === "enum" ? null : (type.cases[index]?.payload ?? null);
}

/** A case without payload, as a value. */
export function plainCase(of: Case, span: Span): Checked {
  const { type, index } = of;
  if (type.kind === "enum")
    return { ty: type, span, pure: true, emit: () => ({ kind: "const", value: index, type, span }) };
  return { ty: type, span, pure: true, emit: () => ({ kind: "case", index, payload: null, type, span }) };
}

/** `circle(2.0)`; several arguments are one tuple. */
export function callCase(r: Routine, of: Case, args: readonly Arg[], span: Span): Checked {
  const payload = payloadOf(of);
  const name = caseName(of);
  if (payload === null) {
    inferAnyway(r, args);
    if (args.length === 0)
      report(r, span, "no-payload", { name }, { label: "takes nothing", hint: `Write \`${name}\`` });
    else report(r, span, "no-payload", { name }, { label: `\`${of.type.name}.${name}\` takes nothing` });
    return wrong(span);
  }
  const many = payload.kind === "tuple" && args.length !== 1;
  const params = many ? payload.items : [payload];
  const names = params.map((_, i) => ({ name: `a${i}`, optional: false }));
  const matched = matchArguments(r, args, names, span, `${of.type.name}.${name}`);
  if (matched === null) return wrong(span);
  const values = matched.map(({ param, arg }) =>
    check(r, arg.value, params[param] ?? payload, { what: `what \`${name}\` holds` }),
  );
  if (values.some((v) => isWrong(v.ty))) return { ...wrong(span), ty: of.type };
  const emitPayload = (): Expr => {
    const made = values.map((v) => v.emit());
    const [only] = made;
    return !many && only !== undefined ? only : { kind: "tuple", items: made, type: payload, span };
  };
  return {
    ty: of.type,
    span,
    pure: values.every((v) => v.pure),
    emit: () => ({ kind: "case", index: of.index, payload: emitPayload(), type: close(of.type), span }),
  };
}

/** `ok(v)` and `err(e)` of a Result; the other side is open. */
export function callResultCase(
  r: Routine,
  name: "ok" | "err",
  args: readonly Arg[],
  span: Span,
  expected: Ty | null,
): Checked {
  const want = expected === null ? null : resolve(expected);
  const known = want?.kind === "result" ? want : null;
  const matched = matchArguments(
    r,
    args,
    [{ name: "value", optional: known !== null && resolve(known[name]).kind === "Nil" }],
    span,
    name,
  );
  if (matched === null) return wrong(span);
  const tree = matched[0]?.arg.value ?? { kind: "nil" as const, span };
  const value = known === null ? infer(r, tree) : check(r, tree, known[name], { what: `what \`${name}\` holds` });
  const ty = known ?? openResult(r, name, value.ty, span);
  const index = name === "ok" ? 0 : 1;
  return {
    ty,
    span,
    pure: value.pure,
    emit: () => ({ kind: "case", index, payload: value.emit(), type: close(ty), span }),
  };
}

function openResult(r: Routine, name: "ok" | "err", value: Ty, span: Span): Ty {
  const other = openTy(span, "result");
  r.opens.push(other);
  return name === "ok" ? { kind: "result", ok: value, err: other } : { kind: "result", ok: other, err: value };
}

/** `P(1.0, 2.0)`, `P(x: 1.0, y: 2.0)`, `P(..p, x: 2.0)`. */
export function callRecord(r: Routine, type: RecordType, args: readonly Arg[], span: Span): Checked {
  const [first, ...others] = args;
  const base = first?.spread === true ? accept(r, infer(r, first.value, type), type, { what: "what is copied" }) : null;
  const rest = base === null ? args : others;
  const params = type.fields.map((f) => ({ name: f.name, optional: base !== null }));
  const matched = matchArguments(r, rest, params, span, type.name);
  if (matched === null) return { ...wrong(span), ty: type };
  const fields = matched.map(({ param, arg }) => {
    const field = type.fields[param];
    const ty: Ty = field === undefined ? { kind: "error" } : field.type;
    return { param, value: check(r, arg.value, ty, { what: `\`${field?.name ?? ""}\` of \`${type.name}\`` }) };
  });
  const emit = (): Expr => ({
    kind: "record",
    of: type,
    base: base?.emit() ?? null,
    fields: fields.map(({ param, value }): Argument => ({ param, value: value.emit() })),
    type,
    span,
  });
  return { ty: type, span, emit, pure: (base?.pure ?? true) && fields.every((f) => f.value.pure) };
}

/** `F(a, b)`: a constant. */
export function callFlags(r: Routine, type: FlagsType, args: readonly Arg[], span: Span): Checked {
  let bits = 0n;
  for (const { value } of args) {
    const bit = value.kind === "name" ? type.labels.indexOf(value.name) : -1;
    if (bit >= 0) bits |= 1n << BigInt(bit);
    else return notFlag(r, type, value.kind === "name" ? value.name : "…", value.span);
  }
  return { ty: type, span, pure: true, emit: () => ({ kind: "const", value: Number(bits), type, span }) };
}

function notFlag(r: Routine, type: FlagsType, name: string, span: Span): Checked {
  const near = nearest(name, type.labels);
  return fail(
    r,
    span,
    "unknown-case",
    { name, of: type.name },
    {
      label: `it has ${type.labels.map((l) => `\`${l}\``).join(", ")}`,
      hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    },
  );
}
