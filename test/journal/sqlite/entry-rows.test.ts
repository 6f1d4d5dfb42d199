import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { bodyOf, entriesOf, rowsOf } from "../../../src/journal/sqlite/entry-rows.ts";

const arbitraryEntries = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 200 });

describe("rows of entries", () => {
  it("hold all of them in order, and none holds much", () => {
    fc.assert(
      fc.property(arbitraryEntries, fc.nat(1_000_000), (entries, lsn) => {
        const rows = rowsOf(lsn, entries);
        expect(rows.flatMap((row) => entriesOf(row) ?? [])).toEqual(entries);
        let next = lsn;
        for (const row of rows) {
          expect(row.lsn).toBe(next);
          next += row.count;
          expect(row.count === 1 || (row.count <= 64 && row.body.length <= 16_384 + 4 * 64)).toBe(true);
        }
      }),
    );
  });

  it("of one entry are its bytes, whatever they are", () => {
    const large = new Uint8Array(100_000).fill(1);
    expect(rowsOf(7, [large, new Uint8Array([2])])).toEqual([
      { lsn: 7, count: 1, body: large },
      { lsn: 8, count: 1, body: new Uint8Array([2]) },
    ]);
  });

  it("that were changed are not taken for others", () => {
    fc.assert(
      fc.property(
        arbitraryEntries,
        fc.uint8Array({ maxLength: 40 }),
        fc.integer({ min: 2, max: 300 }),
        (entries, bytes, count) => {
          const body = bodyOf(entries);
          if (entries.length > 1 && count !== entries.length) expect(entriesOf({ count, body })).toBeNull();
          const found = entriesOf({ count, body: bytes }); // never more than there is
          expect(found === null || bodyOf(found)).toEqual(found === null || bytes);
        },
      ),
    );
  });
});
