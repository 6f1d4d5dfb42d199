/**
 * Packages in folders of this machine.
 *
 *   P1  A package reads its own files only: no `..`, no absolute path, no link that leads out.
 *   P2  A manifest is right as a whole or not at all; every mistake in it is named at once.
 */
import { type Dirent, realpathSync } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";

import { Fault } from "../../fault.ts";
import { DiskCache, userCacheFolder } from "../cache.node.ts";
import type { Manifest, PackageFiles } from "../manifest.ts";
import { isErrno, manifestOf } from "./manifest-file.node.ts";
import { isPathInside, readManifest } from "./manifest-table.ts";
import { Mistakes } from "./mistakes.ts";
import { readProjectTables, type Project } from "./project.ts";
import { Table } from "./table.ts";

/** Most files and folders that `list` looks at: a package is small, and a link to `/` is not a package. */
const MOST_FILES = 10_000;
const LARGEST_FILE = 2 ** 28;

/**
 * The package in a folder, or a bare `.wasm` file as a package of its own.
 *
 * @throws {Fault} `package-missing`, `manifest-invalid`
 * @example
 * const files = await readPackage("plugins/stats");
 * files.manifest.name; // "acme:stats"
 */
export async function readPackage(place: string): Promise<PackageFiles> {
  const found = await kindOf(place);
  if (found === "file") return bareComponent(place);
  const file = found === "folder" ? await manifestOf(place) : undefined;
  if (file === undefined) throw missing(place, found);
  const mistakes = new Mistakes(file.path);
  const top = new Table(file.tables, "", mistakes);
  if (!top.has("package"))
    throw new Fault("package-missing", `${file.path} describes no package: it has no table \`[package]\``);
  const manifest = readManifest(top.table("package"));
  readProjectTables(top);
  top.refuseOthers();
  mistakes.throwIfAny(); // P2
  return filesOf(manifest, place, place);
}

/**
 * The project a program belongs to: the nearest manifest in its folder or above.
 *
 * @throws {Fault} `manifest-invalid`
 */
export async function readProject(folder: string): Promise<Project> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const file = await manifestOf(at);
    if (file !== undefined) {
      const mistakes = new Mistakes(file.path);
      const top = new Table(file.tables, "", mistakes);
      const tables = readProjectTables(top);
      if (top.take("package") !== undefined) readManifest(top.table("package"));
      top.refuseOthers();
      mistakes.throwIfAny();
      return { folder: at, file: file.path, ...tables, isOwn: ownPlaces(at, tables.dependencies) };
    }
    if (dirname(at) === at) break;
  }
  return {
    folder: resolve(folder),
    file: null,
    dependencies: new Map(),
    grants: new Map(),
    programGrants: [],
    isOwn: ownPlaces(resolve(folder), new Map()),
  };
}

/** What lies in the folder, or is one of the dependencies by path. Links are followed first: a place is where its bytes are. */
function ownPlaces(folder: string, dependencies: Project["dependencies"]): (place: string) => boolean {
  const targets = [...dependencies.values()].flatMap((each) => (each.kind === "path" ? [each.path] : []));
  return (place) => {
    const at = realOrNull(place);
    if (at === null) return false;
    const root = realOrNull(folder);
    return (root !== null && isWithin(root, at)) || targets.some((path) => realOrNull(resolve(folder, path)) === at);
  };
}

function realOrNull(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return null;
    throw cause;
  }
}

function isWithin(root: string, place: string): boolean {
  return place === root || place.startsWith(root.endsWith(sep) ? root : root + sep);
}

async function kindOf(place: string): Promise<"file" | "folder" | "nothing"> {
  try {
    const found = await stat(place);
    return found.isDirectory() ? "folder" : found.isFile() ? "file" : "nothing";
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return "nothing";
    throw new Fault(
      "package-missing",
      `${place} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function missing(place: string, found: "folder" | "nothing"): Fault {
  const why =
    found === "folder"
      ? "it has neither a `sennit.toml` nor a `package.json` with `sennit`"
      : "there is no such file or folder";
  return new Fault("package-missing", `There is no package at ${place}: ${why}`);
}

function bareComponent(place: string): Promise<PackageFiles> {
  if (!place.endsWith(".wasm"))
    throw new Fault("package-missing", `${place} is neither a package folder nor a \`.wasm\` file`);
  const manifest: Manifest = {
    name: `local:${nameFrom(basename(place, ".wasm"))}`,
    version: "0.0.0",
    language: "component",
    source: basename(place),
    wants: [],
    limits: {},
    stateless: false,
    overlap: false,
    onFailure: "lost",
    effects: {},
  };
  return filesOf(manifest, dirname(place), place);
}

function nameFrom(file: string): string {
  const words = file
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const name = words.join("-");
  return /^[a-z]/.test(name) ? name : `plugin${name === "" ? "" : `-${name}`}`;
}

async function filesOf(manifest: Manifest, folder: string, place: string): Promise<PackageFiles> {
  const root = await realpath(folder);
  return {
    manifest,
    place,
    read: (path) => readInside(root, place, path),
    list: (path) => listInside(root, place, path),
    cache: new DiskCache(join(userCacheFolder(), "worlds")),
  };
}

async function readInside(root: string, place: string, path: string): Promise<Uint8Array> {
  const real = await realInside(root, place, path);
  const found = await stat(real);
  if (!found.isFile()) throw new Fault("package-invalid", `${place}: ${path} is not a file`);
  if (found.size > LARGEST_FILE)
    throw new Fault("package-invalid", `${place}: ${path} is larger than ${LARGEST_FILE} bytes`);
  return new Uint8Array(await readFile(real));
}

/** The real path of a file of the package (P1). */
async function realInside(root: string, place: string, path: string): Promise<string> {
  if (!isPathInside(path)) throw new Fault("package-invalid", `${place}: ${path} is not a path inside the package`);
  try {
    const real = await realpath(join(root, path));
    if (isWithin(root, real)) return real;
  } catch (cause) {
    if (!isErrno(cause, "ENOENT", "ENOTDIR", "ELOOP")) throw cause;
    throw new Fault("package-invalid", `${place}: there is no file ${path}`, { cause });
  }
  throw new Fault("package-invalid", `${place}: ${path} leads out of the package`);
}

async function listInside(root: string, place: string, folder: string): Promise<readonly string[]> {
  const start = folder === "" || folder === "." ? root : await realInside(root, place, folder);
  const found: string[] = [];
  const pending = [start];
  let count = 0;
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    for (const entry of await entriesOf(at, place)) {
      const path = join(at, entry.name);
      count += 1;
      if (count > MOST_FILES) throw new Fault("package-invalid", `${place} has more than ${MOST_FILES} files`);
      // Paths stand in messages, and a second line there could be anybody's.
      if (/\p{Cc}/u.test(entry.name))
        throw new Fault("package-invalid", `${place} has a file with control characters in its name`);
      if (entry.isDirectory()) pending.push(path);
      else if (entry.isFile()) found.push(relative(root, path).replaceAll(sep, "/"));
    }
  }
  return found.toSorted();
}

async function entriesOf(folder: string, place: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    if (!isErrno(cause, "ENOTDIR", "ENOENT", "EACCES")) throw cause;
    throw new Fault("package-invalid", `${place}: ${basename(folder)} is no folder that can be read`, { cause });
  }
}
