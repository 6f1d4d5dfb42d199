/** The conformance suite where instances run outside of this thread: the same results (D6). */
import { fileURLToPath } from "node:url";
import { openPlugin } from "../../../src/host/open.node.ts";
import { readPackage } from "../../../src/host/package/package.node.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { conformance } from "../../conformance/suite.ts";

const samples = new URL("../../../plugins/samples/", import.meta.url);

async function sample(name: string, isolation: "L1" | "L2"): Promise<Plugin> {
  return openPlugin(await readPackage(fileURLToPath(new URL(name, samples))), { isolation });
}

for (const level of ["L1", "L2"] as const) {
  for (const [guest, folder] of [
    ["a Rust component", "conformance-rust"],
    ["Lua", "conformance-lua"],
  ] as const) {
    conformance({
      name: `${guest} at ${level}`,
      open: () => sample(folder, level),
      runs: 30,
      ownsResources: true,
      integers: "all",
    });
  }
}
