/** Moves as bytes: what was written is read, and nothing else. */
import { describe, expect, it } from "vitest";
import {
  effectiveStart,
  moveEntry,
  restartIn,
  rewritingsIn,
  sinceRestart,
} from "../../../src/engine/durable/moved-run.ts";
import type { Numbered } from "../../../src/engine/durable/log/recorded.ts";
import { bytesOfValue } from "../../../src/engine/durable/rewrites.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { EntryOf } from "../../../src/journal/entry/entry.ts";
import type { Value } from "../../../src/wit/value.ts";

const START: Numbered = {
  lsn: 1,
  entry: {
    kind: "START",
    ir: "0".repeat(64),
    program: new Uint8Array(),
    packages: [],
    function: 0,
    args: new Uint8Array(),
    seed: new Uint8Array(32),
    created: 0,
    parent: [],
    grants: [],
  },
};
const TO = { ir: "1".repeat(64), program: new Uint8Array([1]), packages: ["a", "b"] };

function moved(entry: EntryOf<"MIGRATE">, lsn = 5): readonly Numbered[] {
  return [START, { lsn, entry }];
}

describe("a move", () => {
  it("has the function, and every rewriting with its place; its own is where it stands", () => {
    const variables = [{ name: "n", register: 3, value: bytesOfValue([1, "x"]) }];
    const before = { at: 4, by: "2".repeat(64), variables };
    const own = { at: 0, by: "3".repeat(64), variables: [] };
    const entries = moved(moveEntry(TO, { function: 2, rewritings: [before, own] }), 9);

    expect(effectiveStart(entries)).toMatchObject({ ...TO, function: 2 });
    expect(rewritingsIn(entries)).toEqual([before, { ...own, at: 9 }]);
  });

  it("without rewritings is as older versions wrote it", () => {
    const entry = moveEntry(TO, { function: 7, rewritings: [] });
    expect(entry.map).toEqual(new ValueBytes(null).encode(7));
    expect(effectiveStart(moved(entry)).function).toBe(7);
    expect(rewritingsIn(moved(entry))).toEqual([]);
  });

  it("that begins afresh hides what was before, but for signals that nobody took (V3)", () => {
    const sig = (lsn: number): Numbered => ({
      lsn,
      entry: { kind: "SIG", name: "s", sender: `${lsn}`, value: new Uint8Array() },
    });
    const taken: Numbered = { lsn: 4, entry: { kind: "DLV", eff: "0".repeat(32), attempt: 1, turn: 0, signal: 2 } };
    const restart = { at: 0, by: "2".repeat(64), args: new Uint8Array([7]), root: "r~1", latest: 3 };
    const move = moveEntry(TO, { function: 0, rewritings: [], restart });
    const entries = [START, sig(2), sig(3), taken, { lsn: 5, entry: move }, sig(6)];
    const since = sinceRestart(entries);

    expect(since.map(({ lsn }) => lsn)).toEqual([1, 3, 5, 6]);
    expect(since[0]?.entry).toMatchObject({ args: restart.args });
    expect(restartIn(entries)).toEqual({ ...restart, at: 5 });
    expect(effectiveStart(entries)).toMatchObject({ ...TO, args: restart.args });
    expect(sinceRestart(since)).toEqual(since);
  });

  it.each<[string, Value]>([
    ["no number", "x"],
    ["a number that is none", -1],
    ["no list", [0, 1]],
    ["no position", [0, [["x", "by", []]]]],
    ["a negative position", [0, [[-1, "by", []]]]],
    ["no name", [0, [[1, "by", [[1, 2, new Uint8Array()]]]]]],
    ["no register", [0, [[1, "by", [["n", 0.5, new Uint8Array()]]]]]],
    ["no value", [0, [[1, "by", [["n", 1, "x"]]]]]],
    ["a beginning that is none", [0, [], 1]],
    ["a beginning without params", [0, [], [0, "by", "x", "root", 0]]],
    ["a beginning without a root", [0, [], [0, "by", new Uint8Array(), 1, 0]]],
    ["a beginning at no time", [0, [], [0, "by", new Uint8Array(), "root", -1]]],
  ])("with %s is refused", (_, data) => {
    const entry: EntryOf<"MIGRATE"> = { kind: "MIGRATE", ...TO, map: new ValueBytes(null).encode(data) };
    expect(() => [effectiveStart(moved(entry)), rewritingsIn(moved(entry))]).toThrow("cannot be read");
  });
});
