/**
 * The toolchains that rebuild samples: in the project's node_modules, or in the folder that SAMPLES_TOOLBOX names (the
 * build scripts of plugins/samples fill it). A test that lacks one says so and is skipped.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import type { TestContext } from "vitest";

export const run: typeof execFile.__promisify__ = promisify(execFile);

const TOOLBOX = process.env["SAMPLES_TOOLBOX"];

export interface Toolchain {
  readonly what: string;
  readonly install: string;
  /** The file to run; undefined where it is missing. */
  readonly file: string | undefined;
}

/** A script of an npm package, of exactly this version. */
export function npmToolchain(what: string, version: string, script: string): Toolchain {
  const project = fileURLToPath(new URL("../../node_modules", import.meta.url));
  const folders = [project, ...(TOOLBOX === undefined ? [] : [join(TOOLBOX, `${what}-${version}`, "node_modules")])];
  const file = folders.map((folder) => join(folder, what, script)).find((path) => existsSync(path));
  return { what, install: `npm install --no-save ${what}@${version}`, file };
}

/** A command of a PyPI package. */
export function pipToolchain(what: string, version: string): Toolchain {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  if (TOOLBOX !== undefined) folders.push(join(TOOLBOX, `${what}-${version}`, "bin"));
  const file = folders.map((folder) => join(folder, what)).find((path) => existsSync(path));
  return { what, install: `pip install ${what}`, file };
}

/** The toolchain's file; where it is missing the test ends here as skipped. */
export function need(toolchain: Toolchain, context: TestContext): string {
  if (toolchain.file !== undefined) return toolchain.file;
  const note = `${toolchain.what} not found, install with ${toolchain.install}`;
  console.log(`skipped: ${note}`);
  return context.skip(note);
}
