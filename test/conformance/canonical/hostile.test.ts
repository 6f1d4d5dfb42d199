/**
 * Guests that lie: each gets the specified trap as our fault, and is gone; the next instance works and the host is what it was.
 */
import { describe, expect, it } from "vitest";

import { Fault } from "../../../src/fault.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { functionsOf } from "../../../src/wit/types.ts";
import { equalValues } from "../../../src/wit/equal.ts";
import type { Value } from "../../../src/wit/value.ts";
import { guestDeviation, UNCHECKED_ANSWERS } from "./deviations.ts";
import { BORROWS, HANDLES } from "./hostile-handles.ts";
import { DEEP, LEAVING } from "./hostile-leaving.ts";
import { POST_RETURNS, REALLOCS } from "./hostile-memory.ts";
import { HOSTILE_VALUES } from "./hostile-values.ts";
import type { Hostile } from "./hostile.ts";
import { open, PATHS, play, type Event } from "./harness.ts";

const AFTER = [{ key: "ok" }, { key: "ok" }];

const GUESTS = [...LEAVING, ...DEEP, ...HOSTILE_VALUES, ...REALLOCS, ...POST_RETURNS, ...HANDLES, ...BORROWS];

const named = (all: readonly Hostile[]): [string, Hostile][] => all.map((each) => [each.name, each]);

describe.each(PATHS)("hostile guests, %s", (path) => {
  it.each(named(GUESTS))("%s", async (_, hostile) => {
    await using plugin = await open(hostile.component, path);
    if (path === "jco" && UNCHECKED_ANSWERS.test(hostile.name)) {
      expect((await play(plugin, hostile.session)).at(-1)).toHaveProperty("value");
      return;
    }
    const deviation = path === "jco" ? guestDeviation(hostile.name) : undefined;
    await expectItsEnd(plugin, hostile, deviation?.gives ?? hostile.gives, "sync");
  });
});

/** Their answers and arguments cross while the guest is suspended, or after it was. */
describe("hostile guests whose imports wait, direct", () => {
  const importing = GUESTS.filter(({ component }) => component.includes("(canon lower"));

  it.each(named(importing))("%s", async (_, hostile) => {
    await using plugin = await open(hostile.component, "direct");
    await expectItsEnd(plugin, hostile, hostile.gives, "async");
  });
});

/** The last call of its session gives this; then the instance is dead, or well; the next one is, and the host is what it was. */
async function expectItsEnd(
  plugin: Plugin,
  { session }: Hostile,
  gives: string | { readonly value: Value },
  colour: "sync" | "async",
): Promise<void> {
  const before = globals();
  const { calls } = session;

  const events = await play(plugin, { ...session, calls: [...calls, ...AFTER] }, colour);

  const answers = events.filter((each) => "call" in each);
  const key = calls.at(-1)?.key ?? "";
  const wanted = typeof gives === "string" ? gives : matching(plugin, key, gives.value);
  expect(short(answers[calls.length - 1])).toEqual(wanted);
  const afterwards = typeof gives === "string" ? "plugin-lost" : { value: 42 };
  expect(answers.slice(calls.length).map(short)).toEqual([afterwards, afterwards]);
  expect(await play(plugin, { calls: [{ key: "ok" }] })).toEqual([{ call: "ok", value: 42 }]);
  expect(globals()).toEqual(before);
}

function short(event: Event | undefined): unknown {
  if (event === undefined || "import" in event) return event;
  return "fault" in event ? (event.fault instanceof Fault ? event.fault.code : event.fault) : { value: event.value };
}

function matching(plugin: Plugin, key: string, wanted: Value): unknown {
  const type = new Map(functionsOf(plugin.world.exports)).get(key)?.result ?? null;
  return {
    value: expect.toSatisfy((got: Value) => (type === null ? got === wanted : equalValues(type, got, wanted))),
  };
}

/** What a guest could have left behind: the names that everybody sees. */
function globals(): readonly (readonly [string, readonly PropertyKey[]])[] {
  const shared = { globalThis, Object: Object.prototype, Array: Array.prototype, Function: Function.prototype };
  return Object.entries(shared).map(([name, each]) => [name, Reflect.ownKeys(each)]);
}
