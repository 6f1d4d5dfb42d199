/** The list of the reference's cases in README.md names files and cases that are there. */
import { readdirSync, readFileSync } from "node:fs";

import { expect, it } from "vitest";

const here = new URL("./", import.meta.url);
const readme = readFileSync(new URL("README.md", here), "utf8");
const files = readdirSync(here);
const sources = files
  .filter((name) => name.endsWith(".ts") && name !== "list.test.ts")
  .map((name) => readFileSync(new URL(name, here), "utf8"))
  .join("\n");

const rows = readme.split("\n").filter((line) => line.startsWith("| `"));

it("has a row for every file of the reference, and for its vectors", () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(readme.match(/[\w-]+\.wast/g)?.filter((name, at, all) => all.indexOf(name) === at)).toHaveLength(WAST_FILES);
});

/** Of the reference's `test/`, in August 2026. */
const WAST_FILES = 63;

it("names files of this folder that exist", () => {
  const named = [...readme.matchAll(/`([\w-]+(?:\.test)?\.(?:ts|py))`/g)].map(([, name]) => name);
  expect(named.filter((name) => name !== "run_tests.py" && !files.includes(name ?? ""))).toEqual([]);
});

it("names cases that exist", () => {
  const cases = rows.flatMap((row) =>
    [...(row.split("|")[2] ?? "").matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? ""),
  );
  const missing = cases.filter((name) => !sources.includes(name) && !name.startsWith("waiting") && name !== "files");
  expect(cases.length).toBeGreaterThan(15);
  expect(missing).toEqual([]);
});
