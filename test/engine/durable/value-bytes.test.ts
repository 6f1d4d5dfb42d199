import { describe, expect, it } from "vitest";

import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { Value } from "../../../src/wit/value.ts";

const values: ValueBytes = new ValueBytes({ types: [], functions: [] });

describe("isSame()", () => {
  const one: Value = [1, "a", [2]];

  it("looks at what is there, and not at what is shared", () => {
    const shared = values.encode([one, one]);
    const apart = values.encode([one, [1, "a", [2]]]);
    expect(shared).not.toEqual(apart);
    expect(values.isSame(shared, [one, [1, "a", [2]]])).toBe(true);
    expect(values.isSame(apart, [one, one])).toBe(true);
  });

  it.each([[[one, [1, "a", [3]]]], [[one]], [[one, one, one]], [[one, [1, "a", ["2"]]]], [[one, [1, "a", 2]]]])(
    "tells others apart",
    (other) => {
      expect(values.isSame(values.encode([one, one]), other as Value)).toBe(false);
    },
  );

  it("tells 0 from -0, and finds NaN the same", () => {
    expect(values.isSame(values.encode(0), -0)).toBe(false);
    expect(values.isSame(values.encode(NaN), NaN)).toBe(true);
  });
});
