import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Gate } from "../../../src/engine/std/gate.ts";

interface Piece {
  readonly key: string;
  readonly end: () => void;
}

const never = new AbortController().signal;

describe("Gate", () => {
  it("keeps its limits, whatever comes and ends, and lets everything through (T1)", async () => {
    const steps = fc.array(fc.tuple(fc.constantFrom("come", "end"), fc.constantFrom("a", "b", "c"), fc.nat()));
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const gate = new Gate({ most: 3, mostEach: 2 });
        const inside: Piece[] = [];
        const done: Promise<void>[] = [];
        for (const [what, key, which] of all) {
          if (what === "come") {
            const work = (): Promise<void> => new Promise((end) => void inside.push({ key, end }));
            done.push(gate.pass(key, never, work));
          } else inside.splice(which % Math.max(1, inside.length), 1)[0]?.end();
          await settled();
          expect(inside.length).toBeLessThanOrEqual(3);
          for (const name of ["a", "b", "c"])
            expect(inside.filter((piece) => piece.key === name).length).toBeLessThan(3);
        }
        while (inside.length > 0) {
          inside.shift()?.end();
          await settled();
        }
        await Promise.all(done);
      }),
      { numRuns: 50 },
    );
  });

  it("lets those of other keys pass one that waits for its own", async () => {
    const gate = new Gate({ most: 2, mostEach: 1 });
    const began: string[] = [];
    const ends: (() => void)[] = [];
    const pass = (name: string): Promise<void> =>
      gate.pass(name.slice(0, 1), never, () => {
        began.push(name);
        return new Promise((end) => void ends.push(end));
      });
    const all = ["a1", "a2", "b1", "b2"].map(pass);
    await settled();

    expect(began).toEqual(["a1", "b1"]);
    while (ends.length > 0) {
      ends.shift()?.();
      await settled();
    }
    await Promise.all(all);
    expect(began).toEqual(["a1", "b1", "a2", "b2"]);
  });

  it("never begins what was given up while it waited, and frees nobody's place", async () => {
    const gate = new Gate({ most: 1, mostEach: 1 });
    const { promise, resolve } = Promise.withResolvers<void>();
    const controller = new AbortController();
    const began: string[] = [];
    const first = gate.pass("a", never, () => promise);
    const second = gate.pass("a", controller.signal, () => Promise.resolve(void began.push("second")));
    const third = gate.pass("a", never, () => Promise.resolve(void began.push("third")));

    controller.abort(new Error("given up"));
    await expect(second).rejects.toThrow("given up");
    resolve();
    await Promise.all([first, third]);
    expect(began).toEqual(["third"]);
    await expect(gate.pass("a", controller.signal, () => Promise.resolve())).rejects.toThrow("given up");
  });

  it("frees the place of work that fails", async () => {
    const gate = new Gate({ most: 1, mostEach: 1 });

    await expect(gate.pass("a", never, () => Promise.reject(new Error("x")))).rejects.toThrow("x");
    await expect(gate.pass("a", never, () => Promise.resolve(1))).resolves.toBe(1);
  });
});

async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await Promise.resolve();
}
