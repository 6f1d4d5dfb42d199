/**
 * What is found out about a package without running or compiling any of it: its world, its digest, and all of its bytes
 * that a realm needs.
 */
import { createHash } from "node:crypto";
import { Fault } from "../../fault.ts";
import { type Component, decodeComponent } from "../../wit/decoder.ts";
import { WitError } from "../../wit/error.ts";
import type { World } from "../../wit/types.ts";
import { nodeLoader } from "../component/jco/load.node.ts";
import { refuseOtherThanComponent } from "../component/sniff.ts";
import { readSources } from "../lua/sources.ts";
import type { Cache, PackageFiles } from "../manifest.ts";
import { digestOf, readTexts, readWit, sourceFolder, worldOf } from "../package-text.ts";
import type { Parcel } from "./parcel.ts";

export interface Prepared {
  readonly files: PackageFiles;
  readonly world: World;
  /** As `Plugin.digest` says. */
  readonly digest: string;
  readonly parcel: Parcel;
}

/** @throws {Fault} what is wrong with the package; `isolation-unsupported` */
export async function prepare(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  switch (files.manifest.language) {
    case "component":
      return prepareComponent(files, cacheFolder);
    case "lua":
      return prepareText(files, luaTexts);
    case "python":
      return prepareText(files, pythonTexts);
    default:
      throw unsupported(files, `${files.manifest.language} packages`);
  }
}

function unsupported({ manifest: { name } }: PackageFiles, what: string, why?: string): Fault {
  const because = why === undefined ? "" : `: ${why}`;
  return new Fault("isolation-unsupported", `${name}: ${what} cannot run at this isolation level yet${because}`, {
    source: name,
    hint: `Choose another level for it under \`[policy]\`: \`isolation = { "${name}" = "L0" }\`, if you trust it.`,
  });
}

async function prepareComponent(files: PackageFiles, cacheFolder: string | undefined): Promise<Prepared> {
  const { manifest, place } = files;
  const bytes = await files.read(manifest.source);
  const where = place.endsWith(".wasm") ? place : `${place}/${manifest.source}`;
  refuseOtherThanComponent(bytes, where);
  const { world, plan } = decoded(bytes, where);
  if ("reason" in plan) throw unsupported(files, "a component that needs jco's binding", plan.reason);
  const digest = createHash("sha256").update(bytes).digest("hex");
  await validated(bytes, digest, where, cacheFolder);
  const parcel = { manifest, place, files: new Map([[manifest.source, bytes]]), kept: new Map() };
  return { files, world, digest, parcel };
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

/** By the tools, in a thread of theirs; once for each component. */
async function validated(bytes: Uint8Array, digest: string, place: string, cacheFolder?: string): Promise<void> {
  const load = nodeLoader(cacheFolder === undefined ? {} : { cacheFolder });
  const options = { interfaces: [], asyncImports: [], asyncExports: [] };
  const code = await load({ bytes, digest, memory: 0, metered: false, options });
  try {
    await code.valid();
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
  return { files: given, world, digest, parcel: { manifest: given.manifest, place: given.place, files: read, kept } };
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
