/** Components made of components: by jco's binding, as the specification says or as deviations tell; never directly. */
import { describe, expect, it } from "vitest";

import { faultOf } from "../../host/component-fixtures.ts";
import { COMPOSED, Other, Trap, type Composed } from "./composed-table.ts";
import { open, play, type Event } from "./harness.ts";

const CASES = COMPOSED.map((each): [string, Composed] => [each.name, each]);

describe("composed components", () => {
  it.each(CASES)("%s", async (_, { text, calls, deviates }) => {
    await using plugin = await open(text, "jco");

    const events = await play(plugin, { calls: calls.map(([key]) => ({ key })) });

    const wanted = calls.map(([, gives]) => gives);
    if (deviates !== undefined) wanted[wanted.length - 1] = deviates.last as (typeof wanted)[number];
    expect(events.map(short)).toEqual(wanted.map(expected));
  });

  it.each(CASES)("%s: not directly", async (_, { text }) => {
    expect(await faultOf(() => open(text, "direct"))).toMatchObject({ code: "component-unsupported" });
  });
});

function short(event: Event): unknown {
  if ("import" in event) return event;
  return "fault" in event ? event.fault.code : event.value;
}

function expected(wanted: unknown): unknown {
  if (wanted instanceof Trap) return expect.stringMatching(/^plugin-(trapped|invalid-value)$/);
  return wanted instanceof Other ? wanted.code : wanted;
}
