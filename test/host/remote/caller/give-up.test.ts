/** A call that its caller gives up, across the wall: that one is stopped, the others go on, and late words change nothing. */
import { describe, expect, it } from "vitest";
import { functionType, type HostCall, hostPlugin, worldOf } from "../../../../src/engine/std/host-plugin.ts";
import type { Channel, Ended } from "../../../../src/host/remote/ways/channel.ts";
import * as frames from "../../../../src/host/remote/frames/kinds.ts";
import { RemoteInstance } from "../../../../src/host/remote/caller/instance.node.ts";
import { MOST_CALLS } from "../../../../src/host/remote/frames/kinds.ts";
import type { Broken } from "../../../../src/host/remote/frames/reader.ts";
import { serveToStranger } from "../../../../src/host/remote/server/serve.ts";
import { plainOptions } from "../../../conformance/options.ts";

/** Calls that wait until they are stopped or let go, by their number. */
class Waits {
  readonly begun: number[] = [];
  readonly stopped: number[] = [];
  readonly #go = new Map<number, () => void>();

  readonly call: HostCall = ([n], givenUp) =>
    new Promise((resolve, reject) => {
      const number = Number(n);
      this.begun.push(number);
      this.#go.set(number, () => resolve(number));
      givenUp.addEventListener("abort", () => {
        this.stopped.push(number);
        reject(givenUp.reason as Error);
      });
    });

  go(number: number): void {
    this.#go.get(number)?.();
  }
}

interface Pair extends AsyncDisposable {
  readonly instance: RemoteInstance;
  readonly sent: number[];
  readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  readonly broken: Broken[];
}

async function pair(waits: Waits, overlap = true): Promise<Pair> {
  const u32 = { kind: "u32" } as const;
  const world = worldOf(new Map(), [functionType("wait", [["n", u32]], u32)]);
  const plugin = hostPlugin({ name: "test:waits", world, start: () => ({ wait: waits.call }), effects: {} });
  const broken: Broken[] = [];
  const sent: number[] = [];
  let receive: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  const serving = serveToStranger(
    plugin,
    (frame) => queueMicrotask(() => receive(frame)),
    { run: (_, work) => work(), current: () => undefined },
    { broke: (why) => broken.push(why) },
  );
  const channel: Channel = {
    send: (frame) => {
      sent.push(frame[0] ?? 0);
      queueMicrotask(() => serving.receive(frame));
    },
    listen: (next) => (receive = next),
    kill: () => serving.close(),
    gone: new Promise<Ended>(() => {}),
  };
  const { manifest, abortable = false } = plugin;
  const parts = { source: "test:waits", world, overlap, abortable, limits: manifest.limits, startDeadline: Infinity };
  const instance = new RemoteInstance({ ...parts, channel }, plainOptions());
  await instance.start();
  const dispose = async (): Promise<void> => {
    await instance[Symbol.asyncDispose]();
    await plugin[Symbol.asyncDispose]();
  };
  return { instance, sent, broken, send: (frame) => serving.receive(frame), [Symbol.asyncDispose]: dispose };
}

describe("a call that is given up", () => {
  it("is stopped alone", async () => {
    const waits = new Waits();
    await using to = await pair(waits);
    const [first, second] = [new AbortController(), new AbortController()];
    const one = Promise.resolve(to.instance.call("wait", [1], first.signal)).catch(() => "stopped");
    const two = to.instance.call("wait", [2], second.signal);
    await expect.poll(() => waits.begun).toEqual([1, 2]);
    first.abort();
    expect(await one).toBe("stopped");
    expect(waits.stopped).toEqual([1]);
    waits.go(2);
    expect(await two).toBe(2);
    second.abort(); // it has ended: nothing is said
    expect(to.sent.filter((kind) => kind === frames.GIVE_UP)).toHaveLength(1);
    expect([to.instance.alive, to.broken]).toEqual([true, []]);
  });

  it("is not made when it has not begun", async () => {
    const waits = new Waits();
    await using to = await pair(waits, false);
    const given = new AbortController();
    const one = to.instance.call("wait", [1]);
    const two = Promise.resolve(to.instance.call("wait", [2], given.signal));
    const told = expect(two).rejects.toMatchObject({ code: "cancelled" });
    given.abort();
    await told;
    await expect.poll(() => waits.begun).toEqual([1]);
    waits.go(1);
    expect([await one, waits.begun]).toEqual([1, [1]]);
  });

  it("can be any number: what goes on, has ended or never was; what else stands in the frame is a breach", async () => {
    const waits = new Waits();
    await using to = await pair(waits);
    for (const number of [0, 1, 2, MOST_CALLS])
      to.send(Uint8Array.of(frames.GIVE_UP, number, number >>> 8, number >>> 16, 0));
    expect([to.instance.alive, to.broken]).toEqual([true, []]);
    to.send(Uint8Array.of(frames.GIVE_UP, 1, 0, 0, 0, 7));
    expect(to.broken.map(String)).toEqual(["Broken: 1 bytes too many"]);
  });
});
