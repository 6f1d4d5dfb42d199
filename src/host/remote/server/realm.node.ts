/** What a realm of Node has for the packages it opens: the ordinary hosts, without their tools and caches. */
import { AsyncLocalStorage } from "node:async_hooks";
import { callChain } from "../../call-chain.node.ts";
import type { PackageFiles } from "../../manifest.ts";
import type { Plugin } from "../../plugin.ts";
import type { Realm } from "./serving.ts";

/**
 * Opens a package that came in a parcel (../caller/prepare.node.ts): its component was validated by whoever packed it, and jco's
 * binding, where it needs one, is in what was kept. The caller disposes the plugin.
 *
 * @throws {Fault} what is wrong with the package; `component-unsupported` for a binding that is not of this component
 */
export async function openParcel(files: PackageFiles): Promise<Plugin> {
  if (files.manifest.language === "lua") {
    const { luaPlugin } = await import("../../lua/plugin.ts");
    return luaPlugin(files);
  }
  if (files.manifest.language === "python") {
    const { pythonPlugin } = await import("../../python/plugin.node.ts");
    const { sentImage, sentRuntime } = await import("../../python/sent-image.node.ts");
    const get = async (name: string): Promise<Uint8Array | undefined> => files.cache?.get(name);
    await sentRuntime(get);
    return pythonPlugin(files, { chain: callChain, runtimeImage: (runtime) => sentImage(runtime, get) });
  }
  const { componentPlugin } = await import("../../component/plugin.ts");
  const { packedLoader } = await import("../../component/jco/load-packed.node.ts");
  return componentPlugin(files, { load: packedLoader(files.cache), allMayWait: true, chain: callChain });
}

export function nodeRealm(): Realm {
  const storage = new AsyncLocalStorage<number>();
  const calls: Realm["calls"] = {
    run: (call, work) => storage.run(call, work),
    current: () => storage.getStore(),
  };
  return { open: openParcel, calls };
}
