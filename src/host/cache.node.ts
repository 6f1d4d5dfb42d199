/**
 * A folder that remembers what takes time to make. Losing it costs time and nothing else.
 *
 *   K1  An entry is read only if it is whole: it begins with the sha256 of the rest. Anything else counts as absent.
 *   K2  An entry appears by a rename, so that no reader sees half of one, however many processes write.
 *   K3  No failure of the disk is an error: without a cache everything still works.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { homedir, platform } from "node:os";
import { join } from "node:path";
import { keepInFile } from "./draft.node.ts";

const DIGEST = 32;

export class DiskCache {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `key` is a file name: letters, digits, dots and hyphens. */
  async get(key: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const entry = new Uint8Array(await readFile(this.#path(key)));
      const rest = entry.subarray(DIGEST);
      return sha256(rest).equals(entry.subarray(0, DIGEST)) ? rest : undefined; // K1
    } catch {
      return undefined; // K3
    }
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    await keepInFile(this.#path(key), [sha256(bytes), bytes]); // K2, K3
  }

  #path(key: string): string {
    return join(this.#folder, key);
  }
}

/** Where this user's programs keep such things. */
export function userCacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const place = env["SENNIT_CACHE"];
  if (place !== undefined && place !== "") return place;
  if (platform() === "win32")
    return join(env["LOCALAPPDATA"] ?? join(homedir(), "AppData", "Local"), "sennit", "cache");
  if (platform() === "darwin") return join(homedir(), "Library", "Caches", "sennit");
  const base = env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "sennit");
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
