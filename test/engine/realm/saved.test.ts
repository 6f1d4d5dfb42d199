/** States of instances as a run worker has them: inside, and outside over a relay. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Gate } from "../../../src/engine/realm/again/gate.ts";
import { insidePlugin } from "../../../src/engine/realm/worker/inside.node.ts";
import { Relay } from "../../../src/engine/realm/links/relay.ts";
import { newFlight } from "../../../src/host/keeper/flight.ts";
import type { Instance, InstanceOptions, Plugin } from "../../../src/host/plugin.ts";
import type { Channel, Ended } from "../../../src/host/remote/ways/channel.ts";
import { RemoteInstance } from "../../../src/host/remote/caller/instance.node.ts";
import { relayed } from "../../../src/host/remote/caller/plugin.node.ts";
import { sample } from "../../host/remote/realms.ts";

const options = (state?: Uint8Array): InstanceOptions => ({
  id: 1,
  imports: new Map(),
  seed: new Uint8Array(32),
  now: () => 0,
  log: () => {},
  sleep: () => Promise.resolve(),
  ...(state === undefined ? {} : { state }),
});

async function incremented(instance: Instance): Promise<readonly [unknown, Uint8Array | null | undefined]> {
  const answer = await instance.call("increment", []);
  return [answer, await instance.save?.()];
}

it.each(["counter-rust", "counter-lua"])("%s inside is saved and taken up, metered for the recorder", async (name) => {
  await using plugin = await sample(name, "L0");
  const words = newFlight();
  let turns = 0;
  using gate = new Gate({ tape: null, now: () => 7, stalled: () => {} });
  const inside = insidePlugin(plugin, 0, { turn: () => void (turns += 1), words, gate });
  expect(inside.stateOf).toEqual(plugin.stateOf);
  await using first = await inside.instantiate(options());
  const [one, state] = await incremented(first);
  await using second = await inside.instantiate(options(state ?? undefined));
  const [two] = await incremented(second);
  expect([one, two, turns]).toEqual([1, 2, 4]);
});

describe("an instance outside", () => {
  let plugin: Plugin;
  beforeAll(async () => {
    plugin = await sample("counter-rust", "L1");
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  it("is saved and taken up over a relay", async () => {
    const { manifest, world } = plugin;
    const start = async (state?: Uint8Array): Promise<RemoteInstance> => {
      const channel = relayedChannel(await (relayed(plugin) as NonNullable<ReturnType<typeof relayed>>).relay());
      const parts = { source: manifest.name, world, overlap: false, limits: {}, startDeadline: 30_000, isSaved: true };
      const instance = new RemoteInstance({ ...parts, channel }, options(state));
      await instance.start();
      return instance;
    };
    await using first = await start();
    const [one, state] = await incremented(first);
    await using second = await start(state ?? undefined);
    const [two] = await incremented(second);
    expect([one, two]).toEqual([1, 2]);
  });
});

/** As the run worker has it: its frames go through a relay. */
function relayedChannel(realm: Channel): Channel {
  let listener: (frame: Uint8Array<ArrayBuffer> | null) => void = () => {};
  const gone = Promise.withResolvers<Ended>();
  const relay = new Relay({ channel: realm, send: (frame) => listener(frame.slice()), gone: gone.resolve });
  return {
    send: (frame) => relay.receive(frame),
    listen: (receive) => {
      listener = receive;
    },
    kill: () => relay.close(),
    gone: gone.promise,
  };
}
