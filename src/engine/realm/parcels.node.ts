/** Packages on their way into run workers: what is known of one without running or compiling any of it. */
import { Defect, Fault } from "../../fault.ts";
import { userCacheFolder } from "../../host/cache.node.ts";
import type { PackageFiles } from "../../host/manifest.ts";
import type { IsolationLevel } from "../../host/package/project.ts";
import type { Plugin } from "../../host/plugin.ts";
import type { Parcel } from "../../host/remote/frames/parcel.ts";
import { prepare } from "../../host/remote/caller/prepare.node.ts";

/** Whether a package of this language, at this level, is opened by a run worker. */
export function goesInside({ manifest: { language } }: PackageFiles, level: IsolationLevel): boolean {
  return level !== "L2" && (language === "component" || language === "lua");
}

/** @throws {Fault} what is wrong with the package; `isolation-unsupported` */
export async function parcelOf(files: PackageFiles): Promise<{ readonly plugin: Plugin; readonly parcel: Parcel }> {
  const { world, digest, parcel } = await prepare(files, userCacheFolder());
  const { manifest } = files;
  return { plugin: notHere(manifest, world, digest), parcel };
}

/** The same for a package that may as well stay outside: undefined when it has to. */
export async function parcelIfPossible(files: PackageFiles): Promise<Parcel | null> {
  try {
    return (await parcelOf(files)).parcel;
  } catch (thrown) {
    if (thrown instanceof Fault && thrown.code === "isolation-unsupported") return null;
    throw thrown;
  }
}

/** What a package is, in a thread that never has an instance of it. */
function notHere(manifest: Plugin["manifest"], world: Plugin["world"], digest: string): Plugin {
  return {
    manifest,
    world,
    digest,
    instantiate: () => Promise.reject(new Defect(`${manifest.name} was started outside of its worker`)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
