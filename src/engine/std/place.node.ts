/**
 * Opening a place below a folder without leaving it, whoever moves and links files meanwhile (HAZARDS 34).
 *
 *   O1  On Linux each folder on the way is opened in the one before it, by its handle, and no link is followed: what is
 *       opened lies below the handle of the root, and that handle is checked to be the root.
 *   O2  Elsewhere Node offers no such way. The file is opened by its path and then compared with what the path leads to;
 *       nothing is read, cut or written before. What may be left is an empty file or folder where somebody put a link
 *       in that very moment, and a name that was removed or moved there.
 *   O3  Only regular files are read and written: no devices, no pipes that would never answer.
 *
 * Not covered: a hard link in a granted folder is a file of that folder, wherever else it has a name.
 */
import { constants, existsSync } from "node:fs";
import type { BigIntStats, Dirent } from "node:fs";
import { lstat, mkdir, open, readdir, readlink, realpath, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, relative, sep } from "node:path";

export interface Place {
  /** The real path of what was granted: a folder, or the file itself. */
  readonly root: string;
  /** A real path in it, or one that does not exist yet. */
  readonly path: string;
  /** O1, or O2. */
  readonly byHandles: boolean;
}

/** The place turned out to be another. */
export class Moved extends Error {}

const { O_RDONLY, O_WRONLY, O_CREAT, O_EXCL, O_APPEND } = constants;
// Absent on Windows, where links are refused by the comparison alone.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = constants.O_NONBLOCK ?? 0;
const O_DIRECTORY = constants.O_DIRECTORY ?? 0;
const HANDLES = "/proc/self/fd";
/** Whether this system opens folders as O1 needs it. */
export const BY_HANDLES: boolean = process.platform === "linux" && existsSync(HANDLES);

/** `write` makes the file when there is none, with the folders above it; `create` makes it, and there must be none. */
export type Opening = "read" | "write" | "change" | "append" | "create";

const FLAGS: Readonly<Record<Opening, number>> = {
  read: O_RDONLY,
  write: O_WRONLY | O_CREAT,
  change: O_WRONLY,
  append: O_WRONLY | O_APPEND,
  create: O_WRONLY | O_CREAT | O_EXCL,
};

/**
 * A regular file, to be closed by the caller; nothing of it is cut.
 *
 * @throws {Moved} and errors of the system
 */
export async function openFile(place: Place, how: Opening): Promise<FileHandle> {
  await using folder = await openFolder(folderOf(place), how === "write");
  const file = await open(inside(folder, place.path), FLAGS[how] | O_NOFOLLOW | O_NONBLOCK, 0o666);
  try {
    if (!place.byHandles) await assertSame(file, place.path);
    const status = await file.stat();
    if (!status.isFile()) throw systemError(status.isDirectory() ? "EISDIR" : "not a regular file");
    return file;
  } catch (failure) {
    await file.close();
    throw failure;
  }
}

/** What is in a folder, in the order of the names. */
export async function listFolder(place: Place): Promise<readonly Dirent[]> {
  await using folder = await openFolder(place, false);
  const entries = await readdir(folder === null ? place.path : `${HANDLES}/${folder.fd}`, { withFileTypes: true });
  if (folder === null) await assertStill(place.path);
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Of what has this name, a link included. @throws {Moved} and errors of the system */
export function statusOf(place: Place): Promise<BigIntStats> {
  return named(place, (path) => lstat(path, { bigint: true }));
}

/** Waits until a file, or the names in a folder, are kept. @throws {Moved} and errors of the system */
export async function syncPlace(place: Place): Promise<void> {
  const isFolder = (await statusOf(place)).isDirectory();
  // Without handles of folders, there is none to be synced.
  if (isFolder && !place.byHandles) return;
  await using handle = isFolder ? await openFolder(place, false) : await openFile(place, "read");
  await handle?.sync();
}

/** Works on a name in its folder, which is not followed when it is a link. The path holds until the work is done. */
export async function named<T>(place: Place, work: (path: string) => Promise<T>): Promise<T> {
  const start = folderOf(place);
  await using folder = await openFolder(start, false);
  if (folder === null) await assertStill(start.path);
  return await work(inside(folder, place.path));
}

/** The folder that a place is in, below what was granted; of the root, the one above it. */
function folderOf({ root, path, byHandles }: Place): Place {
  return { root: path === root ? dirname(root) : root, path: dirname(path), byHandles };
}

/** O1; null where there are no handles of folders. */
async function openFolder({ root, path, byHandles }: Place, make: boolean): Promise<FileHandle | null> {
  if (make) await mkdir(byHandles ? root : path, { recursive: true });
  if (!byHandles) return null;
  let folder = await open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    if ((await readlink(`${HANDLES}/${folder.fd}`)) !== root) throw new Moved();
    for (const step of relative(root, path).split(sep)) {
      if (step === "") continue;
      const next = await openStep(`${HANDLES}/${folder.fd}/${step}`, make);
      await folder.close();
      folder = next;
    }
    return folder;
  } catch (failure) {
    await folder.close();
    throw failure;
  }
}

async function openStep(path: string, make: boolean): Promise<FileHandle> {
  const flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  try {
    return await open(path, flags);
  } catch (failure) {
    if (!make || codeOf(failure) !== "ENOENT") throw failure;
    await mkdir(path).catch((other: unknown) => {
      if (codeOf(other) !== "EEXIST") throw other;
    });
    return await open(path, flags);
  }
}

/** `.` for the root of all, which has no name. */
function inside(folder: FileHandle | null, place: string): string {
  return folder === null ? place : `${HANDLES}/${folder.fd}/${basename(place) || "."}`;
}

/** O2 */
async function assertSame(file: FileHandle, place: string): Promise<void> {
  const [opened, found] = [await file.stat(), await stat(place)];
  if (opened.dev !== found.dev || opened.ino !== found.ino) throw new Moved();
  await assertStill(place);
}

async function assertStill(path: string): Promise<void> {
  if ((await realpath(path)) !== path) throw new Moved();
}

export function codeOf(failure: unknown): string | null {
  return failure instanceof Error && "code" in failure ? String(failure.code) : null;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
