/**
 * `std:fs`: the files a run was granted, performed on the host's side (D2, HAZARDS 34).
 *
 *   S1  Every path is resolved to its real place first (symlinks followed), and that place must lie in a grant. What is
 *       opened then is that place, also when somebody moves or links files meanwhile (`place.node.ts`).
 *       What a grant means is settled when it is given: a link put in its place later leads out of it.
 *   S2  A denial is a value (`error.denied`), so a program can catch it.
 *   S3  Writing needs a grant without `:ro`, and never goes through a symlink at the end of the path.
 */
import { realpathSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { Plugin } from "../../host/plugin.ts";
import type { VariantType, WitFunction, WitType, World } from "../../wit/types.ts";
import { CaseValue, ERR, OK } from "../../wit/value.ts";
import type { Value } from "../../wit/value.ts";
import { functionType, hostPlugin, worldOf } from "./host-plugin.ts";
import type { HostCall } from "./host-plugin.ts";
import { BY_HANDLES, codeOf, listFolder, Moved, openFile, systemError } from "./place.node.ts";
import type { Place } from "./place.node.ts";

export interface FsGrant {
  /** Absolute. A file, or a folder with all below it. */
  readonly path: string;
  readonly readOnly: boolean;
}

export interface FsOptions {
  /** Called when a path was judged, and before anything is opened: where a test moves files. */
  readonly onJudged?: () => void;
  /** False: as on a system that cannot open by handles of folders. */
  readonly byHandles?: boolean;
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
export const fsWorld: World = worldOf(new Map([["error", ERROR]]), [
  fallible("read-text", ["path"], STRING),
  fallible("write-text", ["path", "text"], null),
  fallible("list", ["path"], { kind: "list", element: STRING }),
]);

function fallible(name: string, params: readonly string[], ok: WitType | null): WitFunction {
  const typed = params.map((param) => [param, STRING] as const);
  return functionType(name, typed, { kind: "result", ok, err: ERROR });
}

/** The plugin, with what was granted. Relative paths start at `folder`. */
export function fsPlugin(folder: string, grants: readonly FsGrant[], options: FsOptions = {}): Plugin {
  const files = new Files(folder, grants, options);
  const answered =
    (work: (path: string, text: string) => Promise<Value>): HostCall =>
    async ([path, text = ""]) => {
      try {
        return new CaseValue(OK, await work(String(path), String(text)));
      } catch (failure) {
        return new CaseValue(ERR, errorCase(failure, String(path)));
      }
    };
  return hostPlugin({
    name: "std:fs",
    world: fsWorld,
    functions: {
      "read-text": answered((path) => files.readText(path)),
      "write-text": answered((path, text) => files.writeText(path, text)),
      list: answered((path) => files.list(path)),
    },
    effects: { "read-text": "read", "write-text": "idempotent", list: "read" },
  });
}

/** Of a path, in characters: what no system takes is not looked at step by step. */
const LONGEST = 4096;

class Denied extends Error {}

class Files {
  readonly #folder: string;
  /** By their real paths. */
  readonly #grants: readonly FsGrant[];
  readonly #options: FsOptions;

  constructor(folder: string, grants: readonly FsGrant[], options: FsOptions) {
    this.#folder = folder;
    this.#grants = grants.map(({ path, readOnly }) => ({ path: realGrant(path), readOnly }));
    this.#options = options;
  }

  async readText(path: string): Promise<string> {
    const place = await this.#place(path, false);
    await using file = await openFile(place, "read");
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await file.readFile());
  }

  async writeText(path: string, text: string): Promise<null> {
    const place = await this.#place(path, true);
    await using file = await openFile(place, "write");
    await file.truncate();
    await file.writeFile(text, "utf8");
    return null;
  }

  async list(path: string): Promise<readonly string[]> {
    const place = await this.#place(path, false);
    return await listFolder(place);
  }

  /** S1: where the path really leads, when a grant covers that. */
  async #place(path: string, write: boolean): Promise<Place> {
    if (path.includes("\0")) throw new Denied();
    if (path.length > LONGEST) throw systemError("ENAMETOOLONG");
    const wanted = resolve(this.#folder, path);
    // What is not there is judged by where it would be, so that a denial tells nothing about files outside.
    const real = await realParent(wanted);
    const grant = this.#grants.find((each) => !(write && each.readOnly) && isWithin(each.path, real));
    if (grant === undefined) throw new Denied();
    this.#options.onJudged?.();
    return { root: grant.path, path: real, byHandles: this.#options.byHandles ?? BY_HANDLES };
  }
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

function errorCase(failure: unknown, path: string): CaseValue {
  const code = codeOf(failure);
  if (failure instanceof Denied) return new CaseValue(DENIED, `${path}: no grant covers it (--grant fs:<path>)`);
  if (failure instanceof Moved || code === "ELOOP") return new CaseValue(DENIED, `${path}: it leads elsewhere`);
  if (code === "ENOENT") return new CaseValue(NOT_FOUND, `${path}: no such file or folder`);
  if (failure instanceof TypeError) return new CaseValue(NOT_TEXT, `${path}: not UTF-8 text`);
  return new CaseValue(FAILED, `${path}: ${code ?? String(failure)}`);
}
