/** Whole calls of the reference's tests, on both paths. */
import { describe, expect, it } from "vitest";

import { Fault } from "../../../src/fault.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { functionOf } from "../../../src/wit/types.ts";
import { equalValues } from "../../../src/wit/equal.ts";
import { WHOLE_CALLS, type Whole } from "./calls-table.ts";
import { CALL_DEVIATIONS } from "./deviations.ts";
import { open, PATHS, play } from "./harness.ts";
import { LINKING } from "./linking-table.ts";
import { formatValue } from "./show.ts";

describe.each(PATHS)("whole calls, %s", (path) => {
  it.each([...WHOLE_CALLS, ...LINKING].map((each): [string, Whole] => [each.name, each]))("%s", async (_, whole) => {
    const deviation = path === "jco" ? CALL_DEVIATIONS.get(whole.name) : undefined;
    if (deviation !== undefined) {
      expect(await firstFault(whole)).toBe(deviation.code);
      return;
    }
    await using plugin = await open(whole.component, path);
    await expectItsAnswers(plugin, whole, "sync");
  });
});

describe("whole calls whose imports wait, direct", () => {
  const importing = [...WHOLE_CALLS, ...LINKING].filter(({ session }) => session.answers !== undefined);

  it.each(importing.map((each): [string, Whole] => [each.name, each]))("%s", async (_, whole) => {
    await using plugin = await open(whole.component, "direct");
    await expectItsAnswers(plugin, whole, "async");
  });
});

async function expectItsAnswers(plugin: Plugin, whole: Whole, colour: "sync" | "async"): Promise<void> {
  const events = (await play(plugin, whole.session, colour)).filter((each) => "call" in each);

  expect(events).toHaveLength(whole.answers.length);
  for (const [at, event] of events.entries()) {
    if (!("value" in event)) throw "fault" in event ? event.fault : new Error("no answer");
    const type = functionOf(plugin.world.exports, event.call)?.result ?? null;
    const wanted = whole.answers[at] ?? null;
    const same = type === null ? event.value === wanted : equalValues(type, event.value, wanted);
    if (!same) throw new Error(`${event.call} gave ${formatValue(event.value)}, not ${formatValue(wanted)}`);
  }
}

/** The code with which opening, starting or calling fails on jco's path. */
async function firstFault({ component, session }: Whole): Promise<string | undefined> {
  try {
    await using plugin = await open(component, "jco");
    const failed = (await play(plugin, session)).find((each) => "fault" in each);
    return failed?.fault.code;
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : String(thrown);
  }
}
