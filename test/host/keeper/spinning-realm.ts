/**
 * A realm whose package does not come back: `flood` sends without end, anything else spins where no meter reaches, with a word
 * that grows meanwhile.
 */
import { kept } from "../../../src/host/keeper/kept.node.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { threadPort } from "../../../src/host/remote/ways/ports.node.ts";
import { nodeRealm } from "../../../src/host/remote/server/realm.node.ts";
import { serve } from "../../../src/host/remote/server/serve.ts";

const TURNS = 7;
const { flight, port } = kept();
const realm = nodeRealm();

serve(threadPort(), { ...realm, open: async (files) => spinning(await realm.open(files)) });

function spinning(plugin: Plugin): Plugin {
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    instantiate: async (options) => {
      const instance = await plugin.instantiate(options);
      const call = (key: string): never => {
        while (key === "flood") port.postMessage(new ArrayBuffer(8));
        for (;;) Atomics.add(flight, TURNS, 1);
      };
      return { id: 1, alive: true, call, drop: () => {}, [Symbol.asyncDispose]: () => instance[Symbol.asyncDispose]() };
    },
    [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose](),
  };
}
