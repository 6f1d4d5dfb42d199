/** What becomes of runs whose worker is gone: the one to blame fails, the others begin again, or say that they are lost. */
import { describe, expect, it } from "vitest";
import { startRunThread } from "../../../src/engine/realm/thread.node.ts";
import type { KeptThread } from "../../../src/host/keeper/keeper.node.ts";
import * as frames from "../../../src/engine/realm/said/frames.ts";
import { Fake, frame } from "./fake.ts";
import { blame, stage } from "./stage.ts";

const SPIN = 'param spins: Bool; param shows: Bool; if (shows) { print "begun"; } while (spins) { } lua.increment();';

describe("runs whose worker is gone", { timeout: 60_000 }, () => {
  it("fail with the reason when they were executing, and the next one gets another worker", async () => {
    await using on = await stage(SPIN);
    const spinning = on.run([true, true]);
    await on.shown(1);
    await on.threads[0]?.kill();
    await expect(spinning).rejects.toMatchObject({ code: "plugin-trapped", message: /^The run was ended: / });
    expect(await on.run([false, false])).toEqual({ state: "done", value: 1 });
    expect(on.threads).toHaveLength(2);
  });

  it("begin again, whether anything of them was seen or not, but for the one to blame", async () => {
    const source = `param naps: Bool; param shows: Bool; if (shows) { print "begun"; }
      if (naps) { sleep(1s); } else { n = 0; while (true) { n = n + 1; } } lua.increment();`;
    await using on = await stage(source);
    const unseen = on.run([true, false]);
    const seen = on.run([true, true]);
    const blamed = on.run([false, true]);
    await on.shown(2);
    blame(on.threads[0], 4); // the program has the number 1
    await on.threads[0]?.kill();
    await expect(blamed).rejects.toMatchObject({ code: "plugin-trapped" });
    expect(await seen).toEqual({ state: "done", value: 1 });
    expect(await unseen).toEqual({ state: "done", value: 1 });
    expect(on.events).toHaveLength(2);
    expect(on.threads).toHaveLength(2);
  });

  it("are tried once more, each alone, when nobody knows who was to blame", async () => {
    const fake = new Fake();
    let threads = 0;
    const start = (): KeptThread => (threads++ === 0 ? fake : startRunThread(Infinity));
    await using on = await stage("param n: Int; lua.increment() + n;", { start });
    const both = [on.run([10]), on.run([20])];
    await expect.poll(() => fake.sent.length).toBe(1);
    fake.say(frame(frames.OPENED, fake.last("open").program, (to) => to.u8(0)));
    await expect.poll(() => on.realms[0]?.runs).toBe(2);
    fake.end({ code: "memory-limit", why: "its thread needs more" });
    expect(await Promise.all(both)).toEqual([
      { state: "done", value: 11 },
      { state: "done", value: 21 },
    ]);
    expect(on.threads).toHaveLength(3);
  });

  it("hear that they are cancelled also while they compute", async () => {
    await using on = await stage(SPIN);
    const controller = new AbortController();
    const spinning = on.run([true, true], controller.signal);
    await on.shown(1);
    controller.abort();
    expect(await spinning).toEqual({ state: "cancelled" });
    expect(on.threads).toHaveLength(1);
  });

  it("end with a worker that does not hear that they are cancelled", async () => {
    const fake = new Fake();
    await using on = await stage(SPIN, { start: () => fake });
    const run = on.run([false, false], AbortSignal.abort());
    await expect.poll(() => fake.sent.length).toBe(1);
    fake.say(frame(frames.OPENED, fake.last("open").program, (to) => to.u8(0)));
    await expect(run).rejects.toMatchObject({ code: "deadline-exceeded" });
    expect(fake.sent.map(({ kind }) => kind)).toEqual(["open", "run", "cancel", "ping"]);
    expect(fake.killed).toBeGreaterThan(0);
  });
});
