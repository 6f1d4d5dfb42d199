/**
 * Plays attacks as tests: each has to end as it says (A1), and afterwards the host is what it was (D1–D4 of detectors.ts)
 * and the next run works.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import type { Instance } from "../../src/host/plugin.ts";
import { guestText } from "../conformance/canonical/guest.ts";
import { assemble } from "../conformance/canonical/harness.ts";
import { packageOf } from "../host/component-fixtures.ts";
import type { Attack, Ending } from "./attack.ts";
import { Canaries, changes, hostState, leftHeld, leftOpen, memoryBefore, openResources } from "./detectors.ts";
import { goodLua } from "./guests.ts";
import { honestAnswer } from "./honest-realm.ts";
import { LEVELS, playedAt } from "./level.ts";
import { Stage } from "./stage.ts";

/** What became of an attack. */
export type Outcome = { readonly said: string } | { readonly fault: Fault };

/** `next`: what else has to work after all of these attacks, in this file's language. */
export function attackSuite(name: string, attacks: readonly Attack[], next?: (stage: Stage) => Promise<void>): void {
  let cacheFolder = "";
  beforeAll(async () => {
    cacheFolder = await mkdtemp(join(tmpdir(), "sennit-attack-cache-"));
  });
  afterAll(() => rm(cacheFolder, { recursive: true, force: true }));
  const levels = LEVELS.filter((level) => attacks.some((attack) => playedAt(attack).includes(level)));
  describe.each(levels)(`${name}, %s`, (level) => {
    let canaries: Canaries;
    let stage: Stage;
    let base: ReadonlyMap<string, number>;
    beforeAll(async () => {
      canaries = await Canaries.open();
      stage = new Stage(level, canaries, cacheFolder);
      await nextRunWorks(stage); // what the host loads once is loaded before the first attack
      if (level !== "L0") await honestAnswer(stage);
      await next?.(stage);
      await stage.clear();
      base = openResources(); // with what the host starts once and keeps
    });
    afterEach(() => stage.clear());
    afterAll(async () => {
      await stage[Symbol.asyncDispose]();
      await canaries[Symbol.asyncDispose]();
      expect(await leftOpen(base)).toEqual([]);
    });

    const played = attacks.filter((attack) => playedAt(attack).includes(level));
    it.each(played.map((each) => [each.id, each] as const))("%s", async (_, attack) => {
      const before = hostState();
      const open = openResources();
      const { rooms } = stage;
      const held = attack.heavy === true ? memoryBefore() : null;
      const begun = performance.now();

      const outcome = await play(attack, stage);
      if (attack.within !== undefined) expect(performance.now() - begun).toBeLessThan(attack.within); // A3
      expectEnding(attack.ends, outcome, stage);
      const outputs = [...stage.outputs, "said" in outcome ? outcome.said : shown(outcome.fault)];
      await stage.clear();

      expect(changes(before, hostState())).toEqual([]);
      expect(await canaries.harm(outputs)).toEqual([]);
      await anotherWorks(attack, stage);
      await stage.clear();
      // An instance that attempts share may have begun or ended: then the end of all shows what is left.
      if (sameInstances(rooms, stage.rooms)) expect(await leftOpen(open)).toEqual([]);
      if (held !== null) expect(await leftHeld(held)).toEqual([]); // D4
    });

    it("the next run works", async () => {
      await nextRunWorks(stage);
      await next?.(stage);
    });
  });
}

async function play(attack: Attack, stage: Stage): Promise<Outcome> {
  try {
    return { said: await attack.plays(stage) };
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    return { fault: thrown };
  }
}

export function expectEnding(ends: Ending, outcome: Outcome, stage: Pick<Stage, "instances">): void {
  switch (ends.kind) {
    case "refused":
    case "contained":
      expect(outcome).toMatchObject({ said: expect.stringMatching(ends.says) as string });
      expect(stage.instances.every((each) => each.alive)).toBe(true);
      return;
    case "ended":
      expect(ends.codes).toContain("fault" in outcome ? outcome.fault.code : outcome.said);
      expect(stage.instances.some((each) => !each.alive)).toBe(true);
      return;
    case "never-starts":
      expect(ends.codes).toContain("fault" in outcome ? outcome.fault.code : outcome.said);
      expect(stage.instances).toEqual([]);
  }
}

function sameInstances(before: readonly Instance[], after: readonly Instance[]): boolean {
  return before.length === after.length && before.every((each, at) => each === after[at]);
}

/** Everything that a fault shows to anybody. */
function shown(fault: Fault): string {
  return [fault.code, fault.message, fault.hint, fault.stack, JSON.stringify(fault.frames)].join("\n");
}

/**
 * The next run, after one attack. Where it has a realm of its own, all of that realm is new, and only what starts it here and
 * listens to it could be broken: a realm with little in it shows that, in a third of the time.
 */
async function anotherWorks({ ends }: Attack, stage: Stage): Promise<void> {
  if (stage.level === "L0") return nextRunWorks(stage);
  if (ends.kind === "ended") expect(await honestAnswer(stage)).toBe(42);
}

/** A good component and a good Lua plugin, each in a fresh instance. */
async function nextRunWorks(stage: Stage): Promise<void> {
  const good = await stage.open("good component", async () =>
    packageOf(await assemble(guestText({ core: "", exports: {} }))),
  );
  const component = await stage.start(good);
  expect(await component.call("ok", [])).toBe(42);
  if (stage.level !== "L0") return; // elsewhere nothing is shared that another language could find broken
  const lua = await stage.start(await stage.open("good lua", goodLua()));
  expect(await lua.call("ok", [])).toBe(42);
}
