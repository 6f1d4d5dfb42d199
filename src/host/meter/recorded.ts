/** Plugins whose calls are seen in a realm's flight recorder, so that the keeper can end one softly. */
import type { Plugin } from "../plugin.ts";
import { limitsOf } from "./limits.ts";
import { type CallLimits, isLimited } from "./meter.ts";

/** A plugin that knows of its code what `collects.ts` tells. */
export interface MayCollect {
  readonly collects: boolean;
}

/** What nothing limits is not metered for the recorder, unless it has to be (`collects.ts`). */
export function recordedLimits(
  plugin: Plugin | (Plugin & MayCollect),
  limits: CallLimits,
  flight: NonNullable<CallLimits["flight"]>,
): CallLimits {
  const isMetered = isLimited(limits) || ("collects" in plugin && plugin.collects);
  return isMetered ? { ...limits, flight } : limits;
}

/** The same plugin. */
export function recorded(plugin: Plugin, flight: NonNullable<CallLimits["flight"]>): Plugin {
  return {
    manifest: plugin.manifest,
    world: plugin.world,
    digest: plugin.digest,
    get stateOf() {
      return plugin.stateOf;
    },
    instantiate: (options) => {
      const limits = limitsOf(plugin.manifest.limits, options.limits);
      return plugin.instantiate({ ...options, limits: recordedLimits(plugin, limits, flight) });
    },
    [Symbol.asyncDispose]: () => plugin[Symbol.asyncDispose](),
  };
}
