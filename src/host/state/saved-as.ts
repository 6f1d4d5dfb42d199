/** How the state of a plugin's instances comes back, for people to look at (`sennit plugin inspect`). */
import type { Saving } from "../component/saving.ts";
import type { Plugin } from "../plugin.ts";

export interface SavedAs {
  /** `memory`: as it lies there; `functions`: as the plugin says it; `calls`: it is not, and its calls are made again. */
  readonly how: "memory" | "functions" | "calls";
  /** Why it is not, as the end of a sentence. */
  readonly reason: string | null;
}

export function savedAs(plugin: Plugin): SavedAs {
  const { language } = plugin.manifest;
  if (plugin.stateOf !== undefined) return { how: language === "python" ? "functions" : "memory", reason: null };
  return { how: "calls", reason: savingOf(plugin)?.reason ?? REASONS[language] ?? "nothing is known of it here" };
}

const REASONS: Readonly<Partial<Record<Plugin["manifest"]["language"], string>>> = {
  python: "its main module has no `save_state` and `load_state`",
  javascript: "its functions are the program's own",
  julia: "there is no Julia to run it",
};

function savingOf(plugin: Plugin): Saving | undefined {
  return "saving" in plugin ? (plugin as { saving: Saving }).saving : undefined;
}
