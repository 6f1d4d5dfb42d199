/**
 * What every package of source text has: texts below a folder, WIT beside the source, and a digest of both.
 */
import { CONTRACTS } from "../wit/contracts.ts";
import { decodeWorld } from "../wit/decoder.ts";
import type { World } from "../wit/types.ts";
import type { PackageFiles } from "./manifest.ts";
import { componentFromText, WIT_PARSER, worldFromText } from "./wit-source.ts";

/** The package's files below a folder that end so (or the one file that `place` names), by their paths below it. */
export async function readTexts(
  files: PackageFiles,
  place: string,
  ending: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = place.endsWith(ending) ? [place] : (await files.list(place)).filter((path) => path.endsWith(ending));
  const decoder = new TextDecoder();
  const texts = new Map<string, string>();
  for (const path of paths) {
    const name = place !== "" && path.startsWith(`${place}/`) ? path.slice(place.length + 1) : path;
    texts.set(name, decoder.decode(await files.read(path)));
  }
  return texts;
}

/** A package's WIT texts by their paths in its WIT folder. */
export function readWit(files: PackageFiles): Promise<ReadonlyMap<string, string>> {
  return readTexts(files, files.manifest.wit ?? "wit", ".wit");
}

/**
 * The world of a package's WIT. The parser takes a tenth of a second to start, so its answer is kept.
 *
 * @throws {Fault} `wit-invalid`
 */
export async function worldOf(files: PackageFiles, wit: ReadonlyMap<string, string>): Promise<World> {
  const { cache, manifest } = files;
  if (cache === undefined) return worldFromText(wit, manifest.world);
  const contracts = CONTRACTS.map(({ id, text }) => [id, text] as const);
  const key = `${await digestOf([[WIT_PARSER, manifest.world ?? ""], ...contracts, ...wit])}.world`;
  const kept = await cache.get(key);
  if (kept !== undefined) return decodeWorld(kept);
  const world = await worldFromText(wit, manifest.world);
  await cache.put(key, await componentFromText(wit, manifest.world));
  return world;
}

/** The folder of a package's main file; `""` for the package's own. */
export function sourceFolder({ manifest: { source } }: PackageFiles): string {
  return source.includes("/") ? source.slice(0, source.lastIndexOf("/")) : "";
}

/** sha256 over paths and contents, hex. Lengths stand before both, so that no two packages run together. */
export async function digestOf(parts: Iterable<readonly [string, Uint8Array | string]>): Promise<string> {
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [];
  for (const [path, content] of parts) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    chunks.push(encoder.encode(`${path.length} ${bytes.length} ${path}`), bytes);
  }
  return sha256(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).bytes());
}

/** sha256 of some bytes, hex. */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
