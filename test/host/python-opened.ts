/**
 * Python plugins opened in little time. What every start image is made from, Python with nothing of a plugin's, takes five
 * seconds to make, and is the same for all: it is taken from where this user's programs keep it. How it is made is what
 * python-image.test.ts and python-fuel.test.ts try; the images of plugins are made anew in every process.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { userCacheFolder } from "../../src/host/cache.node.ts";
import type { PackageFiles } from "../../src/host/manifest.ts";
import { processImages, runtimeImageName } from "../../src/host/python/image.node.ts";
import { meteredRuntime } from "../../src/host/python/metered.node.ts";
import { pythonPlugin, type PythonOptions, type PythonPlugin } from "../../src/host/python/plugin.node.ts";
import { pythonRuntime } from "../../src/host/python/runtime.node.ts";

const KEPT = join(userCacheFolder(), "python");

export async function openPython(files: PackageFiles, options: PythonOptions = {}): Promise<PythonPlugin> {
  await plainImage();
  return pythonPlugin(files, options);
}

/** The start image of Python as it is, which `processImages` remembers. */
export async function plainImage(): Promise<void> {
  await processImages.ofRuntime(await pythonRuntime(), KEPT);
}

/** Puts the start image of Python as it is into another folder. */
export async function copyPlain(folder: string): Promise<void> {
  await copyIfKept(runtimeImageName(await pythonRuntime()), folder);
}

/** Puts the rewritten Python, which instances with fuel get, and its start image into another folder. */
export async function copyMetered(folder: string): Promise<void> {
  const plain = await pythonRuntime();
  const metered = await meteredRuntime(plain, KEPT, "anew");
  await copyIfKept(`${metered.identity.slice(plain.identity.length + 1)}.metered`, folder);
  await copyIfKept(runtimeImageName(metered), folder);
}

/** What is not kept, whoever needs it makes there. */
async function copyIfKept(name: string, folder: string): Promise<void> {
  await copyFile(join(KEPT, name), join(folder, name)).catch(() => undefined);
}

/** As `plainImage`, of the rewritten Python: for this process, whose plugins then need not make it. */
export async function meteredImage(): Promise<void> {
  await processImages.ofRuntime(await meteredRuntime(await pythonRuntime(), KEPT), KEPT);
}
