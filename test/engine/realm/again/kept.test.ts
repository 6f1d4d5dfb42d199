/** What the engine keeps of a run in memory (K1–K3 of kept.ts, L1 of kept-link.ts). */
import { describe, expect, it } from "vitest";
import { Kept } from "../../../../src/engine/realm/again/kept.ts";
import type { KeptLink } from "../../../../src/engine/realm/again/kept-link.ts";
import type { Performing } from "../../../../src/engine/realm/again/kept-question.ts";

const bytes = (...of: number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(of);
const program = { packages: [] };
const lost = expect.objectContaining({ code: "run-lost" }) as Error;
const idle: Performing = { giveUp: () => {}, done: Promise.resolve() };

/** What a worker gets of a connection, and what the package behind it got. */
function connected(link: KeptLink): { readonly got: Uint8Array[]; readonly sent: Uint8Array[] } {
  const [got, sent]: [Uint8Array[], Uint8Array[]] = [[], []];
  link.connect({ send: (frame) => got.push(frame), gone: () => {}, broke: () => {} }, () => ({
    receive: (frame) => void sent.push(frame),
    close: () => Promise.resolve(),
  }));
  return { got, sent };
}

describe("what is kept of a run", () => {
  it("is not shown again, and must be the same", () => {
    const kept = new Kept(program);
    kept.begin();
    expect([kept.shows(1, bytes(1)), kept.shows(1, bytes(2))]).toEqual([true, true]);
    kept.pause();
    kept.begin();
    expect([kept.shows(1, bytes(1)), kept.shows(1, bytes(2)), kept.shows(1, bytes(3))]).toEqual([false, false, true]);
    kept.pause();
    kept.begin();
    expect(kept.shows(1, bytes(1))).toBe(false);
    expect(kept.shows(2, bytes(2))).toBe(false);
    expect(() => kept.shows(1, bytes(3))).toThrow(lost);
    kept.begin();
    kept.shows(1, bytes(1));
    expect(() => kept.ended()).toThrow(lost);
  });

  it("answers what was asked before, and asks for nothing twice", () => {
    const kept = new Kept(program);
    kept.begin();
    let performed = 0;
    let answer: (given: Uint8Array<ArrayBuffer>) => void = () => {};
    const perform = (give: typeof answer): Performing => {
      performed += 1;
      answer = give;
      return idle;
    };
    const first: Uint8Array[] = [];
    kept.asks(4, bytes(7)).ask((given) => first.push(given), perform);
    kept.tape(bytes(1));
    kept.pause();
    expect(kept.begin()).toEqual([bytes(1)]);
    const second: Uint8Array[] = [];
    answer(bytes(8)); // it went on meanwhile
    expect(() => kept.asks(4, bytes(9))).toThrow(lost);
    kept.asks(4, bytes(7)).ask((given) => second.push(given), perform);
    expect([performed, first, second]).toEqual([1, [], [bytes(8)]]);
    kept.tape(bytes());
    kept.asks(4, bytes(7)).ask(() => {}, perform);
    expect(performed).toBe(2);
    kept.ended();
    kept.begin();
    kept.tape(bytes());
    expect(() => kept.ended()).toThrow(lost);
  });

  it("says to a package nothing again, and to the run all again", () => {
    const kept = new Kept(program);
    kept.begin();
    const link = kept.connects(0, "");
    const one = connected(link);
    link.receive(bytes(1));
    link.send(bytes(10));
    link.receive(bytes(2));
    link.send(bytes(20));
    kept.pause();
    link.send(bytes(21)); // nobody is there
    kept.begin();
    expect(kept.connects(0, "")).toBe(link);
    const two = connected(link);
    link.receive(bytes(1));
    expect(two.got).toEqual([bytes(10)]);
    link.receive(bytes(2));
    link.receive(bytes(3));
    expect(two.got).toEqual([bytes(10), bytes(20), bytes(21)]);
    expect(one.sent).toEqual([bytes(1), bytes(2), bytes(3)]);
    expect(two.sent).toEqual([]);
    kept.begin();
    expect(() => kept.connects(1, "")).not.toThrow();
    kept.connects(0, "");
    connected(link);
    expect(() => link.receive(bytes(9))).toThrow(lost);
  });

  it("is forgotten when it is too much, and the run then lost with its worker", async () => {
    const kept = new Kept(program, 1000);
    kept.begin();
    const link = kept.connects(0, "");
    const { got, sent } = connected(link);
    kept.asks(4, bytes(1)).ask(
      () => {},
      () => idle,
    );
    expect([kept.canAgain, kept.isTooMuch]).toEqual([true, false]);
    for (let at = 0; at < 20; at++) {
      link.receive(bytes(at));
      link.send(bytes(at));
    }
    expect([kept.canAgain, kept.isTooMuch]).toEqual([false, true]);
    expect([sent.length, got.length]).toEqual([20, 20]);
    await kept.over();
  });
});
