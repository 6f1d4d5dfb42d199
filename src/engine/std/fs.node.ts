/**
 * `std:fs`: the files a run was granted, performed on the host's side (D2, HAZARDS 34).
 *
 *   S1  Every path is resolved to its real place first (symlinks followed), and that place must lie in a grant.
 *   S2  A denial is a value (`error.denied`), so a program can catch it.
 *   S3  Writing needs a grant without `:ro`, and never goes through a symlink at the end of the path.
 */
import { constants } from "node:fs";
import { mkdir, open, readdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { Fault } from "../../fault.ts";
import type { Instance, InstanceOptions, Plugin } from "../../host/plugin.ts";
import type { FunctionKey, VariantType, WitFunction, WitType, World } from "../../wit/types.ts";
import { CaseValue, ERR, OK } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";

export interface FsGrant {
  /** Absolute. A file, or a folder with all below it. */
  readonly path: string;
  readonly readOnly: boolean;
}

const STRING: WitType = { kind: "string" };
const ERROR: VariantType = {
  kind: "variant",
  name: { interface: null, name: "error" },
  cases: ["not-found", "denied", "not-text", "failed"].map((name) => ({ name, type: STRING })),
};
const NOT_FOUND = 0;
const DENIED = 1;
const NOT_TEXT = 2;
const FAILED = 3;

/** The world of `wit/std/fs.wit`; a test compares the two. */
export const fsWorld: World = {
  imports: { interfaces: new Map(), functions: new Map(), types: new Map([["error", ERROR]]) },
  exports: {
    interfaces: new Map(),
    types: new Map(),
    functions: new Map(
      [
        fn("read-text", [["path", STRING]], STRING),
        fn(
          "write-text",
          [
            ["path", STRING],
            ["text", STRING],
          ],
          null,
        ),
        fn("list", [["path", STRING]], { kind: "list", element: STRING }),
      ].map((f) => [f.name, f]),
    ),
  },
};

function fn(name: string, params: readonly (readonly [string, WitType])[], ok: WitType | null): WitFunction {
  return {
    name,
    shape: "function",
    resource: null,
    params: params.map(([param, type]) => ({ name: param, type })),
    result: { kind: "result", ok, err: ERROR },
    async: false,
  };
}

/** The plugin, with what was granted. Relative paths start at `folder`. */
export function fsPlugin(folder: string, grants: readonly FsGrant[]): Plugin {
  return {
    manifest: {
      name: "std:fs",
      version: "0.1.0",
      language: "javascript",
      source: "",
      wants: [],
      limits: {},
      stateless: true,
      overlap: true,
      onFailure: "fresh",
      effects: {},
    },
    world: fsWorld,
    digest: "std:fs@0.1.0",
    instantiate: (options) => Promise.resolve(new Files(folder, grants, options)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

class Denied extends Error {}

class Files implements Instance {
  readonly id: number;
  alive = true;
  readonly #folder: string;
  readonly #grants: readonly FsGrant[];

  constructor(folder: string, grants: readonly FsGrant[], options: InstanceOptions) {
    this.#folder = folder;
    this.#grants = grants;
    this.id = options.id;
  }

  async call(key: FunctionKey, args: readonly Value[]): Promise<Value> {
    const [path, text] = args;
    if (typeof path !== "string") throw new Fault("type-mismatch", `std:fs.${key}: \`path\` is not a String`);
    try {
      return new CaseValue(OK, await this.#perform(key, path, text));
    } catch (failure) {
      return new CaseValue(ERR, errorCase(failure, path));
    }
  }

  drop(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    this.alive = false;
    return Promise.resolve();
  }

  #perform(key: FunctionKey, path: string, text: Value | undefined): Promise<Value> {
    switch (key) {
      case "read-text":
        return this.#readText(path);
      case "write-text":
        if (typeof text !== "string") throw new Fault("type-mismatch", "std:fs.write_text: `text` is not a String");
        return this.#writeText(path, text);
      case "list":
        return this.#list(path);
      default:
        throw new Fault("unknown-function", `std:fs has no function ${key}`);
    }
  }

  async #readText(path: string): Promise<Value> {
    const bytes = await readFile(await this.#place(path, false));
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  }

  async #writeText(path: string, text: string): Promise<Value> {
    const place = await this.#place(path, true);
    await mkdir(dirname(place), { recursive: true });
    // The folders that were just made may have been swapped for links meanwhile: look again.
    if ((await this.#place(path, true)) !== place) throw new Denied();
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
    await using file = await open(place, flags, 0o666);
    await file.writeFile(text, "utf8");
    return null;
  }

  async #list(path: string): Promise<Value> {
    const entries = await readdir(await this.#place(path, false), { withFileTypes: true });
    return entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).toSorted();
  }

  /** S1: where the path really leads, when a grant covers that. */
  async #place(path: string, write: boolean): Promise<string> {
    if (path.includes("\0")) throw new Denied();
    const wanted = resolve(this.#folder, path);
    // What is not there is judged by where it would be, so that a denial tells nothing about files outside.
    const real = await realParent(wanted);
    for (const grant of this.#grants) {
      if (write && grant.readOnly) continue;
      if (isWithin(await realParent(grant.path), real)) return real;
    }
    throw new Denied();
  }
}

/** The real place of a path that may not exist yet: its nearest folder that does, resolved, then the rest. */
async function realParent(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (!isMissing(error) || parent === path) throw error;
    return join(await realParent(parent), basename(path));
  }
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith("..") && !isAbsolute(way)) || /^\.\.[^/\\]/.test(way);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function errorCase(failure: unknown, path: string): CaseValue {
  if (failure instanceof Fault) throw failure;
  if (failure instanceof Denied) return new CaseValue(DENIED, `${path}: no grant covers it (--grant fs:<path>)`);
  if (isMissing(failure)) return new CaseValue(NOT_FOUND, `${path}: no such file or folder`);
  if (failure instanceof TypeError) return new CaseValue(NOT_TEXT, `${path}: not UTF-8 text`);
  const why = failure instanceof Error && "code" in failure ? String(failure.code) : String(failure);
  return new CaseValue(FAILED, `${path}: ${why}`);
}
