import { describe, expect, it } from "vitest";
import { isLong } from "../../long.ts";

import { explore } from "./explore.ts";
import { Model, Violation } from "./model.ts";
import type { Rules } from "./model.ts";
import type { Class, Program, Step } from "./toy.ts";

const call = (instance: number, asks?: Class): Step => ({
  do: "call",
  instance,
  ...(asks === undefined ? {} : { asks }),
});
const print: Step = { do: "print" };
const keyed: Step = { do: "keyed" };
const once: Step = { do: "once" };
const read: Step = { do: "read" };

const BRANCHES: Program = {
  join: "para",
  branches: [[call(0, "keyed")], [call(0), print], [once]],
  after: [call(0), print],
};
const RACE: Program = {
  join: "race",
  branches: [[call(0, "once"), print], [call(1)], [keyed, print]],
  after: [call(0), print, once],
};
const SMALL_RACE: Program = {
  join: "race",
  branches: [[keyed, call(0)], [call(0, "once")]],
  after: [print, call(0), print],
};
const READER: Program = {
  join: "para",
  branches: [
    [read, print, keyed],
    [call(0, "read"), print],
  ],
  after: [once],
};

function explored(program: Program, crashes: number, rules: Rules = {}): ReturnType<typeof explore> {
  return explore(new Model(program, { rules, crashes, instances: 2 }));
}

describe("the recovery model, by enumeration of every state", () => {
  const large = isLong("the recovery model of a race of three", "147,377 states; smaller programs reach every rule");
  it.each([
    ["three branches and a shared instance", BRANCHES, 1, 33_574],
    ...(large ? ([["a race of three over two instances", RACE, 1, 147_377]] as const) : []),
    ["answers that are read and never the same", READER, 1, null],
    ["a race of two, and two crashes", SMALL_RACE, 2, null],
  ] as const)("%s: whatever survives, the properties hold", { timeout: 60_000 }, (_, program, crashes, states) => {
    const found = explored(program, crashes);
    expect(found.ends).toBeGreaterThan(100);
    // A model that reaches fewer states than it did has lost some of its choices.
    if (states !== null) expect(found.states).toBeGreaterThanOrEqual(states);
  });

  it.each([
    ["performing before it is durable", { performsEarly: true }, /P1|P3/],
    ["showing before it is durable", { showsEarly: true }, /P2/],
    ["performing `once` effects again", { repeatsOnce: true }, /P3/],
    ["keys that change with a crash", { freshKeys: true }, /P3/],
    ["calls of an instance in any order", { noLock: true }, /P4/],
    ["replaying answers as they arrived", { replaysByArrival: true }, /diverged|P\d/],
    ["rebuilding without the calls that were given up", { forgetsAbandoned: true }, /P4/],
  ] as const)("%s is noticed", { timeout: 60_000 }, (_, rules, what) => {
    const attempt = (): unknown => explored(SMALL_RACE, 1, rules);
    expect(attempt).toThrow(Violation);
    expect(attempt).toThrow(what);
  });
});
