import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import { decodeEntry, encodeEntry, kindOf } from "../../../src/journal/entry/entry-codec.ts";
import { Blob } from "../../../src/journal/entry/entry.ts";
import type { Entry } from "../../../src/journal/entry/entry.ts";
import { BY_KIND } from "../../../src/journal/entry/fields.ts";
import type { FieldType } from "../../../src/journal/entry/fields.ts";
import { decodeAny, encodeAny } from "../../../src/wit/cbor.ts";

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => Buffer.from(each).toString("hex"));
const text = fc.string({ unit: "grapheme" });

function fieldOf(type: FieldType): fc.Arbitrary<unknown> {
  if (typeof type !== "string") return fc.constantFrom(...type);
  switch (type) {
    case "eff":
      return hex(16);
    case "digest":
      return hex(32);
    case "digests":
      return fc.array(hex(32), { maxLength: 3 });
    case "payload":
      return fc.oneof(
        fc.uint8Array(),
        fc.tuple(hex(32), fc.maxSafeNat()).map(([digest, size]) => new Blob(digest, size)),
      );
    case "seed":
      return fc.uint8Array({ minLength: 32, maxLength: 32 });
    case "uint":
      return fc.maxSafeNat();
    case "text":
      return text;
    case "texts":
      return fc.array(text, { maxLength: 4 });
  }
}

const entries: fc.Arbitrary<Entry> = fc.oneof(
  ...[...BY_KIND.values()].map(({ kind, fields }) =>
    fc
      .tuple(...fields.map(([, type]) => fieldOf(type)))
      .map(
        (values) =>
          Object.fromEntries([["kind", kind], ...fields.map(([name], at) => [name, values[at]])]) as unknown as Entry,
      ),
  ),
);

function codeOf(work: () => unknown): string {
  try {
    work();
    return "fine";
  } catch (fault) {
    if (fault instanceof Fault) return fault.code;
    throw fault;
  }
}

describe("entries as bytes", () => {
  it("come back equal, and the same bytes again", () => {
    fc.assert(
      fc.property(entries, (entry) => {
        const bytes = encodeEntry(entry);
        const back = decodeEntry(bytes);
        expect(back).toEqual(entry);
        expect(encodeEntry(back)).toEqual(bytes);
        expect(kindOf(bytes)).toBe(entry.kind);
        expect(encodeAny(decodeAny(bytes))).toEqual(bytes); // canonical
      }),
      { numRuns: 2000 },
    );
  });

  it("are refused, or an entry, whatever they are", () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.integer({ min: 0, max: 255 }), (entry, at, byte) => {
        const bytes = encodeEntry(entry).slice();
        bytes[at % bytes.length] = byte;
        const code = codeOf(() => encodeEntry(decodeEntry(bytes)));
        expect(["fine", "journal-invalid", "journal-newer"]).toContain(code);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["no list", encodeAny("DONE")],
    ["an empty list", encodeAny([])],
    ["too few fields", encodeAny([17])],
    ["too many fields", encodeAny([17, 0, 0])],
    ["a number below zero", encodeAny([17, -1])],
    ["a text for a number", encodeAny([17, "1"])],
    ["a name that is none", encodeAny([19, 3, new Uint8Array()])],
    ["an effect of 15 bytes", encodeAny([12, new Uint8Array(15), 1])],
    ["bytes left over", Uint8Array.of(...encodeAny([17, 0]), 0)],
  ])("%s is no entry", (_, bytes) => {
    expect(codeOf(() => decodeEntry(bytes))).toBe("journal-invalid");
  });

  it("of a newer version are told apart", () => {
    expect(codeOf(() => decodeEntry(encodeAny([21, 1])))).toBe("journal-newer");
    expect(codeOf(() => kindOf(encodeAny([21, 1])))).toBe("journal-newer");
  });

  it("keep their numbers and fields for ever", () => {
    const table = [...BY_KIND.values()].map(({ kind, number, fields }) => `${number} ${kind} ${fields.join(" ")}`);
    expect(table).toMatchInlineSnapshot(`
      [
        "1 START ir,digest program,payload packages,texts function,uint args,payload seed,seed created,uint parent,texts grants,texts",
        "2 REQ eff,eff attempt,uint class,read,keyed,idempotent,once what,text input,payload",
        "3 CALL eff,eff attempt,uint group,uint gen,uint seq,uint package,uint function,text args,payload at,uint,optional",
        "4 DONE eff,eff attempt,uint outcome,ok,error,fault,abandoned value,payload at,uint,optional",
        "5 DLV eff,eff attempt,uint turn,uint signal,uint at,uint,optional",
        "6 OUT eff,eff channel,print,log,emit,progress value,payload",
        "7 ARM eff,eff attempt,uint at,uint",
        "8 SIG name,text sender,text value,payload",
        "9 CB eff,eff attempt,uint n,uint closure,uint args,payload at,uint,optional",
        "10 CBRET eff,eff attempt,uint n,uint outcome,ok,error,fault,abandoned value,payload at,uint,optional",
        "11 DEC eff,eff winner,uint",
        "12 ABANDON eff,eff attempt,uint",
        "13 GEN group,uint gen,uint upto,uint from,uint",
        "14 SNAP ir,digest state,payload",
        "15 ISNAP group,uint gen,uint seq,uint cores,digests state,payload",
        "16 MIGRATE ir,digest program,payload packages,texts map,payload",
        "17 CANCEL turn,uint",
        "18 NOTE what,text at,uint text,text",
        "19 END ending,done,failed,cancelled value,payload",
        "20 FORK root,text of,text at,uint",
      ]
    `);
  });
});
