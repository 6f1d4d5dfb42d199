/**
 * What is found out about a package without running or compiling any of it: its world, its digest, and all of its bytes
 * that a realm needs.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Fault } from "../../../fault.ts";
import { type Component, decodeComponent } from "../../../wit/decoder.ts";
import { WitError } from "../../../wit/error.ts";
import type { World } from "../../../wit/types.ts";
import { describe, hasJspi } from "../../component/describe.ts";
import type { ToolRequest } from "../../component/jco/code.ts";
import { packedKey } from "../../component/jco/load-packed.node.ts";
import { packedOnce, validateOnce } from "../../component/jco/load.node.ts";
import { refuseShadowingNames } from "../../component/jco/names.ts";
import { allThatMayWait, transpileOptions } from "../../component/jco/options.ts";
import type { TranspileOptions } from "../../component/jco/transpiled.ts";
import { savingOf } from "../../component/saving.ts";
import { refuseOtherThanComponent } from "../../component/sniff.ts";
import { DiskCache } from "../../cache.node.ts";
import { luaOwner } from "../../lua/saved.ts";
import { readSources } from "../../lua/sources.ts";
import { refuseUnsupported } from "../../lua/world.ts";
import type { Cache, PackageFiles } from "../../manifest.ts";
import { stateOwner } from "../../state/bytes.ts";
import { pythonOwner } from "../../python/saved.ts";
import { digestOf, readTexts, readWit, sourceFolder, worldOf } from "../../package-text.ts";
import type { Parcel } from "../frames/parcel.ts";

type Kept = Parcel["kept"];

export interface Prepared {
  readonly files: PackageFiles;
  readonly world: World;
  /** As `Plugin.digest` says. */
  readonly digest: string;
  /** As the plugin says; looked up when it is first asked for. */
  readonly stateOf: () => readonly string[] | undefined;
  readonly parcel: Parcel;
}

/**
 * @param cacheFolder the folder of all caches; nothing is kept when there is none
 * @throws {Fault} what is wrong with the package; `isolation-unsupported`
 */
export async function prepare(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  switch (files.manifest.language) {
    case "component":
      return prepareComponent(files, below(cacheFolder, "components"));
    case "lua":
      return prepareLua(files, below(cacheFolder, "lua"));
    case "python":
      return withImage(await preparePython(files), below(cacheFolder, "python"));
    default:
      throw unsupported(files, `${files.manifest.language} packages`);
  }
}

function below(cacheFolder: string | undefined, folder: string): string | undefined {
  return cacheFolder === undefined ? undefined : join(cacheFolder, folder);
}

function unsupported({ manifest: { name } }: PackageFiles, what: string): Fault {
  return new Fault("isolation-unsupported", `${name}: ${what} cannot run at this isolation level yet`, {
    source: name,
    hint: `Choose another level for it under \`[policy]\`: \`isolation = { "${name}" = "L0" }\`, if you trust it.`,
  });
}

async function prepareComponent(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  const { manifest, place } = files;
  const bytes = await files.read(manifest.source);
  const where = place.endsWith(".wasm") ? place : `${place}/${manifest.source}`;
  refuseOtherThanComponent(bytes, where);
  const component = decoded(bytes, where);
  const { world } = component;
  const digest = createHash("sha256").update(bytes).digest("hex");
  const request = { bytes, digest, options: optionsOf(component, manifest.wants, where) };
  const kept = await placed(where, () => readied(component, request, cacheFolder));
  const parcel = { manifest, place, files: new Map([[manifest.source, bytes]]), kept };
  return { files, world, digest, stateOf: once(() => stateOfComponent(component, bytes, digest, where)), parcel };
}

/** All code of it is read for this, and none is run. */
function stateOfComponent(
  component: Component,
  bytes: Uint8Array,
  digest: string,
  place: string,
): readonly string[] | undefined {
  const { reason } = savingOf({ bytes, component }, describe(component, hasJspi(), undefined, place));
  return reason === null ? stateOwner(place, "component", digest).stateOf : undefined;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function decoded(bytes: Uint8Array, place: string): Component {
  try {
    return decodeComponent(bytes);
  } catch (cause) {
    if (!(cause instanceof WitError)) throw cause;
    const code = cause.code === "unsupported" ? "component-unsupported" : "component-invalid";
    throw new Fault(code, `Cannot load ${place}: ${cause.message}`, { cause });
  }
}

/** A direct one has none. In a realm, whatever others provide may wait. */
function optionsOf(component: Component, wants: readonly string[], place: string): TranspileOptions {
  const { path, imports } = describe(component, hasJspi(), undefined, place);
  if (path === "direct") return { interfaces: [], asyncImports: [], asyncExports: [] };
  refuseShadowingNames(component.world, place);
  return transpileOptions(component.world, allThatMayWait(component.world, imports, wants));
}

/** By the tools, in a thread of theirs, once for each component: it is validated, and bound where it has no plan. */
async function readied({ plan }: Component, request: ToolRequest, cacheFolder?: string): Promise<Kept> {
  const options = cacheFolder === undefined ? {} : { cacheFolder };
  if ("reason" in plan) return new Map([[packedKey(request.digest), await packedOnce(request, options)]]);
  await validateOnce(request, options);
  return new Map();
}

async function placed<T>(place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown;
    throw new Fault(thrown.code, `Cannot load ${place}: ${thrown.message}`, { cause: thrown.cause });
  }
}

/** What stands in the digest of a package of source text, beside its WIT. */
type Texts = readonly (readonly [path: string, text: Uint8Array | string])[];
type Parts = { readonly texts: Texts; readonly witFirst: boolean };

async function prepareText(given: PackageFiles, textsOf: (files: PackageFiles) => Promise<Parts>): Promise<Prepared> {
  const kept = new Map<string, Uint8Array>();
  const read = new Map<string, Uint8Array>();
  const files = remembering(given, read, kept);
  const [wit, { texts, witFirst }] = await Promise.all([readWit(files), textsOf(files)]);
  const world = await worldOf(files, wit);
  const digest = await digestOf(witFirst ? [...wit, ...texts] : [...texts, ...wit]);
  const parcel = { manifest: given.manifest, place: given.place, files: read, kept };
  return { files: given, world, digest, stateOf: () => undefined, parcel };
}

/** Nothing of it is compiled here, but what cannot be read shows before anything runs. */
async function prepareLua(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  const prepared = await prepareText(files, luaTexts);
  const { world, digest } = prepared;
  const { place, manifest } = files;
  refuseUnsupported(world, place);
  const { refuseSyntaxErrorsOnce } = await import("../../lua/syntax.node.ts");
  const cache = cacheFolder === undefined ? undefined : new DiskCache(cacheFolder);
  await refuseSyntaxErrorsOnce({ sources: await readSources(files), digest, place, source: manifest.name }, cache);
  return { ...prepared, stateOf: () => luaOwner(manifest.name, digest).stateOf };
}

async function preparePython(files: PackageFiles): Promise<Prepared> {
  const prepared = await prepareText(files, pythonTexts);
  const { name, source } = files.manifest;
  const main = new TextDecoder().decode(prepared.parcel.files.get(source));
  return { ...prepared, stateOf: () => pythonOwner(name, prepared.digest, main)?.stateOf };
}

/** A realm that starts Python from the image of the runtime takes a fraction of the time; nothing of the package is in it. */
async function withImage(prepared: Prepared, cacheFolder: string | undefined): Promise<Prepared> {
  const { folderToSend, imageToSend } = await import("../../python/sent-image.node.ts");
  const [folder, image] = await Promise.all([folderToSend(), imageToSend(cacheFolder)]);
  const kept = new Map([...prepared.parcel.kept, folder, ...(image === undefined ? [] : [image])]);
  return { ...prepared, parcel: { ...prepared.parcel, kept } };
}

async function luaTexts(files: PackageFiles): Promise<Parts> {
  const { main, modules } = await readSources(files);
  return { texts: [main, ...modules].map(({ path, text }) => [path, text]), witFirst: true };
}

async function pythonTexts(files: PackageFiles): Promise<Parts> {
  await files.read(files.manifest.source);
  return { texts: [...(await readTexts(files, sourceFolder(files), ".py"))], witFirst: false };
}

/** The same files; what is read of them, and of what was kept, is put into the maps. */
function remembering(
  files: PackageFiles,
  read: Map<string, Uint8Array>,
  kept: Map<string, Uint8Array>,
): PackageFiles & { readonly cache: Cache } {
  const note = (map: Map<string, Uint8Array>, key: string, bytes: Uint8Array): Uint8Array => {
    map.set(key, bytes);
    return bytes;
  };
  return {
    ...files,
    read: async (path) => note(read, path, await files.read(path)),
    cache: {
      get: async (key) => {
        const bytes = await files.cache?.get(key);
        return bytes === undefined ? undefined : note(kept, key, bytes);
      },
      put: async (key, bytes) => {
        note(kept, key, bytes);
        await files.cache?.put(key, bytes);
      },
    },
  };
}
