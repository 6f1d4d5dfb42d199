import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../../src/engine/durable/durable-run.ts";
import { follow } from "../../../../src/engine/durable/follow.ts";
import { sendSignal } from "../../../../src/engine/durable/effects/send.ts";
import { ValueBytes } from "../../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../../src/engine/load/loaded.ts";
import { MemoryStore } from "../../../../src/journal/memory-store.ts";
import { webhookSignal } from "../../../../src/lang/vm/webhook.ts";
import { sha256 } from "../../../journal/stores.ts";
import { directInstance, stubProgram } from "../../stub-program.ts";
import { portsOf, runWithCrashes } from "../crash.ts";
import type { CrashPlan } from "../crash.ts";
import { entriesOf, expectOrder, expectPlaysBack } from "../history.ts";

const over = (text: string): LoadedProgram => stubProgram(text, [], () => directInstance(() => null));

async function lines(text: string, plan: Partial<CrashPlan>): Promise<readonly string[]> {
  const finished = await runWithCrashes(() => over(text), { lives: [], survives: 0, ...plan });
  expectOrder(await entriesOf(finished.store));
  await expectPlaysBack(finished.store, over(text), finished.result);
  return finished.lines;
}

/** The same lines, wherever the run is cut off. */
async function expectEverywhere(text: string, plan: Partial<CrashPlan>, expected: readonly string[]): Promise<void> {
  const whole = await runWithCrashes(() => over(text), { lives: [], survives: 0, ...plan });
  expect(whole.lines).toEqual(expected);
  for (let at = 1; at < whole.commits; at++) {
    for (const survives of [0, 1, 9])
      expect(await lines(text, { ...plan, lives: [at, 1], survives })).toEqual(expected);
  }
}

const sent = (name: string, ...values: readonly (string | number)[]): NonNullable<CrashPlan["signals"]> =>
  values.map((value, at) => ({ at, name, value }));

describe("a wait for a signal", () => {
  it("takes what was sent, the oldest first, wherever the run is cut off", async () => {
    const text = `print wait signal("a"); print "now"; print wait signal("a"); print wait signal("a");`;
    await expectEverywhere(text, { signals: sent("a", "one", 2, "three") }, ["one", "now", "2", "three"]);
  });

  it("is served in the order in which it was asked for, by its name", async () => {
    const text = `print para { seq { wait signal("a") } seq { wait signal("b") } seq { wait signal("a") } };`;
    await expectEverywhere(text, { signals: [...sent("a", "one", "two"), ...sent("b", "three")] }, [
      `["one", "three", "two"]`,
    ]);
  });

  it("ends with timeout when nothing comes in time, and what comes later is there for the next", async () => {
    const text = `try { print wait signal("a") timeout 5ms; } catch (e) { print e.code; } print "then"; print wait signal("a");`;
    await expectEverywhere(text, { signals: [{ at: 1000, name: "a", value: "late" }] }, ["timeout", "then", "late"]);
  });

  it("that is given up leaves its signal to another", async () => {
    const text = `x = race { seq { sleep (1ms); "slept" } seq { str(wait signal("a")) } }; print x; print wait signal("a");`;
    for (let at = 1; at < 9; at++) {
      for (const when of [2, 3, 4, 5]) {
        const signals = [
          { at: when, name: "a", value: "one" },
          { at: 9, name: "a", value: "two" },
        ];
        const [first, second] = await lines(text, { lives: [at, 2], survives: at % 3, signals });
        expect([
          ["slept", "one"],
          ["one", "two"],
        ]).toContainEqual([first, second]);
      }
    }
  });

  it("finds what was sent before it, and a sender's repetition is taken once", async () => {
    const program = over(`print wait signal("a"); try { wait signal("a") timeout 1ms; } catch (e) { print e.code; }`);
    const store = new MemoryStore({ hash: sha256, now: () => 0 });
    const seed = new Uint8Array(32);
    const run = { id: "r", name: "", source: "", function: 0, args: [], seed, grants: [], created: 0 };
    await beginRun(store, program, run);
    const signal = { name: "a", value: new Map([["deep", [1, "x"]]]), sender: "me" };
    expect(await sendSignal(store, "r", signal)).toMatchObject({ isNew: true });
    expect(await sendSignal(store, "r", signal)).toMatchObject({ isNew: false });
    await resumeRun(store, program, "r", portsOf(), { grants: { allowsCommand: () => false } });
    const seen: unknown[] = [];
    for await (const { event } of follow(store, "r", new ValueBytes(program.ir))) seen.push(event);
    expect(seen).toMatchObject([{ text: `{"deep": [1, "x"]}` }, { text: "timeout" }]);
  });
});

describe("a webhook", () => {
  it("is an address, and awaited it gives what is posted there", async () => {
    const program = over(
      `hook = webhook(); emit("hook", hook.url); print await hook; print hook.url == webhook().url;`,
    );
    const store = new MemoryStore({ hash: sha256, now: () => 0 });
    const seed = new Uint8Array(32);
    const run = { id: "r", name: "", source: "", function: 0, args: [], seed, grants: [], created: 0 };
    await beginRun(store, program, run);
    const running = resumeRun(store, program, "r", portsOf(), { grants: { allowsCommand: () => false } });
    const events = follow(store, "r", new ValueBytes(program.ir), { until: new AbortController().signal });
    const first = await events.next();
    const { event } = first.value as { readonly event: { readonly value: string } };
    expect(event.value).toMatch(/^http:\/\/127\.0\.0\.1\/hooks\/[0-9a-f-]{36}$/u);
    await sendSignal(store, "r", { name: webhookSignal(event.value), value: "body", sender: "post 1" });
    expect(await running).toMatchObject({ state: "done" });
    expect((await events.next()).value).toMatchObject({ event: { text: "body" } });
    expect((await events.next()).value).toMatchObject({ event: { text: "false" } });
  });
});
