import { describe, expect, it } from "vitest";
import { VirtualClock } from "../../../src/engine/trial/clock.ts";

function ended(): { readonly log: string[]; readonly wait: (name: string, over: Promise<void>) => void } {
  const log: string[] = [];
  return { log, wait: (name, over) => void over.then(() => log.push(name)) };
}

describe("VirtualClock", () => {
  it("jumps to the next timer; of equal ones to the first that was set (V1)", async () => {
    const clock = new VirtualClock(100);
    const { log, wait } = ended();
    const never = new AbortController().signal;
    wait("late", clock.sleep(30 * 86_400_000, never));
    wait("a", clock.sleep(50, never));
    wait("b", clock.sleep(50, never));
    for (const _ of "123") {
      clock.pass();
      await Promise.resolve();
      await Promise.resolve();
      await Promise.resolve();
    }

    expect(log).toEqual(["a", "b", "late"]);
    expect(clock.now()).toBe(100 + 30 * 86_400_000);
    expect(clock.next).toBeNull();
  });

  it("lets go of who is called off, and forgets what an ended process set (V2)", async () => {
    const clock = new VirtualClock();
    const stop = new AbortController();
    const over = clock.sleep(10, stop.signal);
    void clock.sleep(20, new AbortController().signal);
    stop.abort();
    await over;
    expect(clock.next).toBe(20);

    clock.forget();
    clock.pass();

    expect(clock.now()).toBe(0);
  });
});
