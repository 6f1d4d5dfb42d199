/** What a run gives, as bytes: it comes back as it was, and no bytes hurt who reads them. */
import { describe, expect, it } from "vitest";
import fc from "../../../fast-check.ts";
import { readEnding, writeEnding } from "../../../../src/engine/realm/said/endings.ts";
import { toPlain } from "../../../../src/engine/embedding/plain.ts";
import { Fault } from "../../../../src/fault.ts";
import { Broken, Reader } from "../../../../src/host/remote/frames/reader.ts";
import { Writer } from "../../../../src/host/remote/frames/writer.ts";
import { isNullable, type Type } from "../../../../src/lang/types.ts";
import { AnyFloat } from "../../../../src/wit/any.ts";
import { LiftBudget } from "../../../../src/wit/budget.ts";
import { CaseValue, integer, Some, type Value } from "../../../../src/wit/value.ts";
import { ErrorValue } from "../../../../src/lang/value.ts";
import { LONG } from "../../../long.ts";

const NO_HANDLES = {
  give: () => 0,
  take: () => {
    throw new Broken("a resource");
  },
};

const scalars: readonly (readonly [Type, fc.Arbitrary<Value>])[] = [
  [{ kind: "Int" }, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(integer)],
  [{ kind: "Float" }, fc.double()],
  [{ kind: "Bool" }, fc.boolean()],
  [{ kind: "String" }, fc.string({ unit: "binary" })],
  [{ kind: "Char" }, fc.string({ unit: "binary", minLength: 1, maxLength: 1 })],
  [{ kind: "Bytes" }, fc.uint8Array()],
  [{ kind: "Nil" }, fc.constant(null)],
  [
    { kind: "Any" },
    fc.oneof(
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.double().map((x) => new AnyFloat(x)),
    ),
  ],
  [{ kind: "enum", id: "e", name: "E", cases: ["a", "b"] }, fc.nat(1)],
  [{ kind: "flags", id: "f", name: "F", labels: ["a", "b", "c"] }, fc.nat(7)],
];

interface Typed {
  readonly type: Type;
  readonly value: Value;
}

const scalar: fc.Arbitrary<Typed> = fc.oneof(...scalars.map(([type, of]) => of.map((value) => ({ type, value }))));

const { typed } = fc.letrec<{ typed: Typed }>((tie) => ({
  typed: fc.oneof(
    { depthSize: "small" },
    scalar,
    tie("typed").map(({ type, value }): Typed => ({ type: { kind: "list", element: type }, value: [value, value] })),
    fc.array(tie("typed"), { maxLength: 3 }).map((items): Typed => ({
      type: { kind: "tuple", items: items.map((item) => item.type) },
      value: items.map((item) => item.value),
    })),
    tie("typed").map(({ type, value }): Typed => ({
      type: { kind: "option", some: type },
      value: isNullable(type) ? new Some(value) : value,
    })),
    tie("typed").map(({ type, value }): Typed => ({
      type: { kind: "result", ok: type, err: { kind: "Nil" } },
      value: new CaseValue(0, value),
    })),
    tie("typed").map(({ type, value }): Typed => ({
      type: { kind: "map", key: { kind: "String" }, value: type },
      value: new Map([
        ["__proto__", value],
        ["constructor", value],
      ]),
    })),
  ),
}));

function bytesOf({ type, value }: Typed): Uint8Array<ArrayBuffer> {
  const writer = new Writer(NO_HANDLES).start(0, 0);
  writeEnding(writer, { state: "done", value }, type, []);
  return writer.finish().slice(5);
}

function read(bytes: Uint8Array<ArrayBuffer>, type: Type): unknown {
  const reader = new Reader(NO_HANDLES, new LiftBudget());
  reader.open(bytes);
  const ending = readEnding(reader, type);
  reader.close();
  return ending;
}

/** Only what is foreseen is thrown. */
function readAnything(bytes: Uint8Array<ArrayBuffer>, type: Type): void {
  try {
    const ending = read(bytes, type) as { state: string; value: Value };
    if (ending.state === "done") toPlain(type, ending.value);
  } catch (thrown) {
    if (!(thrown instanceof Broken) && !(thrown instanceof Fault)) throw thrown;
  }
}

describe("a run's end as bytes", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(typed, (each) => {
        expect(read(bytesOf(each), each.type)).toEqual({ state: "done", value: each.value });
      }),
    );
  });

  it("keeps the arrays of numbers that plugins gave", () => {
    const type: Type = { kind: "list", element: { kind: "Int" } };
    for (const value of [Int8Array.of(-1), BigUint64Array.of(2n ** 63n), Uint16Array.of(1, 2)]) {
      expect(read(bytesOf({ type, value }), type)).toEqual({ state: "done", value });
    }
  });

  it("hurts nobody, whatever the bytes are", () => {
    fc.assert(
      fc.property(typed, fc.uint8Array({ maxLength: 200 }), ({ type }, bytes) => {
        readAnything(new Uint8Array(bytes), type);
      }),
      { numRuns: 2000 },
    );
  });

  it("hurts nobody when some of its bytes were changed or cut", () => {
    fc.assert(
      fc.property(typed, fc.nat(), fc.nat(255), fc.boolean(), (each, at, byte, cut) => {
        const bytes = bytesOf(each);
        bytes[at % bytes.length] = byte;
        readAnything(cut ? bytes.slice(0, at % bytes.length) : bytes, each.type);
      }),
      { numRuns: LONG ? 2000 : 300 },
    );
  });

  it("cannot claim more than it holds", () => {
    const huge = new Writer(NO_HANDLES).start(0, 0);
    huge.u8(0);
    huge.u8(0);
    huge.u32(2 ** 32 - 1);
    const bytes = huge.finish().slice(5);
    expect(() => read(bytes, { kind: "list", element: { kind: "Nil" } })).toThrow(/more than/);
    expect(() => read(bytes, { kind: "list", element: { kind: "tuple", items: [] } })).toThrow(/more than/);
  });

  it("tells an error with its trace, its value as data, and what it suppressed", () => {
    const inside = new ErrorValue({ code: "inner", message: "i" });
    const line = { package: null, function: "f", file: "a.sennit", line: 1, column: 2 };
    const error = new ErrorValue({
      code: "outer",
      message: "o",
      source: "acme:x",
      branch: 3,
      trace: [line, { ...line, package: "acme:x" }],
      value: new Map([["a", [1, 2]]]),
      suppressed: [inside],
    });
    const writer = new Writer(NO_HANDLES).start(0, 0);
    writeEnding(writer, { state: "failed", error }, { kind: "Nil" }, []);
    expect(read(writer.finish().slice(5), { kind: "Nil" })).toEqual({ state: "failed", error });
  });
});
