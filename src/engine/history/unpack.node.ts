/**
 * The files of an exported run made in a folder here, beside the store that takes the run.
 *
 *   U1  Only what a pack allows is made (K1 in pack.ts), all of it or nothing, in a folder that is named for its content: runs
 *       of the same packages share it. No file that is there is written to, and no link is followed or made.
 *   U2  The project there is written here: it names the packages, gives them processes of their own, as nobody vouches for
 *       them, and grants nothing. Its user may change that.
 */
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, stat, utimes, writeFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";
import { parse, stringify, TomlError } from "smol-toml";
import { Fault } from "../../fault.ts";
import { isTable } from "../../host/package/table.ts";
import type { Digest } from "../../journal/entry/entry.ts";
import { hexOfBytes } from "../../journal/entry/hex.ts";
import type { Store } from "../../journal/store.ts";
import { sha256 } from "../../journal/sqlite/owned.node.ts";
import { invalid } from "./import.ts";
import { encodePack, folderOf, MANIFEST, within } from "./pack.ts";
import type { Pack } from "./pack.ts";

export interface Unpacked {
  /** The program's. */
  readonly file: string;
  /** As if nothing had been unpacked; what was there before stays. */
  readonly undo: () => Promise<void>;
}

/** Where the packages of a store's imported runs are. */
export function packagesOf(store: string): string {
  return `${store}.packages`;
}

/** @param folder of all that was unpacked; made when it is not there @throws {Fault} `import-invalid`, `unpack-failed` */
export async function unpack(
  pack: Pack,
  text: string,
  blobs: ReadonlyMap<Digest, Uint8Array>,
  folder: string,
): Promise<Unpacked> {
  const files = filesOf(pack, text, blobs);
  const name = hexOfBytes(sha256(Buffer.concat([sha256(encodePack(pack)), sha256(Buffer.from(text))]))).slice(0, 32);
  const place = join(folder, name);
  try {
    const isNew = !(await isUsed(place)) && (await make(files, folder, place));
    const made = isNew ? await timeOf(place) : null;
    return { file: join(place, ...pack.program.split("/")), undo: () => remove(place, made) };
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault("unpack-failed", `The packages cannot be written to ${folder}: ${String(cause)}`, {
      cause,
      hint: "Look at the permissions and the space there, or say where they are: `--file PROGRAM`",
    });
  }
}

function filesOf(pack: Pack, text: string, blobs: ReadonlyMap<Digest, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const files = new Map([...pack.files].map(([path, { digest }]) => [path, blobs.get(digest) ?? new Uint8Array()]));
  const manifests = pack.packages.map((place) => within(place, MANIFEST)).filter((path) => files.has(path));
  const tables = new Map(manifests.map((path) => [path, packageTable(path, files.get(path) as Uint8Array)]));
  files.set(pack.program, Buffer.from(text));
  const own = within(folderOf(pack.program), MANIFEST);
  files.set(own, Buffer.from(stringify({ ...tables.get(own), ...projectOf(pack) })));
  return files;
}

/** K2 in pack.ts */
function packageTable(path: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const tables = parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (Object.keys(tables).join() === "package" && isTable(tables["package"])) return tables;
  } catch (thrown) {
    if (!(thrown instanceof TomlError) && !(thrown instanceof TypeError)) throw thrown;
  }
  throw invalid(`${path} says more than what package this is, or nothing`);
}

/** U2 */
function projectOf({ program, dependencies }: Pack): Readonly<Record<string, unknown>> {
  const from = folderOf(program);
  const paths = dependencies.map(([name, place]) => [name, { path: posix.relative(`/${from}`, `/${place}`) || "." }]);
  return { dependencies: Object.fromEntries(paths) as object, policy: { isolation: { default: "L2" } } };
}

/** Milliseconds for which a folder may be there before its run is. */
const FRESH = 3_600_000;

/** Removes what no run of a store needs any more; how many folders that were. */
export async function removeUnused(store: Pick<Store, "list">, path: string, now: number): Promise<number> {
  const folder = packagesOf(path);
  const names = await readdir(folder).catch((): readonly string[] => []);
  const used = names.length === 0 ? new Set<string>() : await namesIn(store);
  let removed = 0;
  for (const name of names) {
    const place = join(folder, name);
    const time = await timeOf(place);
    if (used.has(name) || time === null || now - Number(time / 1_000_000n) < FRESH) continue;
    await rm(place, { recursive: true, force: true });
    removed += 1;
  }
  await rmdir(folder).catch(() => {}); // some are needed
  return removed;
}

/** Of all folders in which programs stand: a store that was moved with its packages has them somewhere else. */
async function namesIn(store: Pick<Store, "list">): Promise<ReadonlySet<string>> {
  const used = new Set<string>();
  for (let after: string | undefined; ;) {
    const page = await store.list({ limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const { name } of page) for (const part of name.split(/[\\/]/)) used.add(part);
    after = page.at(-1)?.id;
    if (page.length < PAGE) return used;
  }
}

const PAGE = 1000;

/** U1. False when somebody else has made it meanwhile. */
async function make(files: ReadonlyMap<string, Uint8Array>, folder: string, place: string): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = await mkdtemp(join(folder, ".new-"));
  try {
    for (const [path, bytes] of files) {
      const file = join(draft, ...path.split("/"));
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, bytes, { flag: "wx", mode: 0o600, flush: true });
    }
    await rename(draft, place);
    return true;
  } catch (thrown) {
    await rm(draft, { recursive: true, force: true });
    if (await isUsed(place)) return false;
    await rmdir(folder).catch(() => {}); // others may have theirs there
    throw thrown;
  }
}

/** Unless somebody else uses it by now. */
async function remove(place: string, made: bigint | null): Promise<void> {
  if (made === null || (await timeOf(place)) !== made) return;
  await rm(place, { recursive: true, force: true });
  await rmdir(dirname(place)).catch(() => {}); // others may have theirs there
}

/** Whether it is there; whoever made it can see then that it is used. */
async function isUsed(place: string): Promise<boolean> {
  if ((await timeOf(place)) === null) return false;
  const now = new Date();
  await utimes(place, now, now);
  return true;
}

async function timeOf(place: string): Promise<bigint | null> {
  try {
    const found = await stat(place, { bigint: true });
    return found.isDirectory() ? found.mtimeNs : null;
  } catch {
    return null;
  }
}
