/**
 * The packages of a run put into its exported file: what opening them reads, and no more.
 *
 *   T1  Nothing of a package runs. What it was opened from has to be what the run began with.
 *   T2  Places stay as they are to each other where the program says them (`require "../x"`); what the project names stands
 *       together. No folder is named above the one that all have in common.
 */
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { stringify } from "smol-toml";
import { Fault } from "../../fault.ts";
import { openPlugin } from "../../host/open.node.ts";
import { manifestOf } from "../../host/package/manifest-file.node.ts";
import { readPackage } from "../../host/package/package.node.ts";
import type { Project } from "../../host/package/project.ts";
import { Blob } from "../../journal/entry/entry.ts";
import type { Digest } from "../../journal/entry/entry.ts";
import { hexOfBytes } from "../../journal/entry/hex.ts";
import { sha256 } from "../../journal/sqlite/owned.node.ts";
import { readBeside } from "../load/packages.node.ts";
import type { Opened } from "../load/packages.node.ts";
import { readLog } from "./log.ts";
import type { Kept } from "./log.ts";
import { fileOf, openProgramOf } from "./open.node.ts";
import type { OpenOptions } from "./open.node.ts";
import { checkPack, isManifestName, MANIFEST, within } from "./pack.ts";
import type { Pack } from "./pack.ts";
import type { Portable } from "./portable.ts";
import { folded } from "./safe-paths.ts";

type Files = Map<string, Uint8Array>;

/** The same runs with what their program needs from files. @throws {Fault} `export-refused`, `limit-exceeded` */
export async function withPackages(store: Kept, portable: Portable, options: OpenOptions): Promise<Portable> {
  const id = portable.runs[0]?.id ?? "";
  const log = await readLog(store, id);
  const { loaded, why } = await openProgramOf(store, log, options);
  if (loaded === null) throw refused(`The packages of ${id} cannot be put in: ${why}`);
  await using program = loaded.program;
  const file = resolve(await fileOf(store, log));
  const sources = program.ir.files.map((name) => resolve(name)).filter((path) => path !== file);
  const { opened, project } = loaded;
  const found = await packOf({ file, sources, opened: opened.filter(hasPlace), project });
  if (found === null) return portable;
  const blobs = new Map([...portable.blobs, ...found.contents]);
  return { ...portable, pack: found.pack, blobs };
}

type Placed = Opened & { readonly place: string };

function hasPlace(pack: Opened): pack is Placed {
  return pack.place !== undefined;
}

interface Used {
  readonly file: string;
  readonly sources: readonly string[];
  readonly opened: readonly Placed[];
  readonly project: Project;
}

async function packOf(
  used: Used,
): Promise<{ readonly pack: Pack; readonly contents: ReadonlyMap<Digest, Uint8Array> } | null> {
  const { file, sources, opened } = used;
  if (sources.length === 0 && opened.length === 0) return null;
  const layout = new Layout(used);
  const files: Files = new Map();
  for (const path of sources) files.set(layout.pathOf(path), sourceAt(path));
  const places = new Map(opened.map((pack) => [resolve(pack.place), pack]));
  for (const [place, pack] of places) {
    for (const [path, bytes] of await filesOf(pack)) {
      files.set(place.endsWith(".wasm") ? layout.pathOf(place) : within(layout.pathOf(place), path), bytes);
    }
  }
  const contents = [...files].map(([path, bytes]) => [path, hexOfBytes(sha256(bytes)), bytes] as const);
  const pack: Pack = {
    program: layout.pathOf(file),
    dependencies: layout.dependencies(),
    packages: [...places.keys()].map((place) => layout.pathOf(place)).toSorted(),
    files: new Map(
      contents
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, digest, bytes]) => [path, new Blob(digest, bytes.length)]),
    ),
  };
  checked(pack);
  return { pack, contents: new Map(contents.map(([, digest, bytes]) => [digest, bytes])) };
}

/** What could not be unpacked anywhere is not packed. */
function checked(pack: Pack): void {
  try {
    checkPack(pack);
  } catch (thrown) {
    if (!(thrown instanceof Fault) || thrown.code !== "import-invalid") throw thrown;
    throw refused(thrown.message.replace(/^The file cannot be imported/, "The packages cannot be put in"));
  }
}

function sourceAt(path: string): Uint8Array {
  const found = readBeside(join(dirname(path), "-"), `./${basename(path)}`);
  if (found === null) throw refused(`${path} cannot be read any more`);
  return new TextEncoder().encode(found.text);
}

/** T1 */
async function filesOf({ place, name, plugin: { digest } }: Placed): Promise<Files> {
  const files = await readPackage(place);
  const read: Files = new Map();
  const remembering = {
    ...files,
    read: async (path: string): Promise<Uint8Array> => {
      const bytes = await files.read(path);
      read.set(path, bytes);
      return bytes;
    },
  };
  await using plugin = await openPlugin(remembering);
  if (plugin.digest !== digest) throw refused(`${name} changes while it is read`);
  for (const path of read.keys()) if (isManifestName(basename(path))) read.delete(path);
  if (!place.endsWith(".wasm")) read.set(MANIFEST, await manifestAt(place));
  return read;
}

/** What it says of the package, and nothing of the project that it may be, too. */
async function manifestAt(place: string): Promise<Uint8Array> {
  const manifest = await manifestOf(place);
  if (manifest === undefined) throw refused(`${place} cannot be read any more`);
  return new TextEncoder().encode(stringify({ package: manifest.tables["package"] }));
}

/** T2 */
class Layout {
  readonly #home: string;
  readonly #up: number;
  /** Of what only the project names. */
  readonly #together: string;
  readonly #moved = new Map<string, string>();
  readonly #named: readonly (readonly [name: string, place: string])[];

  constructor({ file, sources, opened, project }: Used) {
    this.#home = dirname(file);
    const isSaid = ({ specifier }: Placed): boolean => /^\.\.?\//.test(specifier ?? "");
    const said = opened.filter(isSaid).map(({ place }) => resolve(place));
    const byName = opened.filter((pack) => !isSaid(pack));
    const apart = byName.map(({ place }) => resolve(place)).filter((place) => !said.includes(place));
    const ups = [...sources, ...said].map((path) => upsOf(relative(this.#home, path)));
    const highest = Math.max(0, ...ups);
    // No package stands inside of another that did not before: some read all that lies below them.
    const isInside = apart.length > 0 && said.some((place) => this.#at(place, highest) === "");
    this.#up = highest + Number(isInside);
    const taken = new Set([file, ...sources, ...said].map((path) => folded(this.#at(path).split("/")[0] ?? "")));
    let together = "packages";
    while (taken.has(together)) together += "_";
    this.#together = together;
    const order = [...project.dependencies.keys()];
    const named = byName.map(
      ({ specifier, place }) => [(specifier ?? "").split("@")[0] ?? "", resolve(place)] as const,
    );
    this.#named = [...new Map(named)].toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b));
    for (const [name, place] of this.#named) if (apart.includes(place)) this.#move(name, place);
  }

  pathOf(path: string): string {
    return this.#moved.get(path) ?? this.#at(path);
  }

  dependencies(): Pack["dependencies"] {
    return this.#named.map(([name, place]) => [name, this.pathOf(place)]);
  }

  #move(name: string, place: string): void {
    const folder = `${this.#together}/${name.replace(":", ".")}`;
    if (!this.#moved.has(place)) {
      this.#moved.set(place, place.endsWith(".wasm") ? `${folder}/${basename(place)}` : folder);
    }
  }

  /** From the folder that so many steps above the program's. */
  #at(path: string, up: number = this.#up): string {
    const top = resolve(this.#home, ...Array.from({ length: up }, () => ".."));
    return relative(top, path).replaceAll(sep, "/");
  }
}

function upsOf(path: string): number {
  return path.split(sep).filter((name) => name === "..").length;
}

function refused(why: string): Fault {
  return new Fault("export-refused", why, {
    hint: "Export it where its program and packages are, or without them: `--no-packages`",
  });
}
