/**
 * `descriptor.open-at`: from a path and flags to a descriptor.
 *
 *   O1  A descriptor has no right that its folder's has not.
 *   O2  What is neither a file nor a folder is not opened; a link only where the guest says that links are followed.
 */
import type { Value } from "../../../../wit/value.ts";
import { Descriptor, type Rights } from "./descriptor.ts";
import { FilesError } from "./error-code.ts";
import type { Status } from "./files.ts";
import { below, resolve } from "./paths.ts";

export interface PlaceAt {
  readonly steps: string;
  readonly path: string;
  readonly isFolder: boolean;
  /** The granted folder itself. */
  readonly isRoot: boolean;
}

/** @throws {FilesError} */
export function placeAt(self: Descriptor, written: Value | undefined): PlaceAt {
  self.requireFolder();
  const { root, steps: base } = self.place;
  const { steps, isFolder } = resolve(base, String(written));
  return { steps, isFolder, path: below(root.path, steps), isRoot: steps === "" };
}

/** `path-flags` */
export function isFollowed(flags: Value | undefined): boolean {
  return (Number(flags) & 1) !== 0;
}

interface Wish {
  readonly follow: boolean;
  readonly create: boolean;
  readonly directory: boolean;
  readonly exclusive: boolean;
  readonly truncate: boolean;
  readonly read: boolean;
  readonly write: boolean;
}

function wishOf(pathFlags: Value | undefined, openFlags: Value | undefined, flags: Value | undefined): Wish {
  const [how, what] = [Number(openFlags), Number(flags)];
  return {
    follow: isFollowed(pathFlags),
    create: (how & 1) !== 0,
    directory: (how & 2) !== 0,
    exclusive: (how & 4) !== 0,
    truncate: (how & 8) !== 0,
    read: (what & 1) !== 0,
    write: (what & 2) !== 0,
  };
}

/** @throws {FilesError} */
export async function openAt(
  self: Descriptor,
  [pathFlags, path, openFlags, flags]: readonly Value[],
): Promise<Descriptor> {
  const wish = wishOf(pathFlags, openFlags, flags);
  const place = placeAt(self, path);
  const directory = wish.directory || place.isFolder;
  if (wish.create && directory) throw new FilesError("invalid");
  // The right to write names is the folder's, and so is that to write what they name (O1).
  if ((wish.create || wish.truncate || wish.write) && !self.rights.mutate) throw new FilesError("read-only");
  const status = await found(self, place, wish);
  const isFolder = status.kind === "folder";
  if (status.kind === "link") throw new FilesError("loop");
  if (status.kind === "other") throw new FilesError("not-permitted");
  if (directory && !isFolder) throw new FilesError("not-directory");
  if (isFolder && (wish.write || wish.truncate)) throw new FilesError("is-directory");
  const rights: Rights = { read: wish.read, write: wish.write, mutate: isFolder && self.rights.mutate };
  const opened = new Descriptor({ ...self.place, steps: place.steps }, isFolder, rights, status.identity);
  if (wish.truncate) await opened.resize(0);
  return opened;
}

/** What is at the path; a file that is made, when the guest wishes that. */
async function found(self: Descriptor, { path }: PlaceAt, wish: Wish): Promise<Status> {
  const { files } = self;
  const status = await files.status(path, wish.follow && !wish.exclusive).catch(absent);
  if (status !== null && wish.create && wish.exclusive) throw new FilesError("exist");
  if (status !== null) return status;
  if (!wish.create) throw new FilesError("no-entry");
  await files.make("create", path, self.place.root).catch((thrown: unknown) => {
    // Somebody else was faster; that is as good.
    if (!(thrown instanceof FilesError) || thrown.code !== "exist" || wish.exclusive) throw thrown;
  });
  return files.status(path, wish.follow);
}

function absent(thrown: unknown): null {
  if (thrown instanceof FilesError && thrown.code === "no-entry") return null;
  throw thrown;
}
