/** The values of an entry that lie beside the log. */
import { Blob } from "../../journal/entry/entry.ts";
import type { Digest, Entry } from "../../journal/entry/entry.ts";
import type { Store } from "../../journal/store.ts";

export function blobsOf(entry: Entry): readonly Blob[] {
  return Object.values(entry).filter((field: unknown) => field instanceof Blob);
}

/** All that these entries refer to, by content. @throws {Fault} `blob-missing`, `blob-rotten` */
export async function fetchBlobs(
  store: Pick<Store, "blob">,
  entries: readonly Entry[],
): Promise<ReadonlyMap<Digest, Uint8Array>> {
  const found = new Map<Digest, Uint8Array>();
  for (const { digest } of entries.flatMap(blobsOf)) {
    if (!found.has(digest)) found.set(digest, await store.blob(digest));
  }
  return found;
}
