/** What packages of source text have in common: their world, their digest, and the files that a realm needs. */
import { digestOf, readWit, worldOf } from "../../package-text.ts";
import type { Cache, PackageFiles } from "../../manifest.ts";
import type { Prepared } from "./prepare.node.ts";

/** What stands in the digest of a package of source text, beside its WIT. */
type Texts = readonly (readonly [path: string, text: Uint8Array | string])[];
export type Parts = { readonly texts: Texts; readonly witFirst: boolean };

export async function prepareText(
  given: PackageFiles,
  textsOf: (files: PackageFiles) => Promise<Parts>,
): Promise<Prepared> {
  const kept = new Map<string, Uint8Array>();
  const read = new Map<string, Uint8Array>();
  const files = remembering(given, read, kept);
  const [wit, { texts, witFirst }] = await Promise.all([readWit(files), textsOf(files)]);
  const world = await worldOf(files, wit);
  const digest = await digestOf(witFirst ? [...wit, ...texts] : [...texts, ...wit]);
  const parcel = { manifest: given.manifest, place: given.place, files: read, kept };
  return { files: given, world, digest, stateOf: () => undefined, parcel };
}

/** The same files; what is read of them, and of what was kept, is put into the maps. */
function remembering(
  files: PackageFiles,
  read: Map<string, Uint8Array>,
  kept: Map<string, Uint8Array>,
): PackageFiles & { readonly cache: Cache } {
  const note = (map: Map<string, Uint8Array>, key: string, bytes: Uint8Array): Uint8Array => {
    map.set(key, bytes);
    return bytes;
  };
  return {
    ...files,
    read: async (path) => note(read, path, await files.read(path)),
    cache: {
      get: async (key) => {
        const bytes = await files.cache?.get(key);
        return bytes === undefined ? undefined : note(kept, key, bytes);
      },
      put: async (key, bytes) => {
        note(kept, key, bytes);
        await files.cache?.put(key, bytes);
      },
    },
  };
}
