/** What the fold functions of the conformance world must give, written down once in TypeScript. */
import type { Value } from "../../src/wit/value.ts";
import { CaseValue, ERR, OK, integer } from "../../src/wit/value.ts";

type Fold = (...args: readonly never[]) => Value;

function items<T>(list: Iterable<T>): readonly T[] {
  return [...list];
}

export const folds: Readonly<Record<string, Fold>> = {
  "sum-u8": (xs: Iterable<number>) => items(xs).reduce((a, b) => a + b, 0),
  "sum-s64": (xs: Iterable<number | bigint>) =>
    integer(
      BigInt.asIntN(
        64,
        items(xs).reduce<bigint>((a, b) => a + BigInt(b), 0n),
      ),
    ),
  "sum-f64": (xs: Iterable<number>) => items(xs).reduce((a, b) => a + b, 0),
  concat: (xs: readonly string[]) => xs.join(""),
  "count-chars": (s: string) => [...s].length,
  "count-true": (xs: readonly boolean[]) => xs.filter(Boolean).length,
  "count-nested": (xs: readonly { readonly length: number }[]) => xs.reduce((n, list) => n + list.length, 0),
  "count-permissions": (p: number) => [0, 1, 2, 3].filter((bit) => ((p >> bit) & 1) === 1).length,
  centre: (xs: readonly (readonly [number, number])[]) => [
    xs.reduce((a, [x]) => a + x, 0),
    xs.reduce((a, [, y]) => a + y, 0),
  ],
  "names-of": (xs: readonly (readonly Value[])[], which: number) =>
    xs.flatMap((particle) => (particle[6] === which ? [particle[1] ?? null] : [])),
  measure: (s: CaseValue) => measure(s),
  "first-some": (xs: readonly (number | null)[]) => xs.find((x) => x !== null) ?? null,
  divide: (left: number, right: number) =>
    right === 0 ? new CaseValue(ERR, "division by zero") : new CaseValue(OK, Math.trunc(left / right) | 0),
};

function measure({ index, payload }: CaseValue): Value {
  switch (index) {
    case 0:
      return 0;
    case 1:
      return 1;
    case 2:
      return (payload as readonly Value[]).length;
    case 3:
      return [...(payload as string)].length;
    case 4:
      return payload;
    default:
      return (payload as readonly Value[])[0] ?? null;
  }
}
