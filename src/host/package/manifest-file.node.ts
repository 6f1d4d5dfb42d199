/**
 * Finding and parsing the file that a manifest is written in: `sennit.toml`, else `package.json` with a field `sennit`.
 */
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { parse, TomlError } from "smol-toml";

import { Fault } from "../../fault.ts";
import { isTable } from "./table.ts";

export interface ManifestFile {
  readonly path: string;
  /** The tables `package`, `dependencies`, `grants`, `policy`, `limits`. */
  readonly tables: Readonly<Record<string, unknown>>;
}

/** The manifest of this very folder; undefined when it has none. @throws {Fault} `manifest-invalid` for bad syntax. */
export async function manifestOf(folder: string): Promise<ManifestFile | undefined> {
  return (await tomlOf(join(folder, "sennit.toml"))) ?? (await jsonOf(join(folder, "package.json")));
}

async function tomlOf(path: string): Promise<ManifestFile | undefined> {
  const text = await textOf(path);
  if (text === undefined) return undefined;
  try {
    return { path, tables: parse(text) };
  } catch (cause) {
    if (!(cause instanceof TomlError)) throw cause;
    const what = cause.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "");
    throw new Fault("manifest-invalid", `${path}:${cause.line}:${cause.column}: ${what}`, { cause });
  }
}

/** By their keys in `package.json`, where `limits` are the package's own. */
const projectTables: ReadonlyMap<string, string> = new Map([
  ["dependencies", "dependencies"],
  ["grants", "grants"],
  ["policy", "policy"],
  ["projectLimits", "limits"],
]);

/** In `package.json` the keys of `[package]` and the project's tables share the field `sennit`. */
async function jsonOf(path: string): Promise<ManifestFile | undefined> {
  const text = await textOf(path);
  const file = text === undefined ? undefined : parsedJson(text, path);
  const field = isTable(file) ? file["sennit"] : undefined;
  if (!isTable(file) || field === undefined) return undefined;
  if (!isTable(field)) throw new Fault("manifest-invalid", `${path}: sennit: must be an object`);
  const entries = Object.entries(field);
  const own = entries
    .filter(([key]) => !projectTables.has(key))
    .map(([key, value]) => [key === "onFailure" ? "on-failure" : key, value]);
  const version = typeof file["version"] === "string" ? { version: file["version"] } : {};
  const tables = Object.fromEntries(
    entries.flatMap(([key, value]) => {
      const table = projectTables.get(key);
      return table === undefined ? [] : [[table, value] as const];
    }),
  );
  return {
    path,
    tables: own.length === 0 ? tables : { ...tables, package: { ...version, ...Object.fromEntries(own) } },
  };
}

function parsedJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault("manifest-invalid", `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Bytes of a manifest: a package's folder is a stranger's. */
const LARGEST = 2 ** 20;

async function textOf(path: string): Promise<string | undefined> {
  try {
    const found = await stat(path);
    // A pipe would never answer, and a device never end.
    if (!found.isFile()) throw new Fault("manifest-invalid", `${path} is not a file`);
    if (found.size > LARGEST) throw new Fault("manifest-invalid", `${path} is larger than ${LARGEST} bytes`);
    return await readFile(path, "utf8");
  } catch (cause) {
    if (isErrno(cause, "ENOENT", "ENOTDIR")) return undefined;
    if (cause instanceof Fault) throw cause;
    throw new Fault(
      "manifest-invalid",
      `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

export function isErrno(cause: unknown, ...codes: string[]): boolean {
  return cause instanceof Error && "code" in cause && codes.includes(String(cause.code));
}
