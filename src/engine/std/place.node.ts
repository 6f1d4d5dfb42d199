/**
 * Opening a place below a folder without leaving it, whoever moves and links files meanwhile (HAZARDS 34).
 *
 *   O1  On Linux each folder on the way is opened in the one before it, by its handle, and no link is followed: what is
 *       opened lies below the handle of the root, and that handle is checked to be the root.
 *   O2  Elsewhere Node offers no such way. The file is opened by its path and then compared with what the path leads to;
 *       nothing is read, cut or written before. What may be left is an empty file or folder where somebody put a link
 *       in that very moment.
 *   O3  Only regular files are read and written: no devices, no pipes that would never answer.
 *
 * Not covered: a hard link in a granted folder is a file of that folder, wherever else it has a name.
 */
import { constants, existsSync } from "node:fs";
import { mkdir, open, readdir, readlink, realpath, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";

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

const { O_RDONLY, O_WRONLY, O_CREAT } = constants;
// Absent on Windows, where links are refused by the comparison alone.
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0;
const O_NONBLOCK = constants.O_NONBLOCK ?? 0;
const O_DIRECTORY = constants.O_DIRECTORY ?? 0;
const HANDLES = "/proc/self/fd";
/** Whether this system opens folders as O1 needs it. */
export const BY_HANDLES: boolean = process.platform === "linux" && existsSync(HANDLES);

/**
 * A regular file, to be closed by the caller; for `write` it is made when there is none, with the folders above it, and
 * it is not yet cut.
 *
 * @throws {Moved} and errors of the system
 */
export async function openFile({ root, path: place, byHandles }: Place, how: "read" | "write"): Promise<FileHandle> {
  const start = { root: place === root ? dirname(root) : root, path: dirname(place), byHandles };
  await using folder = await openFolder(start, how === "write");
  const flags = how === "read" ? O_RDONLY : O_WRONLY | O_CREAT;
  const file = await open(inside(folder, place), flags | O_NOFOLLOW | O_NONBLOCK, 0o666);
  try {
    if (!byHandles) await assertSame(file, place);
    const status = await file.stat();
    if (!status.isFile()) throw systemError(status.isDirectory() ? "EISDIR" : "not a regular file");
    return file;
  } catch (failure) {
    await file.close();
    throw failure;
  }
}

/** The names in a folder; a folder's name ends in `/`. */
export async function listFolder(place: Place): Promise<readonly string[]> {
  await using folder = await openFolder(place, false);
  const entries = await readdir(folder === null ? place.path : `${HANDLES}/${folder.fd}`, { withFileTypes: true });
  if (folder === null && (await realpath(place.path)) !== place.path) throw new Moved();
  return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).toSorted();
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

function inside(folder: FileHandle | null, place: string): string {
  return folder === null ? place : join(HANDLES, String(folder.fd), basename(place));
}

/** O2 */
async function assertSame(file: FileHandle, place: string): Promise<void> {
  const [opened, found] = [await file.stat(), await stat(place)];
  const isSame = opened.dev === found.dev && opened.ino === found.ino;
  if (!isSame || (await realpath(place)) !== place) throw new Moved();
}

export function codeOf(failure: unknown): string | null {
  return failure instanceof Error && "code" in failure ? String(failure.code) : null;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
