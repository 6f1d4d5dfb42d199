import { describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import { readJson, toJson } from "../../src/daemon/json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("JSON", () => {
  it("comes back as it was, integers of any size too (J2)", () => {
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: "small" },
        fc.oneof(
          fc.string(),
          fc.boolean(),
          fc.constant(null),
          fc.integer(),
          fc.double({ noNaN: true, noDefaultInfinity: true }),
        ),
        fc.bigInt().filter((n) => n > 2n ** 53n || n < -(2n ** 53n)),
        fc.array(tie("tree")),
        fc.dictionary(fc.string(), tie("tree")),
      ),
    }));
    const fits = (value: unknown): boolean =>
      !Object.is(value, -0) && !(typeof value === "number" && Math.abs(value) > 2 ** 53);
    const plain = (value: unknown): boolean =>
      typeof value === "object" && value !== null ? Object.values(value).every(plain) : fits(value);
    fc.assert(
      fc.property(tree.filter(plain), (value) => {
        expect(toJson(readJson(bytes(toJson(value))))).toBe(toJson(value));
      }),
    );
  });

  it("does not take brackets in texts for nesting", () => {
    const text = `${"[".repeat(200)}\\"`;

    expect(readJson(bytes(`"${text}"`))).toBe(`${"[".repeat(200)}"`);
  });

  it.each([
    ["[".repeat(100) + "]".repeat(100), true],
    ["[".repeat(101) + "]".repeat(101), false],
    [`[${"0,".repeat(999_997)}0]`, true],
    [`[${"0,".repeat(1_000_001)}0]`, false],
    ["", false],
    ["\u{feff}1", true],
    ["1 2", false],
    ["nan", false],
  ])("has bounds (J1): %#", (text, isTaken) => {
    const read = (): unknown => readJson(bytes(text));

    if (isTaken) expect(read).not.toThrow();
    else expect(read).toThrow(expect.objectContaining({ code: "bad-json" }));
  });

  it("takes a key for a key, whatever its name", () => {
    const read = readJson(bytes('{"__proto__": {"a": 12345678901234567890}}')) as object;

    expect(Object.keys(read)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });
});
