/** The version of this program. */
import { readFileSync } from "node:fs";

export function version(): string {
  for (const way of ["../../package.json", "../../../package.json"]) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(way, import.meta.url), "utf8")) as { version?: string };
      if (manifest.version !== undefined) return manifest.version;
    } catch {
      // In src the manifest is two folders up, in dist three.
    }
  }
  return "unknown";
}
