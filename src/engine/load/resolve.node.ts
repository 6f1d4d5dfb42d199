/**
 * Where a `require` leads: `./folder` beside the requiring file, `acme:stats@^1.2` through the project's
 * `[dependencies]`, `std:…` to the host itself. No code is fetched, ever.
 */
import { dirname, resolve } from "node:path";
import satisfies from "semver/functions/satisfies.js";
import { Fault } from "../../fault.ts";
import type { PackageFiles } from "../../host/manifest.ts";
import { readPackage } from "../../host/package/package.node.ts";
import type { Project } from "../../host/package/project.ts";
import { nearest } from "../../lang/nearest.ts";
import { STANDARD } from "../std/standard.node.ts";

export type Resolved =
  | { readonly kind: "package"; readonly files: PackageFiles }
  | { readonly kind: "standard"; readonly name: string };

/**
 * @param from the path of the requiring file
 * @throws {Fault} `package-not-found`, or what `readPackage` found wrong
 */
export async function resolvePackage(specifier: string, from: string, project: Project): Promise<Resolved> {
  if (specifier.startsWith("./") || specifier.startsWith("../")) {
    return { kind: "package", files: await readPackage(resolve(dirname(from), specifier)) };
  }
  const [name, range] = splitRange(specifier);
  if (STANDARD.includes(name)) return { kind: "standard", name };
  const dependency = project.dependencies.get(name);
  if (dependency === undefined) throw notFound(name, project);
  if (dependency.kind === "range") {
    throw new Fault(
      "package-not-found",
      `${name} ${dependency.range} would come from a registry, and there is none yet`,
      {
        hint: `Write \`"${name}" = { path = "…" }\``,
      },
    );
  }
  const files = await readPackage(resolve(project.folder, dependency.path));
  assertFits(files, name, range);
  return { kind: "package", files };
}

/** `acme:stats@^1.2` into name and range. */
function splitRange(specifier: string): readonly [string, string | undefined] {
  const at = specifier.indexOf("@");
  return at < 0 ? [specifier, undefined] : [specifier.slice(0, at), specifier.slice(at + 1)];
}

function assertFits(files: PackageFiles, name: string, range: string | undefined): void {
  const { manifest, place } = files;
  if (manifest.name !== name) {
    throw new Fault("package-mismatch", `${place} is ${manifest.name}, and the project calls it ${name}`);
  }
  if (range === undefined || satisfies(manifest.version, range, { includePrerelease: true })) return;
  throw new Fault("package-mismatch", `${name} is at version ${manifest.version}, and the program requires ${range}`, {
    hint: `Require \`${name}@^${manifest.version}\`, or use another version of the package`,
  });
}

function notFound(name: string, project: Project): Fault {
  const close = nearest(name, [...project.dependencies.keys(), ...STANDARD]);
  const where = project.file ?? "sennit.toml";
  return new Fault("package-not-found", `There is no package ${name} here`, {
    hint:
      close === undefined
        ? `Add it to [dependencies] of ${where}: \`"${name}" = { path = "…" }\``
        : `Did you mean \`${close}\`?`,
  });
}
