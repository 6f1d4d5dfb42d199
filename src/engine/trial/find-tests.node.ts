/** Test files: those that are named, and all `*.test.toml` below the folders that are named. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { Fault } from "../../fault.ts";
import { LARGEST_TEST_FILE, readTestFile } from "./read-test-file.ts";
import type { TestCase } from "./test-case.ts";

const ENDING = ".test.toml";
/** Not looked into: folders of others' files, and hidden ones. */
const SKIPPED: ReadonlySet<string> = new Set(["node_modules"]);
/** Files and folders looked at. */
const MOST = 100_000;

/** Sorted. @throws {Fault} `file-not-found` */
export async function findTests(paths: readonly string[]): Promise<readonly string[]> {
  const found = new Set<string>();
  const left = { count: MOST };
  for (const path of paths) {
    const kind = await kindOf(path);
    if (kind === "file") found.add(path);
    else for (const file of await below(path, left)) found.add(file);
  }
  return [...found].toSorted();
}

async function kindOf(path: string): Promise<"file" | "folder"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    throw new Fault("file-not-found", `There is no file or folder ${path}`, { cause });
  }
}

async function below(folder: string, left: { count: number }): Promise<readonly string[]> {
  const found: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (left.count-- <= 0) throw new Fault("usage", `${folder} has too many files to be searched for tests`);
    const path = folder === "." ? entry.name : join(folder, entry.name);
    if (entry.isFile() && entry.name.endsWith(ENDING)) found.push(path);
    if (entry.isDirectory() && !entry.name.startsWith(".") && !SKIPPED.has(entry.name)) {
      found.push(...(await below(path, left)));
    }
  }
  return found;
}

/** @throws {Fault} `test-invalid`, `file-not-found` */
export async function testsOf(file: string): Promise<readonly TestCase[]> {
  const { size } = await stat(file);
  if (size > LARGEST_TEST_FILE) throw new Fault("test-invalid", `${file} is larger than ${LARGEST_TEST_FILE} bytes`);
  try {
    return readTestFile(file, new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file)));
  } catch (cause) {
    if (cause instanceof TypeError) throw new Fault("test-invalid", `${file} is not UTF-8 text`, { cause });
    throw cause;
  }
}
