/**
 * The colours of a plugin's functions, for `sennit plugin inspect`: which imports may wait, whether calls of its exports
 * may, and how a component is linked (HAZARDS 10).
 */
import { describeLinking, type ImportColour, type Linking } from "../../host/component/describe.ts";
import { hostColour } from "../../host/host-functions.ts";
import type { Plugin } from "../../host/plugin.ts";
import { type FunctionKey, functionsOf } from "../../wit/types.ts";

export interface Colours {
  /** Null for what is no component. */
  readonly linked: Pick<Linking, "path" | "reason"> | null;
  readonly imports: readonly ImportColour[];
  /** `provider`: they wait when a provider of an import does. */
  readonly exports: ImportColour["colour"];
  /** Exports that are `async` in WIT: they wait whatever the others do. */
  readonly asyncExports: readonly FunctionKey[];
}

export function coloursOf(plugin: Plugin): Colours {
  const { world, manifest } = plugin;
  const linking = describeLinking(plugin);
  const imports =
    linking?.imports ??
    [...functionsOf(world.imports)].map(([key]): ImportColour => ({ key, colour: hostColour(key) ?? "provider" }));
  return {
    linked: linking === undefined ? null : { path: linking.path, reason: linking.reason },
    imports,
    // Python lives in a thread of its own: every call of it is a message.
    exports: manifest.language === "python" ? "async" : strongest(imports),
    asyncExports: [...functionsOf(world.exports)].filter(([, fn]) => fn.async).map(([key]) => key),
  };
}

function strongest(imports: readonly ImportColour[]): ImportColour["colour"] {
  const found = new Set(imports.map(({ colour }) => colour));
  return found.has("async") ? "async" : found.has("provider") ? "provider" : "sync";
}

/** Lines of text: how it is linked, whether its calls wait, and the colour of each import. */
export function colourLines(plugin: Plugin): readonly string[] {
  const colours = coloursOf(plugin);
  const { linked, imports } = colours;
  const path = linked?.path === "direct" ? "directly" : `through jco's binding: ${linked?.reason ?? ""}`;
  const wide = Math.max(0, ...imports.map(({ colour }) => TEXT[colour].length));
  return [
    ...(linked === null ? [] : [`linked  ${path}`]),
    `calls   ${callsText(plugin, colours)}`,
    ...imports.map(({ key, colour }, at) => `${at === 0 ? "imports" : "       "} ${TEXT[colour].padEnd(wide)}  ${key}`),
  ];
}

const TEXT: Readonly<Record<ImportColour["colour"], string>> = {
  sync: "sync",
  async: "async",
  provider: "as its provider",
};

function callsText({ manifest }: Plugin, { exports, imports, asyncExports }: Colours): string {
  if (manifest.language === "python") return "wait: Python runs in a thread of its own";
  const waiting = imports.filter(({ colour }) => colour === "async").map(({ key }) => key);
  const text =
    exports === "async"
      ? `may wait: ${waiting.join(", ")} may`
      : exports === "provider"
        ? "wait when a provider does"
        : manifest.language === "lua"
          ? "answer at once, unless it sleeps"
          : "answer at once";
  return asyncExports.length === 0 ? text : `${text}; these are async: ${asyncExports.join(", ")}`;
}
