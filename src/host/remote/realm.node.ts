/** What a realm of Node has for the packages it opens: the ordinary hosts, without their tools and caches. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Fault } from "../../fault.ts";
import { callChain } from "../call-chain.node.ts";
import type { LoadCode } from "../component/jco/code.ts";
import type { PackageFiles } from "../manifest.ts";
import type { Plugin } from "../plugin.ts";
import type { Realm } from "./serve.ts";

/** Opens a package whose component the caller has had validated. */
async function openHere(files: PackageFiles): Promise<Plugin> {
  if (files.manifest.language === "lua") {
    const { luaPlugin } = await import("../lua/plugin.ts");
    return luaPlugin(files);
  }
  if (files.manifest.language === "python") {
    const { pythonPlugin } = await import("../python/plugin.node.ts");
    return pythonPlugin(files, { chain: callChain });
  }
  const { componentPlugin } = await import("../component/plugin.ts");
  return componentPlugin(files, { load: loadValid, chain: callChain });
}

const loadValid: LoadCode = ({ digest }) =>
  Promise.resolve({
    valid: () => Promise.resolve(),
    binding: () => Promise.reject(new Fault("component-unsupported", `jco's binding of ${digest} is not made here`)),
  });

export function nodeRealm(): Realm {
  const storage = new AsyncLocalStorage<number>();
  const calls: Realm["calls"] = {
    run: (call, work) => storage.run(call, work),
    current: () => storage.getStore(),
  };
  return { open: openHere, calls };
}
