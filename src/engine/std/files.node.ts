/**
 * Files under grants, performed on the host's side (D2, HAZARDS 34): what `std:fs` and `sennit:host/files` are made of.
 *
 *   S1  Every path is resolved to its real place first (symlinks followed), and that place must lie in a grant. What is
 *       opened then is that place, also when somebody moves or links files meanwhile (`place.node.ts`).
 *       What a grant means is settled when it is given: a link put in its place later leads out of it.
 *   S2  A denial is a value (`error.denied`), so that it can be caught.
 *   S3  Writing needs a grant without `:ro`, and never goes through a symlink at the end of the path.
 *   S4  What was granted is not removed or moved as a whole: what a grant means would change with it.
 *   S5  What only looks like files (`/proc`, `/sys`, `/dev`) is reached by no grant: this process shows itself there.
 */
import { createHash } from "node:crypto";
import { realpathSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { mkdir, realpath, rename, rmdir, unlink } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Denied } from "./file-failure.node.ts";
import { BY_HANDLES, codeOf, listFolder, named, openFile, statusOf, syncPlace, systemError } from "./place.node.ts";
import type { Opening, Place } from "./place.node.ts";

export interface FsGrant {
  /** Absolute. A file, or a folder with all below it. */
  readonly path: string;
  readonly readOnly: boolean;
}

export interface FilePorts {
  /** Where relative paths start. */
  readonly folder: string;
  /** What is granted now: asked at each call. */
  readonly grants: () => readonly FsGrant[];
  /** Called when a path was judged, and before anything is opened: where a test moves files. */
  readonly onJudged?: () => void;
  /** False: as on a system that cannot open by handles of folders. */
  readonly byHandles?: boolean;
}

export type FileKind = "file" | "folder" | "link" | "other";

export interface FileEntry {
  readonly name: string;
  readonly kind: FileKind;
}

export interface FileStatus {
  readonly kind: FileKind;
  readonly size: bigint;
  /** Nanoseconds since the epoch. */
  readonly modified: bigint;
  readonly identity: bigint;
}

/** The most that a file may have to be read at once. */
const MOST = 256 * 1024 * 1024;
const MOST_AT_ONCE = 16 * 1024 * 1024;
/** Of a path, in characters: what no system takes is not looked at step by step. */
const LONGEST = 4096;

export class Files {
  readonly #ports: FilePorts;
  /** S1: real paths by those of grants. */
  readonly #real = new Map<string, string>();

  constructor(ports: FilePorts) {
    this.#ports = ports;
    this.#grants();
  }

  async read(path: string): Promise<Uint8Array> {
    await using file = await this.#open(path, "read");
    const { size } = await file.stat();
    if (size > MOST) throw systemError("EFBIG");
    // One byte more tells whether it has grown meanwhile.
    for (let room = size + 1; ; room *= 2) {
      const bytes = await readUpTo(file, 0, Math.min(room, MOST + 1));
      if (bytes.length < room && bytes.length <= MOST) return bytes;
      if (bytes.length > MOST) throw systemError("EFBIG");
    }
  }

  async write(path: string, content: Uint8Array): Promise<void> {
    await using file = await this.#open(path, "write");
    await file.truncate();
    await file.writeFile(content);
  }

  async readAt(path: string, offset: bigint, length: number): Promise<Uint8Array> {
    const from = position(offset);
    await using file = await this.#open(path, "read");
    const { size } = await file.stat();
    return await readUpTo(file, from, Math.min(length, MOST_AT_ONCE, Math.max(0, size - from)));
  }

  async writeAt(path: string, offset: bigint, bytes: Uint8Array): Promise<void> {
    const from = position(offset + BigInt(bytes.length)) - bytes.length;
    await using file = await this.#open(path, "change");
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, from + done);
      done += bytesWritten;
    }
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await using file = await this.#open(path, "append");
    await file.appendFile(bytes);
  }

  async create(path: string): Promise<void> {
    const place = await this.#place(path, "write", "itself");
    await using file = await openFile(place, "create");
    void file;
  }

  async setSize(path: string, size: bigint): Promise<void> {
    const length = position(size);
    await using file = await this.#open(path, "change");
    await file.truncate(length);
  }

  async list(path: string): Promise<readonly FileEntry[]> {
    const entries = await listFolder(await this.#place(path, "read"));
    return entries.map((entry) => ({ name: entry.name.toWellFormed(), kind: kindOf(entry) }));
  }

  async status(path: string, links: "followed" | "itself"): Promise<FileStatus> {
    const found = await statusOf(await this.#place(path, "read", links));
    const kind = kindOf(found);
    // One that leads nowhere, or was not there when its place was judged.
    if (kind === "link" && links === "followed") throw systemError("ELOOP");
    return {
      kind,
      size: kind === "file" ? found.size : 0n,
      modified: unsigned(found.mtimeNs),
      identity: identityOf(found),
    };
  }

  async sync(path: string): Promise<void> {
    await syncPlace(await this.#place(path, "read"));
  }

  async makeFolder(path: string): Promise<void> {
    await named(await this.#place(path, "write", "itself"), (name) => mkdir(name));
  }

  async remove(path: string): Promise<void> {
    await named(notWhole(await this.#place(path, "write", "itself")), unlinkFile);
  }

  async removeFolder(path: string): Promise<void> {
    await named(notWhole(await this.#place(path, "write", "itself")), (name) => rmdir(name));
  }

  async rename(path: string, newPath: string): Promise<void> {
    const from = notWhole(await this.#place(path, "write", "itself"));
    const to = notWhole(await this.#place(newPath, "write", "itself"));
    await named(from, (source) => named(to, (target) => rename(source, target)));
  }

  async #open(path: string, how: Opening): Promise<FileHandle> {
    return await openFile(await this.#place(path, how === "read" ? "read" : "write"), how);
  }

  /** S1, S3: where the path really leads, when a grant covers that. */
  async #place(path: string, use: "read" | "write", links: "followed" | "itself" = "followed"): Promise<Place> {
    if (path.includes("\0")) throw new Denied();
    if (path.length > LONGEST) throw systemError("ENAMETOOLONG");
    const wanted = resolve(this.#ports.folder, path);
    // What is not there is judged by where it would be, so that a denial tells nothing about files outside.
    const real = links === "followed" ? await realParent(wanted) : await realName(wanted);
    const fits = this.#grants().filter((each) => isWithin(each.path, real) && !(use === "write" && each.readOnly));
    if (isSystems(real)) throw new Denied();
    // The widest: of a folder in a granted one, more can be done than of one that was granted itself (S4).
    const [grant] = fits.toSorted((a, b) => a.path.length - b.path.length);
    if (grant === undefined) throw new Denied();
    this.#ports.onJudged?.();
    return { root: grant.path, path: real, byHandles: this.#ports.byHandles ?? BY_HANDLES };
  }

  /** By their real paths, each as it was when it was seen first. */
  #grants(): readonly FsGrant[] {
    return this.#ports.grants().map(({ path, readOnly }) => {
      const real = this.#real.get(path) ?? realGrant(path);
      this.#real.set(path, real);
      return { path: real, readOnly };
    });
  }
}

/** S4 */
function notWhole(place: Place): Place {
  if (place.path === place.root) throw new Denied();
  return place;
}

/** On some systems a folder is refused with another error than on others. */
async function unlinkFile(name: string): Promise<void> {
  await unlink(name).catch((failure: unknown) => {
    throw codeOf(failure) === "EPERM" ? systemError("EISDIR") : failure;
  });
}

async function readUpTo(file: FileHandle, from: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done === length ? bytes : bytes.slice(0, done);
}

/** An offset or a size, as far as files have them. */
function position(wanted: bigint): number {
  if (wanted > BigInt(Number.MAX_SAFE_INTEGER)) throw systemError("EINVAL");
  return Number(wanted);
}

interface Kinds {
  readonly isFile: () => boolean;
  readonly isDirectory: () => boolean;
  readonly isSymbolicLink: () => boolean;
}

function kindOf(of: Kinds): FileKind {
  if (of.isFile()) return "file";
  if (of.isDirectory()) return "folder";
  return of.isSymbolicLink() ? "link" : "other";
}

/** Device and number of a file tell about the disk; what stands for them tells only whether two files are one. */
function identityOf({ dev, ino }: BigIntStats): bigint {
  return createHash("sha256").update(`${dev}:${ino}`).digest().readBigUInt64BE();
}

function unsigned(number: bigint): bigint {
  return number < 0n ? 0n : number;
}

/** The real place of a path that may not exist yet: its nearest folder that does, resolved, then the rest. */
async function realParent(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // Whatever else is wrong with it must not show in what is said of a file outside, and shows when a file is opened.
    const parent = dirname(path);
    if (parent === path) throw error;
    return join(await realParent(parent), basename(path));
  }
}

/** The same of the folder alone: the name in it may be a link. */
async function realName(path: string): Promise<string> {
  const parent = dirname(path);
  return parent === path ? path : join(await realParent(parent), basename(path));
}

/** The same at once: no step of the program comes before it. */
function realGrant(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path) throw error;
    return join(realGrant(parent), basename(path));
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way)) || /^\.\.[^/\\]/.test(way);
}

/** S5 */
function isSystems(path: string): boolean {
  return process.platform !== "win32" && ["/proc", "/sys", "/dev"].some((folder) => isWithin(folder, path));
}
