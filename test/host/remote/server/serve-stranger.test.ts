/** What serves the engine's own packages to a run worker takes nothing from it on trust. */
import { describe, expect, it } from "vitest";
import { javascriptPlugin } from "../../../../src/host/javascript/plugin.ts";
import type { Channel, Ended } from "../../../../src/host/remote/ways/channel.ts";
import { RemoteInstance } from "../../../../src/host/remote/caller/instance.node.ts";
import type { Broken } from "../../../../src/host/remote/frames/reader.ts";
import { serveToStranger } from "../../../../src/host/remote/server/serve.ts";
import type { Serving } from "../../../../src/host/remote/server/serving.ts";
import { Callback, Handle } from "../../../../src/wit/value.ts";
import { plainOptions } from "../../../conformance/options.ts";

const WIT = `package a:b; world w {
  use sennit:host/callback@0.1.0.{callback};
  export shop: interface {
    resource till { constructor(n: u32); total: func() -> u32; }
    swap: func(t: till) -> till;
  }
  export keep: func(f: own<callback>);
  export later: func() -> string;
}`;

interface Pair extends AsyncDisposable {
  readonly instance: RemoteInstance;
  readonly serving: Serving;
  readonly broken: Broken[];
}

/** A caller and a server with nothing between them. */
async function pair(): Promise<Pair> {
  let kept: ((n: number) => Promise<unknown>) | undefined;
  class Till {
    readonly #n: number;
    constructor(n: number) {
      this.#n = n;
    }
    total(): number {
      return this.#n;
    }
  }
  const functions = {
    shop: { Till, swap: (till: unknown) => till },
    keep: (f: (n: number) => Promise<unknown>) => void (kept = f),
    later: async () => {
      try {
        return String(await kept?.(1));
      } catch (thrown) {
        return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "?";
      }
    },
  };
  const plugin = await javascriptPlugin(functions, { wit: WIT });
  const broken: Broken[] = [];
  let receive: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  const serving = serveToStranger(
    plugin,
    (frame) => queueMicrotask(() => receive(frame)),
    { run: (_, work) => work(), current: () => undefined },
    { broke: (why) => broken.push(why) },
  );
  const channel: Channel = {
    send: (frame) => queueMicrotask(() => serving.receive(frame)),
    listen: (next) => (receive = next),
    kill: () => serving.close(),
    gone: new Promise<Ended>(() => {}),
  };
  const { world, manifest } = plugin;
  const parts = { source: "program", world, overlap: true, limits: manifest.limits, startDeadline: Infinity, channel };
  const instance = new RemoteInstance(parts, plainOptions());
  await instance.start();
  const dispose = async (): Promise<void> => {
    await instance[Symbol.asyncDispose]();
    await plugin[Symbol.asyncDispose]();
  };
  return { instance, serving, broken, [Symbol.asyncDispose]: dispose };
}

describe("a package served to a stranger", () => {
  it("knows the handles that it gave, and no others", async () => {
    await using to = await pair();
    const [make, total] = ["shop#[constructor]till", "shop#[method]till.total"] as const;
    const till = (await to.instance.call(make, [7])) as Handle;
    expect(await to.instance.call(total, [till])).toBe(7);
    expect(to.broken).toEqual([]);
    void Promise.resolve(to.instance.call(total, [new Handle(till.instance, till.id + 1)])).catch(() => {});
    await expect.poll(() => to.broken.map(String)).toEqual([expect.stringMatching(/is no till that it was given/)]);
  });

  it("cannot be given a handle again that was given away", async () => {
    await using to = await pair();
    const till = (await to.instance.call("shop#[constructor]till", [7])) as Handle;
    await to.instance.drop(till.id);
    void Promise.resolve(to.instance.drop(till.id)).catch(() => {});
    await expect.poll(() => to.broken.length).toBe(1);
  });

  it("says that a function of the workflow was for a call that is over, and lives on", async () => {
    await using to = await pair();
    await to.instance.call("keep", [new Callback(() => Promise.resolve(Uint8Array.of(0xf6)))]);
    expect(await to.instance.call("later", [])).toBe("moved");
    expect(to.broken).toEqual([]);
    expect(to.instance.alive).toBe(true);
  });

  it("says nothing more when it is closed", async () => {
    const to = await pair();
    await to[Symbol.asyncDispose]();
    to.serving.receive(Uint8Array.of(99, 0, 0, 0, 0));
    expect(to.broken).toEqual([]);
  });
});
