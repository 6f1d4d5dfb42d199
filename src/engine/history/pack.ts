/**
 * What of a run's program lies in files, as an exported run carries it: its packages, by content, and its other sources.
 *
 *   K1  Nothing of it is believed: names, sizes and places are looked at before any file is made (safe-paths.ts).
 *   K2  Of manifests, only those of packages are in it, and of those only what they say of the package. What a project grants,
 *       trusts and allows is its user's, and stays there.
 */
import { Fault } from "../../fault.ts";
import { PACKAGE_NAME } from "../../host/package/names.ts";
import { isSame } from "../../journal/chain.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { AnyValue } from "../../wit/any.ts";
import { decodeAny, encodeAny } from "../../wit/cbor.ts";
import { WitError } from "../../wit/error.ts";
import { clashIn, folded, isSafePath } from "./safe-paths.ts";

export interface Pack {
  /** Where the program's file stands. Its text is none of the files: the log has it. */
  readonly program: string;
  /** What the project calls packages by, and where each is, in the project's order. */
  readonly dependencies: readonly (readonly [name: string, place: string])[];
  /** Folders, the empty text for the one of everything, and `.wasm` files. */
  readonly packages: readonly string[];
  /** By their paths, in the order of those; their contents are beside. */
  readonly files: ReadonlyMap<string, Blob>;
}

export interface PackLimits {
  readonly bytes: number;
  readonly files: number;
  readonly packages: number;
}

export const PACK_LIMITS: PackLimits = { bytes: 2 ** 28, files: 10_000, packages: 1000 };

export const MANIFEST = "sennit.toml";
/** What says of a folder how its programs run, or will. */
const MANIFESTS: ReadonlySet<string> = new Set([MANIFEST, "package.json", "sennit.lock"]);

export function isManifestName(name: string): boolean {
  return MANIFESTS.has(folded(name));
}

export function within(folder: string, path: string): string {
  return folder === "" ? path : `${folder}/${path}`;
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

export function encodePack({ program, dependencies, packages, files }: Pack): Uint8Array {
  const listed = [...files].map(([path, { digest, size }]): AnyValue => [path, digest, size]);
  return encodeAny([program, dependencies.map(([name, place]): AnyValue => [name, place]), [...packages], listed]);
}

/** Bytes of what `encodePack` gives, with paths as long as they may be. */
const LARGEST = 2 ** 24;

/** @throws {Fault} `import-invalid`, `limit-exceeded` (K1) */
export function decodePack(bytes: Uint8Array, limits: PackLimits = PACK_LIMITS): Pack {
  if (bytes.length > LARGEST) throw tooMuch("files", limits.files);
  const pack = packIn(anyOf(bytes));
  if (pack === null || !isSame(encodePack(pack), bytes)) throw invalid("its packages cannot be read");
  checkPack(pack, limits);
  return pack;
}

function anyOf(bytes: Uint8Array): AnyValue {
  try {
    return decodeAny(bytes, { depth: 4 });
  } catch (thrown) {
    if (thrown instanceof WitError) throw invalid("its packages cannot be read");
    throw thrown;
  }
}

function packIn(data: AnyValue): Pack | null {
  if (!Array.isArray(data) || data.length !== 4) return null;
  const [program, dependencies, packages, files] = data as readonly unknown[];
  if (typeof program !== "string" || ![dependencies, packages, files].every(Array.isArray)) return null;
  const found = (files as readonly unknown[]).map(fileIn);
  const named = (dependencies as readonly unknown[]).map(pairIn);
  const places = packages as readonly unknown[];
  if (found.includes(null) || named.includes(null) || !places.every((place) => typeof place === "string")) return null;
  return {
    program,
    dependencies: named as Pack["dependencies"],
    packages: places,
    files: new Map(found as readonly (readonly [string, Blob])[]),
  };
}

function pairIn(data: unknown): readonly [string, string] | null {
  const [name, place, more] = Array.isArray(data) ? (data as readonly unknown[]) : [];
  return typeof name === "string" && typeof place === "string" && more === undefined ? [name, place] : null;
}

function fileIn(data: unknown): readonly [string, Blob] | null {
  const [path, digest, size, more] = Array.isArray(data) ? (data as readonly unknown[]) : [];
  if (typeof path !== "string" || typeof digest !== "string" || more !== undefined) return null;
  if (!/^[0-9a-f]{64}$/.test(digest) || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
    return null;
  return [path, new Blob(digest, size)];
}

/** K1, K2 @throws {Fault} `import-invalid`, `limit-exceeded` */
export function checkPack(pack: Pack, limits: PackLimits = PACK_LIMITS): void {
  refuseTooMuch(pack, limits);
  const { program, packages, files } = pack;
  const paths = [...files.keys()];
  const unsafe = [program, ...packages.filter((place) => place !== ""), ...paths].find((path) => !isSafePath(path));
  if (unsafe !== undefined) throw invalid(`no file can be made at ${JSON.stringify(unsafe.slice(0, 100))}`);
  if (paths.some((path, at) => at > 0 && path <= (paths[at - 1] ?? ""))) throw invalid("files are not in their order");
  const clash = clashIn([program, ...paths]);
  if (clash !== null) throw invalid(`${clash} is in the way of another file`);
  refuseMisplaced(pack);
}

function refuseTooMuch({ dependencies, packages, files }: Pack, limits: PackLimits): void {
  if (files.size > limits.files) throw tooMuch("files", limits.files);
  if (Math.max(packages.length, dependencies.length) > limits.packages) throw tooMuch("folders", limits.packages);
  const bytes = [...files.values()].reduce((sum, { size }) => sum + size, 0);
  if (bytes > limits.bytes) throw tooMuch("bytes", limits.bytes);
}

/** K2 */
function refuseMisplaced({ program, dependencies, packages, files }: Pack): void {
  // A component may be without a folder of its own.
  const folders = new Set(packages.filter((place) => !files.has(place)).map((place) => within(place, MANIFEST)));
  for (const place of packages) {
    if (!(files.has(place) ? place.endsWith(".wasm") : files.has(within(place, MANIFEST)))) {
      throw invalid(`the package ${place} is missing`);
    }
  }
  for (const path of [program, ...files.keys()]) {
    if (!path.split("/").some(isManifestName) || folders.has(path)) continue;
    throw invalid(`${path} is the manifest of no package`);
  }
  const names = new Set(dependencies.map(([name]) => name));
  if (names.size !== dependencies.length || new Set(packages).size !== packages.length) {
    throw invalid("a package is named twice");
  }
  for (const [name, place] of dependencies) {
    if (!PACKAGE_NAME.test(name) || !packages.includes(place))
      throw invalid(`there is no package ${name.slice(0, 100)}`);
  }
}

function tooMuch(what: string, most: number): Fault {
  return new Fault("limit-exceeded", `The packages of a run have at most ${most} ${what}`, {
    hint: "`sennit export --no-packages` leaves them out",
  });
}

function invalid(why: string): Fault {
  return new Fault("import-invalid", `The file cannot be imported: ${why}`, { hint: "Export the run again" });
}
