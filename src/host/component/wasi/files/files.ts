/**
 * The files that an instance was granted, as the engine offers them (`sennit:host/files`), with the errors of WASI.
 *
 *   F1  Every path is one that `grants` told, and below it steps that paths.ts let through. The engine judges it anew at each
 *       call, links included, and keeps nothing open: a file that is removed is gone for those who had it open, too.
 *   F2  No file grows beyond `LARGEST`, and one instance writes no more than `MOST_WRITTEN`.
 *   F3  What was granted is settled when the instance starts. A grant of one file has no folder to be found in, and does not show.
 */
import { type CaseValue, OK, type Value } from "../../../../wit/value.ts";
import { FILE_ERRORS, FILE_KINDS } from "../../../offers.ts";
import type { Ask } from "../ask.ts";
import { type ErrorCode, FilesError } from "./error-code.ts";

export interface Root {
  readonly path: string;
  readonly writable: boolean;
}

export type Kind = (typeof FILE_KINDS)[number];

export interface Status {
  readonly kind: Kind;
  readonly size: number | bigint;
  /** Nanoseconds since the epoch. */
  readonly modified: number | bigint;
  readonly identity: number | bigint;
}

export interface Entry {
  readonly name: string;
  readonly kind: Kind;
}

/** Bytes that a guest may give a file, gaps included. */
export const LARGEST: number = 1024 ** 3;
/** Bytes that one instance may write. */
export const MOST_WRITTEN: number = 4 * 1024 ** 3;

const MEANINGS: Readonly<Record<(typeof FILE_ERRORS)[number], ErrorCode>> = {
  denied: "not-permitted",
  "not-found": "no-entry",
  exists: "exist",
  "not-a-folder": "not-directory",
  "is-a-folder": "is-directory",
  "not-empty": "not-empty",
  invalid: "invalid",
  "too-large": "file-too-large",
  failed: "io",
};

export class Files {
  readonly roots: readonly Root[];
  readonly #ask: Ask;
  #written = 0;

  private constructor(ask: Ask, roots: readonly Root[]) {
    this.#ask = ask;
    this.roots = roots;
  }

  /** Null when no folder was granted. */
  static async granted(ask: Ask): Promise<Files | null> {
    const told = (await ask("grants", [])) as readonly (readonly [path: string, writable: boolean])[];
    const files = new Files(
      ask,
      told.map(([path, writable]) => ({ path, writable })),
    );
    const folders: Root[] = [];
    for (const root of files.roots) if (await files.#mayBeFolder(root.path)) folders.push(root);
    return folders.length === 0 ? null : new Files(ask, folders);
  }

  /** Before so many bytes are written, up to this end of the file (F2). @throws {FilesError} */
  admit(end: number, bytes: number): void {
    if (end > LARGEST) throw new FilesError("file-too-large");
    if (this.#written + bytes > MOST_WRITTEN) throw new FilesError("quota");
    this.#written += bytes;
  }

  async status(path: string, follow: boolean): Promise<Status> {
    const answer = await this.#call(follow ? "status-of" : "link-status", path);
    const [kind, size, modified, identity] = answer as readonly [number, number, number, number];
    return { kind: FILE_KINDS[kind] ?? "other", size, modified, identity };
  }

  async list(path: string): Promise<readonly Entry[]> {
    const entries = (await this.#call("list", path)) as readonly (readonly [name: string, kind: number])[];
    return entries.map(([name, kind]) => ({ name, kind: FILE_KINDS[kind] ?? "other" }));
  }

  async readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
    return (await this.#call("read-at", path, offset, length)) as Uint8Array;
  }

  async writeAt(path: string, offset: number, bytes: Uint8Array): Promise<void> {
    await this.#call("write-at", path, offset, bytes);
  }

  async append(path: string, bytes: Uint8Array): Promise<void> {
    await this.#call("append", path, bytes);
  }

  async setSize(path: string, size: number): Promise<void> {
    await this.#call("set-size", path, size);
  }

  async rename(path: string, newPath: string): Promise<void> {
    await this.#call("rename", path, newPath);
  }

  /** Makes a file or a folder below a root. A root that is not there yet comes about with the first thing in it. */
  async make(how: "create" | "make-folder", path: string, root: Root): Promise<void> {
    try {
      await this.#call(how, path);
    } catch (thrown) {
      if (!(thrown instanceof FilesError) || thrown.code !== "no-entry" || !(await this.#makeRoot(root))) throw thrown;
      await this.#call(how, path);
    }
  }

  async #makeRoot({ path }: Root): Promise<boolean> {
    try {
      await this.#call("make-folder", path);
      return true;
    } catch (thrown) {
      if (!(thrown instanceof FilesError)) throw thrown;
      return false; // it is there, or cannot be
    }
  }

  async change(how: "remove" | "remove-folder" | "sync", path: string): Promise<void> {
    await this.#call(how, path);
  }

  /** What is not there yet may become one. */
  async #mayBeFolder(path: string): Promise<boolean> {
    try {
      return (await this.status(path, true)).kind === "folder";
    } catch (thrown) {
      if (!(thrown instanceof FilesError)) throw thrown;
      return thrown.code === "no-entry";
    }
  }

  /** @throws {FilesError} */
  async #call(name: string, ...args: readonly Value[]): Promise<Value> {
    const answer = (await this.#ask(name, args)) as CaseValue;
    if (answer.index === OK) return answer.payload;
    const { index, payload } = answer.payload as CaseValue;
    throw new FilesError(MEANINGS[FILE_ERRORS[index] ?? "failed"], String(payload));
  }
}
