/** Nothing of a Lua package is compiled here, but what cannot be read shows before anything runs. */
import { DiskCache } from "../../cache.node.ts";
import { luaOwner } from "../../lua/saved.ts";
import { readSources } from "../../lua/sources.ts";
import { refuseSyntaxErrorsOnce } from "../../lua/syntax.node.ts";
import { refuseUnsupported } from "../../lua/world.ts";
import type { PackageFiles } from "../../manifest.ts";
import { prepareText, type Parts } from "./prepare-text.ts";
import type { Prepared } from "./prepare.node.ts";

export async function prepareLua(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  const prepared = await prepareText(files, luaTexts);
  const { world, digest } = prepared;
  const { place, manifest } = files;
  refuseUnsupported(world, place);
  const cache = cacheFolder === undefined ? undefined : new DiskCache(cacheFolder);
  await refuseSyntaxErrorsOnce({ sources: await readSources(files), digest, place, source: manifest.name }, cache);
  return { ...prepared, stateOf: () => luaOwner(manifest.name, digest).stateOf };
}

async function luaTexts(files: PackageFiles): Promise<Parts> {
  const { main, modules } = await readSources(files);
  return { texts: [main, ...modules].map(({ path, text }) => [path, text]), witFirst: true };
}
