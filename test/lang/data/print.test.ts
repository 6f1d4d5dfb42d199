import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { printBytes, printFloat, printForm, printString } from "../../../src/lang/data/print.ts";
import { printDuration, printInstant } from "../../../src/lang/data/print-time.ts";
import { AnyTyped, Closure, ErrorValue, Task } from "../../../src/lang/value.ts";
import type { Type } from "../../../src/lang/types.ts";
import { AnyFloat } from "../../../src/wit/any.ts";
import { Handle, Some } from "../../../src/wit/value.ts";
import { record } from "../vm/replay.ts";
import { compileText } from "../vm/run-program.ts";

/** What a program prints that has this literal in a list. */
function printed(literal: string): string {
  return record(compileText(`print [${literal}];`)).output.join("\n");
}

describe("literals", () => {
  it("of texts, Bytes and Floats mean what they were printed from", () => {
    const text = fc.string({ unit: "binary", maxLength: 12 }).filter((s) => s.isWellFormed());
    fc.assert(
      fc.property(text, fc.uint8Array({ maxLength: 12 }), fc.double({ noNaN: true }), (s, b, x) => {
        const float = Number.isFinite(x) ? printFloat(Math.abs(x)) : "inf";
        const literals = `(${printString(s)}, ${printBytes(b)}, ${float})`;
        expect(printed(literals)).toBe(`[${literals}]`);
        expect(record(compileText(`print ${printString(s)};`)).output).toEqual([s]);
      }),
      { numRuns: 300 },
    );
  });

  it("of Floats follow rule 43", () => {
    const forms = [4, 6e23, 1e21, 1e-7, -0, Infinity, -Infinity, NaN, 0.1, 123456789012345680000].map(printFloat);
    expect(forms).toEqual([
      "4.0",
      "6e23",
      "1e21",
      "1e-7",
      "-0.0",
      "inf",
      "-inf",
      "nan",
      "0.1",
      "123456789012345680000.0",
    ]);
  });

  it("of Durations use the largest unit that divides", () => {
    const n = [90e9, 60e9, 1_500_000, 1, 0, 86_400e9, 5_400e9].map(printDuration);
    expect(n).toEqual(["90s", "1m", "1500us", "1ns", "0s", "1d", "90m"]);
    expect(printDuration(2n ** 64n - 1n)).toBe("18446744073709551615ns");
  });

  it("of Instants are dates", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("0000-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
        (date) => {
          const iso = date
            .toISOString()
            .replace(".000Z", "Z")
            .replace(/(\.[0-9]*?)0+Z$/, "$1Z");
          expect(printInstant(BigInt(date.getTime()) * 1_000_000n)).toBe(`instant("${iso}")`);
        },
      ),
    );
    expect(printInstant(1)).toBe('instant("1970-01-01T00:00:00.000000001Z")');
    expect(printInstant(-1)).toBe('instant("1969-12-31T23:59:59.999999999Z")');
  });
});

describe("print forms of what has no literal", () => {
  const resource: Type = {
    kind: "resource",
    id: "x",
    name: "counter",
    resource: { kind: "resource", name: { interface: null, name: "counter" } },
  };
  const any: Type = { kind: "Any" };
  const point: Type = { kind: "record", id: "0:P", name: "P", fields: [{ name: "x", type: { kind: "Float" } }] };

  it("say what they are", () => {
    expect([
      printForm(new Handle(1, 2), resource, []),
      printForm(new Closure(0, []), { kind: "fn", params: [], result: any }, []),
      printForm(new Task("t"), { kind: "task", result: any }, []),
      printForm(new ErrorValue({ code: "raised", message: "no" }), { kind: "Error" }, []),
    ]).toEqual(["<counter>", "<function>", "<task>", "Error(raised: no)"]);
  });

  it("an Any prints what it holds; a map with braces", () => {
    const value = new Map<string, never>([["a", [1, new AnyFloat(1), "s", null, new AnyTyped(0, [2])] as never]]);
    expect(printForm(value, any, [point])).toBe('{"a": [1, 1.0, "s", nil, P(x: 2.0)]}');
    expect(printForm("bare", any, [])).toBe("bare");
  });

  it("options nest", () => {
    const nested: Type = { kind: "option", some: { kind: "option", some: { kind: "Int" } } };
    expect([null, new Some(null), new Some(3)].map((value) => printForm(value, nested, []))).toEqual([
      "nil",
      "some(nil)",
      "some(3)",
    ]);
  });
});
