/** Arguments to parameters: positional, then named (rule 46). */
import type { Arg } from "../ast.ts";
import { infer, report } from "./context.ts";
import type { Routine } from "./context.ts";
import { poison } from "./infer-types.ts";
import { nearest } from "../nearest.ts";
import type { Span } from "../source.ts";

export interface ParamName {
  readonly name: string;
  readonly optional: boolean;
}

/** In the order written. */
export interface Matched {
  readonly param: number;
  readonly arg: Arg;
}

/** Which parameter each argument fills, or null when that was reported. `of` names what is called. */
export function matchArguments(
  r: Routine,
  args: readonly Arg[],
  params: readonly ParamName[],
  span: Span,
  of: string,
): readonly Matched[] | null {
  const matched = match(r, args, params, span, of);
  if (matched === null) inferAnyway(r, args);
  return matched;
}

/** The parameter of each argument, or null; nothing is reported. */
export function paramIndices(args: readonly Arg[], params: readonly ParamName[]): readonly number[] | null {
  const indices = args.map((arg, i) => (arg.name === null ? i : params.findIndex((p) => p.name === arg.name?.name)));
  const isFilled = (i: number): boolean => indices.includes(i);
  const fits = indices.every((i, at) => i >= 0 && i < params.length && indices.indexOf(i) === at);
  return fits && params.every((p, i) => p.optional || isFilled(i)) ? indices : null;
}

function match(
  r: Routine,
  args: readonly Arg[],
  params: readonly ParamName[],
  span: Span,
  of: string,
): readonly Matched[] | null {
  const matched: Matched[] = [];
  let named = false;
  for (const [i, arg] of args.entries()) {
    if (arg.spread)
      return refuse(() =>
        report(r, arg.span, "misplaced-spread", undefined, { label: "copies a record, in `P(..p, x: 1)`" }),
      );
    if (arg.name === null && named) {
      return refuse(() =>
        report(r, arg.span, "positional-after-named", undefined, {
          label: "has no name",
          hint: "Name it too, or put it first",
        }),
      );
    }
    named ||= arg.name !== null;
    const param = arg.name === null ? i : params.findIndex((p) => p.name === arg.name?.name);
    if (arg.name !== null && param < 0) return refuse(() => unknownArgument(r, arg, params, of));
    if (param >= params.length) return refuse(() => wrongArity(r, args.length, params, span, of));
    if (matched.some((m) => m.param === param)) {
      return refuse(() =>
        report(
          r,
          arg.span,
          "duplicate-argument",
          { name: params[param]?.name ?? "" },
          { label: "given a second time" },
        ),
      );
    }
    matched.push({ param, arg });
  }
  const missing = params.filter((p, i) => !p.optional && !matched.some((m) => m.param === i));
  return missing.length === 0 ? matched : refuse(() => reportMissing(r, args, params, missing, span, of));
}

function refuse(how: () => void): null {
  how();
  return null;
}

function reportMissing(
  r: Routine,
  args: readonly Arg[],
  params: readonly ParamName[],
  missing: readonly ParamName[],
  span: Span,
  of: string,
): void {
  if (args.every((a) => a.name === null)) return wrongArity(r, args.length, params, span, of);
  const names = missing.map((p) => `\`${p.name}\``).join(", ");
  report(
    r,
    span,
    "missing-argument",
    { name: missing[0]?.name ?? "", of },
    { label: `${names} of \`${of}\` is missing` },
  );
}

function wrongArity(r: Routine, got: number, params: readonly ParamName[], span: Span, of: string): void {
  const least = params.filter((p) => !p.optional).length;
  const want = least === params.length ? String(least) : `${least} to ${params.length}`;
  const names = params.map((p) => (p.optional ? `${p.name}?` : p.name)).join(", ");
  report(r, span, "wrong-arity", { want, got }, { label: `it is \`${of}(${names})\`` });
}

function unknownArgument(r: Routine, arg: Arg, params: readonly ParamName[], of: string): void {
  const name = arg.name?.name ?? "";
  const near = nearest(
    name,
    params.map((p) => p.name),
  );
  report(
    r,
    arg.name?.span ?? arg.span,
    "unknown-argument",
    { name, of },
    {
      label: `\`${of}\` has ${params.length === 0 ? "no parameters" : params.map((p) => `\`${p.name}\``).join(", ")}`,
      hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
    },
  );
}

/** Mistakes inside the arguments are worth saying, even when they go nowhere. Lambdas would only lack their types. */
export function inferAnyway(r: Routine, args: readonly Arg[]): void {
  for (const arg of args) if (arg.value.kind !== "lambda") poison(infer(r, arg.value).ty);
}
