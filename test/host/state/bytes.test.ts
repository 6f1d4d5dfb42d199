/** Saved states as bytes, and memories in them (B1, B2, M1, M2). */
import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import { stateOwner, StateReader, StateWriter } from "../../../src/host/state/bytes.ts";
import { readMemory, writeMemory } from "../../../src/host/state/memory.ts";

const OWNER = stateOwner("test:plugin", "component", "a".repeat(64), "runtime 1");
const PAGE = 4096;

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
  return "none";
}

describe("a state", () => {
  it("is read by its owner only, and all of it (B1, B2)", () => {
    const to = new StateWriter(OWNER);
    to.text("zü");
    to.f64(-0);
    const bytes = to.finish();
    const from = new StateReader(bytes, OWNER);

    expect([from.text(), Object.is(from.f64(), -0)]).toEqual(["zü", true]);
    from.close();
    const others = [
      stateOwner("test:plugin", "component", "b".repeat(64), "runtime 1"),
      stateOwner("test:plugin", "lua", "a".repeat(64), "runtime 1"),
      stateOwner("test:plugin", "component", "a".repeat(64), "runtime 2"),
      stateOwner("test:plugin", "component", "a".repeat(64)),
    ];
    for (const other of others) expect(codeOf(() => new StateReader(bytes, other))).toBe("state-invalid");
    expect(codeOf(() => new StateReader(bytes, OWNER).close())).toBe("state-invalid");
  });

  it("that ends anywhere is refused, and nothing is read beyond (B1)", () => {
    const to = new StateWriter(OWNER);
    to.bytes(new Uint8Array(9));
    const bytes = to.finish();
    const read = (end: number): Uint8Array => new StateReader(bytes.subarray(0, end), OWNER).bytes();

    for (let end = 0; end < bytes.length; end++) expect(codeOf(() => read(end))).toBe("state-invalid");
    expect(read(bytes.length)).toHaveLength(9);
  });

  it("of any bytes is refused with a fault (B1)", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(() => new StateReader(bytes, OWNER).text())).toBe("state-invalid");
      }),
      { numRuns: 200 },
    );
  });
});

/** Some pages with something in them. */
const touched = fc.array(fc.tuple(fc.nat(2 * 16 - 1), fc.nat(PAGE - 1), fc.integer({ min: 1, max: 255 })), {
  maxLength: 12,
});

function memoryWith(pages: number, writes: readonly (readonly [page: number, at: number, byte: number])[]) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 4 });
  const bytes = new Uint8Array(memory.buffer);
  for (const [page, at, byte] of writes) if (page * PAGE < bytes.length) bytes[page * PAGE + at] = byte;
  return memory;
}

describe("a memory", () => {
  it("becomes what the other was, whatever it held, and grows to its size (M1)", () => {
    fc.assert(
      fc.property(touched, touched, fc.integer({ min: 1, max: 2 }), (written, dirt, size) => {
        const original = memoryWith(2, written);
        const to = new StateWriter(OWNER);
        writeMemory(original, to);
        const other = memoryWith(size, dirt);
        const from = new StateReader(to.finish(), OWNER);
        readMemory(other, from);
        from.close();

        expect(Buffer.compare(new Uint8Array(other.buffer), new Uint8Array(original.buffer))).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  it("takes as many bytes as it has pages that are not zero", () => {
    const to = new StateWriter(OWNER);
    writeMemory(
      memoryWith(4, [
        [1, 5, 1],
        [2, 5, 1],
        [30, 0, 1],
      ]),
      to,
    );
    const all = to.finish().length;

    expect(all - new StateWriter(OWNER).finish().length).toBe(8 + 2 * 8 + 3 * PAGE);
  });

  it.each([
    ["is smaller than it begins", [1, 0]],
    ["is larger than it may grow", [5, 0]],
    ["is larger than any", [0xffff_ffff, 0]],
    ["has more pieces than bytes", [2, 0xffff_ffff]],
    ["has a piece beyond its end", [2, 1, 32, 1]],
    ["has a piece that goes beyond its end", [2, 1, 31, 2]],
    ["has a piece without end", [2, 1, 0, 0xffff_ffff]],
    ["has an empty piece", [2, 1, 0, 0]],
  ])("that %s is refused (M1, M2)", (_, words) => {
    const to = new StateWriter(OWNER);
    for (const word of words) to.u32(word);
    to.raw(new Uint8Array(2 * PAGE));

    expect(codeOf(() => readMemory(memoryWith(2, []), new StateReader(to.finish(), OWNER)))).toBe("state-invalid");
  });

  it("whose pieces go back or overlap is refused (M1)", () => {
    const to = new StateWriter(OWNER);
    to.u32(2);
    to.u32(2);
    for (const page of [3, 3]) {
      to.u32(page);
      to.u32(1);
      to.raw(new Uint8Array(PAGE));
    }

    expect(codeOf(() => readMemory(memoryWith(2, []), new StateReader(to.finish(), OWNER)))).toBe("state-invalid");
  });
});
