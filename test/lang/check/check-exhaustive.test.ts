/** Exhaustiveness against brute force: over small types every value can be tried. */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { anyShape, Matrix } from "../../../src/lang/check/exhaustive.ts";
import type { Shape } from "../../../src/lang/check/exhaustive.ts";
import type { Ty } from "../../../src/lang/check/infer-types.ts";

/** A value as the shape that matches it alone. */
interface Made {
  readonly what: number;
  readonly parts: readonly Made[];
}

const bool: Ty = { kind: "Bool" };
const ty: Ty = {
  kind: "tuple",
  items: [
    bool,
    { kind: "option", some: bool },
    {
      kind: "variant",
      id: "0:S",
      name: "S",
      cases: [
        { name: "dot", payload: null },
        { name: "line", payload: { kind: "Bool" } },
        { name: "end", payload: null },
      ],
    },
  ],
};

const bools: readonly Made[] = [0, 1].map((what) => ({ what, parts: [] }));
const options: readonly Made[] = [{ what: 0, parts: [] }, ...bools.map((b) => ({ what: 1, parts: [b] }))];
const variants: readonly Made[] = [
  { what: 0, parts: [] },
  ...bools.map((b) => ({ what: 1, parts: [b] })),
  { what: 2, parts: [] },
];
const values: readonly Made[] = bools.flatMap((a) =>
  options.flatMap((b) => variants.map((c) => ({ what: 0, parts: [a, b, c] }))),
);

function matches(shape: Shape, value: Made): boolean {
  if (shape.kind === "any") return true;
  if (shape.kind === "or") return shape.of.some((s) => matches(s, value));
  return (
    shape.what === value.what &&
    shape.parts.every((part, i) => value.parts[i] !== undefined && matches(part, value.parts[i]))
  );
}

function is(what: number, ...parts: fc.Arbitrary<Shape>[]): fc.Arbitrary<Shape> {
  return fc.tuple(...parts).map((made): Shape => ({ kind: "is", what, parts: made }));
}

function alternatives(of: fc.Arbitrary<Shape>): fc.Arbitrary<Shape> {
  const either = fc.array(of, { minLength: 2, maxLength: 3 }).map((list): Shape => ({ kind: "or", of: list }));
  return fc.oneof({ weight: 4, arbitrary: of }, { weight: 1, arbitrary: either });
}

const any = fc.constant(anyShape);
const boolShape = alternatives(fc.oneof(any, is(0), is(1)));
const optionShape = alternatives(fc.oneof(any, is(0), is(1, boolShape)));
const variantShape = alternatives(fc.oneof(any, is(0), is(1, boolShape), is(2)));
const shapes = fc.array(is(0, boolShape, optionShape, variantShape), { maxLength: 8 });

describe("Matrix", () => {
  it("missing() finds something exactly when some value matches no row (H2)", () => {
    fc.assert(
      fc.property(shapes, (rows) => {
        const isLeftOut = values.some((value) => !rows.some((row) => matches(row, value)));
        const found = new Matrix().missing(
          rows.map((row) => [row]),
          [ty],
        );

        expect(found !== null).toBe(isLeftOut);
      }),
      { numRuns: 400, seed: 7 },
    );
  });

  it("useful() says whether a row matches what none above does (H1)", () => {
    fc.assert(
      fc.property(shapes, is(0, boolShape, optionShape, variantShape), (rows, row) => {
        const isUseful = values.some((value) => matches(row, value) && !rows.some((above) => matches(above, value)));

        expect(
          new Matrix().useful(
            rows.map((above) => [above]),
            [row],
            [ty],
          ),
        ).toBe(isUseful);
      }),
      { numRuns: 400, seed: 11 },
    );
  });

  it("writes what is missing as patterns a program could write", () => {
    const dotOnly: Shape = { kind: "is", what: 0, parts: [anyShape, anyShape, { kind: "is", what: 0, parts: [] }] };

    expect(new Matrix().missing([[dotOnly]], [ty])).toEqual(["(_, _, line(_))"]);
  });
});
