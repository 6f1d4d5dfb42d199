/** The packages of `std:`, by name, with what one program was granted. */
import { resolve } from "node:path";
import { Defect } from "../../fault.ts";
import type { Capability } from "../../host/capability.ts";
import type { Plugin } from "../../host/plugin.ts";
import { PROGRAM } from "../grants.ts";
import type { Grants } from "../grants.ts";
import { envPlugin } from "./env.ts";
import { fsPlugin } from "./fs.node.ts";
import type { FsGrant } from "./fs.node.ts";
import { httpPlugin } from "./http.node.ts";

/** What the host provides itself. */
export const STANDARD: readonly string[] = ["std:fs", "std:env", "std:http"];

export interface StandardOptions {
  /** Where relative paths start. */
  readonly folder: string;
  readonly grants: Grants;
  /** Values of secrets by name, before those of the environment. */
  readonly secrets: Readonly<Record<string, string>>;
}

export function standardPlugin(name: string, { folder, grants, secrets }: StandardOptions): Plugin {
  const isGranted = (want: Capability): boolean => grants.allows(PROGRAM, want);
  const variable = (variable: string): string | undefined => process.env[variable];
  const secret = (secret: string): string | undefined =>
    Object.hasOwn(secrets, secret) ? secrets[secret] : variable(secret);
  switch (name) {
    case "std:fs":
      return fsPlugin(folder, filesOf(grants, folder));
    case "std:env":
      return envPlugin({ isGranted: (name) => isGranted({ kind: "env", name }), variable });
    case "std:http":
      return httpPlugin({ isGranted, secret });
    default:
      throw new Defect(`there is no ${name}`);
  }
}

function filesOf(grants: Grants, folder: string): readonly FsGrant[] {
  return grants
    .of(PROGRAM)
    .flatMap((grant) => (grant.kind === "fs" ? [{ path: resolve(folder, grant.path), readOnly: grant.readOnly }] : []));
}
