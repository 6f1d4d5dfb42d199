/**
 * What is found out about a package without running or compiling any of it: its world, its digest, and all of its bytes
 * that a realm needs.
 */
import { join } from "node:path";
import { Fault } from "../../../fault.ts";
import type { World } from "../../../wit/types.ts";
import type { PackageFiles } from "../../manifest.ts";
import type { Parcel } from "../frames/parcel.ts";

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
  // Each language has much to load, and few programs have all of them.
  switch (files.manifest.language) {
    case "component": {
      const { prepareComponent } = await import("./prepare-component.node.ts");
      return await prepareComponent(files, below(cacheFolder, "components"));
    }
    case "lua": {
      const { prepareLua } = await import("./prepare-lua.node.ts");
      return await prepareLua(files, below(cacheFolder, "lua"));
    }
    case "python": {
      const { preparePython } = await import("./prepare-python.node.ts");
      return await preparePython(files, below(cacheFolder, "python"));
    }
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
