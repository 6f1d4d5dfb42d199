/** Plugins whose calls are seen in a realm's flight recorder, so that the keeper can end one softly. */
import type { Plugin } from "../plugin.ts";
import { limitsOf } from "./limits.ts";
import { type CallLimits, isLimited } from "./meter.ts";

/** The same plugin. What nothing limits is not metered for this. */
export function recorded(plugin: Plugin, flight: NonNullable<CallLimits["flight"]>): Plugin {
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    instantiate: (options) => {
      const limits = limitsOf(plugin.manifest.limits, options.limits);
      return plugin.instantiate({ ...options, limits: isLimited(limits) ? { ...limits, flight } : limits });
    },
    [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose](),
  };
}
