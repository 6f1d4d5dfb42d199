/** The JavaScript attacker, built when it is first needed by the toolchain that plugin authors use. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { componentize } from "componentize-qjs";

import type { PackageFiles } from "../../src/host/manifest.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { JAVASCRIPT, JAVASCRIPT_WIT } from "./guests.ts";

export async function javascriptAttacker(): Promise<PackageFiles> {
  const folder = await mkdtemp(join(tmpdir(), "sennit-attacker-"));
  try {
    const witPath = join(folder, "attack.wit");
    await writeFile(witPath, JAVASCRIPT_WIT);
    const { component } = await componentize({ witPath, jsSource: JAVASCRIPT, sync: true, stubWasi: true });
    return packageOf(component, { name: "test:attack", limits: { memory: 64 * 2 ** 20 } });
  } finally {
    await rm(folder, { recursive: true });
  }
}
