/**
 * A run as one file, with everything of it that a store has: its log, the values beside it, and the runs that it spawned.
 *
 *   E1  Only what is durable, and sound: a log with damage is not exported.
 *   E2  States of the VM and of instances are left out; the whole history is there, and brings them back. Packages are none of
 *       the store's: the log names them with their digests, and pack-files.node.ts puts them in.
 */
import { Fault } from "../../fault.ts";
import { decodeEntry } from "../../journal/entry/entry-codec.ts";
import type { Entry } from "../../journal/entry/entry.ts";
import type { RunHeader, Store } from "../../journal/store.ts";
import { fetchBlobs } from "./payloads.ts";
import type { Portable, PortableRun } from "./portable.ts";

/** What of a store is needed to export. */
export type ExportSource = Pick<Store, "header" | "list" | "read" | "blob" | "verify">;

/** @throws {Fault} `unknown-run`, `export-refused`, `store-unreadable`, `blob-missing`, `blob-rotten` */
export async function exportRun(store: ExportSource, id: string): Promise<Portable> {
  const header = await store.header(id);
  if (header === undefined) throw new Fault("unknown-run", `The store has no run ${id}`);
  const runs: PortableRun[] = [];
  for (const each of await withChildren(store, header)) runs.push(await portableRun(store, each, id));
  return {
    runs,
    pack: null,
    blobs: await fetchBlobs(
      store,
      runs.flatMap(({ entries }) => entries),
    ),
  };
}

/** Parents first. */
async function withChildren(store: ExportSource, root: RunHeader): Promise<readonly RunHeader[]> {
  const found: RunHeader[] = [root];
  for (let after: string | undefined; ;) {
    const page = await store.list({ prefix: `${root.id}.`, limit: 1000, ...(after === undefined ? {} : { after }) });
    found.push(...page);
    after = page.at(-1)?.id;
    if (page.length < 1000) break;
  }
  const ids = new Set(found.map(({ id }) => id));
  const ofThis = found.filter(({ id, parent }) => id === root.id || (parent !== null && ids.has(parent)));
  return ofThis.toSorted((a, b) => a.id.length - b.id.length || (a.id < b.id ? -1 : 1));
}

async function portableRun(
  store: ExportSource,
  { id, name, created, parent }: RunHeader,
  root: string,
): Promise<PortableRun> {
  const [problem] = await store.verify(id); // E1
  if (problem !== undefined) {
    throw new Fault("export-refused", problem.text, { hint: "Restore the store from a backup" });
  }
  const stored = await store.read(id, 1);
  if (stored.some(({ lsn }, at) => lsn !== at + 1)) {
    throw new Fault("export-refused", `A part of the log of ${id} was forgotten: it cannot leave its store`);
  }
  const entries = stored.map(({ bytes, at }) => withoutState(decodeEntry(bytes), at));
  return { id, name: fileOf(name), created, parent: id === root ? null : parent, entries };
}

/** E2. Something stands in its place: positions are names. */
export function withoutState(entry: Entry, at: number): Entry {
  if (entry.kind !== "SNAP" && entry.kind !== "ISNAP") return entry;
  return { kind: "NOTE", what: "state-left-out", at, text: "" };
}

/** Without the folders of the machine that it comes from. */
function fileOf(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
