/** What every package of source text has: WIT beside the source, and a digest of both. */
import type { World } from "../../wit/types.ts";
import type { PackageFiles } from "../manifest.ts";
import { worldFromText } from "../wit-source.ts";

/** A package's WIT texts by their paths in its WIT folder. */
export async function readWit(files: PackageFiles): Promise<ReadonlyMap<string, string>> {
  const place = files.manifest.wit ?? "wit";
  const isFile = place.endsWith(".wit");
  const paths = isFile ? [place] : (await files.list(place)).filter((path) => path.endsWith(".wit"));
  const decoder = new TextDecoder();
  const texts = new Map<string, string>();
  for (const path of paths) {
    const name = !isFile && path.startsWith(`${place}/`) ? path.slice(place.length + 1) : path;
    texts.set(name, decoder.decode(await files.read(path)));
  }
  return texts;
}

/** @throws {Fault} `wit-invalid` */
export function worldOf(files: PackageFiles, wit: ReadonlyMap<string, string>): Promise<World> {
  return worldFromText(wit, files.manifest.world);
}

/** sha256 over paths and contents, hex. Lengths stand before both, so that no two packages run together. */
export async function digestOf(parts: Iterable<readonly [string, Uint8Array | string]>): Promise<string> {
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [];
  for (const [path, content] of parts) {
    const bytes = typeof content === "string" ? encoder.encode(content) : content;
    chunks.push(encoder.encode(`${path.length} ${bytes.length} ${path}`), bytes);
  }
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
