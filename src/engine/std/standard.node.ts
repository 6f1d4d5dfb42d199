/**
 * What the host provides itself, with what its user was granted: the packages of `std:` for the program, and for each package
 * what its world imports of `sennit:host`.
 */
import { resolve } from "node:path";
import { Defect } from "../../fault.ts";
import type { Capability } from "../../host/capability.ts";
import type { OfferName } from "../../host/offers.ts";
import type { Plugin } from "../../host/plugin.ts";
import { PROGRAM } from "../load/grants.ts";
import type { Grants } from "../load/grants.ts";
import { nodeShell } from "../platform/shell.node.ts";
import { envPlugin } from "./env.ts";
import type { FsGrant } from "./files.node.ts";
import { fsPlugin } from "./fs.node.ts";
import { httpPlugin } from "./http.node.ts";
import { offeredPlugin } from "./offered.node.ts";

/** What a program can require. */
export const STANDARD: readonly string[] = ["std:fs", "std:env", "std:http"];

export interface StandardOptions {
  /** Where relative paths start. */
  readonly folder: string;
  readonly grants: Grants;
  /** Values of secrets by name, before those of the environment. */
  readonly secrets: Readonly<Record<string, string>>;
}

export function standardPlugin(name: string, options: StandardOptions): Plugin {
  const { folder, grants } = options;
  const isGranted = (want: Capability): boolean => grants.allows(PROGRAM, want);
  switch (name) {
    case "std:fs":
      return fsPlugin({ folder, grants: () => filesOf(PROGRAM, grants, folder) });
    case "std:env":
      return envPlugin({ isGranted: (name) => isGranted({ kind: "env", name }), variable });
    case "std:http":
      return httpPlugin({ isGranted, secret: (name) => secretOf(name, options) });
    default:
      throw new Defect(`there is no ${name}`);
  }
}

/** The provider of one package: `names` of what it uses, under the grants of `holder`. */
export function packageProvider(names: readonly OfferName[], holder: string, options: StandardOptions): Plugin {
  const { folder, grants } = options;
  return offeredPlugin(names, {
    holder,
    isGranted: (want) => grants.allows(holder, want),
    granted: () => grants.of(holder),
    folder,
    files: () => filesOf(holder, grants, folder),
    variable,
    secret: (name) => secretOf(name, options),
    shell: (env) => nodeShell(folder, env),
    now: () => Date.now(),
    elapsed: () => performance.now(),
  });
}

function variable(name: string): string | undefined {
  return process.env[name];
}

function secretOf(name: string, { secrets }: StandardOptions): string | undefined {
  return Object.hasOwn(secrets, name) ? secrets[name] : variable(name);
}

function filesOf(holder: string, grants: Grants, folder: string): readonly FsGrant[] {
  return grants
    .of(holder)
    .flatMap((grant) => (grant.kind === "fs" ? [{ path: resolve(folder, grant.path), readOnly: grant.readOnly }] : []));
}
