/** Files of caches, which are written whole or not at all. */
import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/** Whoever reads meanwhile finds the old file or the new one. A cache that cannot be written costs time, not correctness. */
export async function keepInFile(
  file: string,
  parts: readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
): Promise<void> {
  const draft = `${file}.${randomUUID()}`;
  try {
    const whole = await parts;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(draft, whole);
    await rename(draft, file);
  } catch {
    await rm(draft, { force: true }).catch(() => {});
  }
}
