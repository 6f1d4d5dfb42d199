/**
 * Open files and folders, and the streams made of them. Nothing of them is open anywhere: each is a path, with what may be
 * done through it (F1 of files.ts).
 *
 *   D1  A folder that was granted `:ro` gives out nothing that writes.
 *   D2  A descriptor stays what it was when it was opened, a file or a folder; what is at its path by then is the engine's word.
 */
import { Opaque } from "../../../../wit/value.ts";
import { IoError } from "../error.ts";
import { InputStream, OutputStream, ROOM } from "../streams.ts";
import { codeNumber, FilesError } from "./error-code.ts";
import type { Entry, Files, Root } from "./files.ts";
import { below } from "./paths.ts";

export interface Rights {
  readonly read: boolean;
  readonly write: boolean;
  /** Whether names in the folder may be changed. */
  readonly mutate: boolean;
}

export interface Place {
  readonly files: Files;
  readonly root: Root;
  /** From the root; `""` for the root itself. */
  readonly steps: string;
}

export class Descriptor extends Opaque {
  override readonly opaque = "descriptor";
  readonly place: Place;
  readonly isFolder: boolean;
  readonly rights: Rights;
  /** Null when it was not there when it was granted. */
  readonly identity: number | bigint | null;

  constructor(place: Place, isFolder: boolean, rights: Rights, identity: number | bigint | null) {
    super();
    this.place = place;
    this.isFolder = isFolder;
    this.rights = rights;
    this.identity = identity;
  }

  get files(): Files {
    return this.place.files;
  }

  get path(): string {
    return below(this.place.root.path, this.place.steps);
  }

  /** @throws {FilesError} */
  requireFolder(): void {
    if (!this.isFolder) throw new FilesError("not-directory");
  }

  /** D1. @throws {FilesError} */
  requireMutable(): void {
    this.requireFolder();
    if (!this.rights.mutate) throw new FilesError("read-only");
  }

  /** @throws {FilesError} */
  requireReadable(): void {
    if (this.isFolder) throw new FilesError("is-directory");
    if (!this.rights.read) throw new FilesError("bad-descriptor");
  }

  /** @throws {FilesError} */
  requireWritable(): void {
    if (this.isFolder) throw new FilesError("is-directory");
    if (!this.rights.write) throw new FilesError(this.place.root.writable ? "bad-descriptor" : "read-only");
  }

  /** At most `ROOM` bytes. */
  read(offset: number, length: number): Promise<Uint8Array> {
    return this.files.readAt(this.path, offset, Math.min(length, ROOM));
  }

  /** @throws {FilesError} */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.files.admit(offset + bytes.length, bytes.length);
    await this.files.writeAt(this.path, offset, bytes);
  }

  /** @throws {FilesError} */
  async append(bytes: Uint8Array): Promise<void> {
    const { size } = await this.files.status(this.path, true);
    this.files.admit(Number(size) + bytes.length, bytes.length);
    await this.files.append(this.path, bytes);
  }

  /** @throws {FilesError} */
  async resize(size: number): Promise<void> {
    this.files.admit(size, 0);
    await this.files.setSize(this.path, size);
  }
}

/** What a folder held when it was asked. */
export class EntryStream extends Opaque {
  override readonly opaque = "directory-entry-stream";
  readonly #entries: readonly Entry[];
  #at = 0;

  constructor(entries: readonly Entry[]) {
    super();
    this.#entries = entries;
  }

  next(): Entry | null {
    return this.#entries[this.#at++] ?? null;
  }
}

export class FileInput extends InputStream {
  readonly #from: Descriptor;
  #offset: number;

  constructor(from: Descriptor, offset: number) {
    super();
    this.#from = from;
    this.#offset = offset;
  }

  override async read(length: number): Promise<Uint8Array | null> {
    if (length === 0) return new Uint8Array();
    const bytes = await failing(() => this.#from.read(this.#offset, length));
    this.#offset += bytes.length;
    return bytes.length === 0 ? null : bytes;
  }
}

/** Writes from an offset on, or always at the end. */
export class FileOutput extends OutputStream {
  readonly #to: Descriptor;
  #offset: number | null;

  constructor(to: Descriptor, offset: number | null) {
    super();
    this.#to = to;
    this.#offset = offset;
  }

  override async write(bytes: Uint8Array): Promise<void> {
    const offset = this.#offset;
    if (offset === null) return failing(() => this.#to.append(bytes));
    await failing(() => this.#to.write(offset, bytes));
    this.#offset = offset + bytes.length;
  }
}

async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof FilesError)) throw thrown;
    throw new IoError(thrown.message, { files: codeNumber(thrown.code) });
  }
}
