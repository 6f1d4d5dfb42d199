/** A layer rule that matches nothing looks exactly like a clean project: so each rule is broken once here. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync, copyFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sennit-layers-"));
  copyFileSync(join(root, ".oxlintrc.json"), join(folder, ".oxlintrc.json"));
  copyFileSync(join(root, "tsconfig.json"), join(folder, "tsconfig.json"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function lint(path: string, text: string): string {
  const file = join(folder, path);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  try {
    return execFileSync(join(root, "node_modules/.bin/oxlint"), ["--format=unix", path], {
      cwd: folder,
      encoding: "utf8",
    });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  } finally {
    rmSync(file);
  }
}

describe("the linter keeps the house", () => {
  it.each([
    ["src/wit/x.ts", 'export { y } from "../lang/y.ts";'],
    ["src/lang/x.ts", 'export { y } from "../host/y.ts";'],
    ["src/lang/x.ts", 'import type { Y } from "../engine/y.ts";\nexport type Z = Y;'],
    ["src/lang/deep/x.ts", 'export { y } from "../../host/y.ts";'],
    ["src/host/x.ts", 'export { y } from "../journal/y.ts";'],
    ["src/host/python/x.ts", 'export { y } from "../../engine/y.ts";'],
    ["src/engine/x.ts", 'export { y } from "../cli/y.ts";'],
    ["src/engine/x.ts", 'export { y } from "../index.ts";'],
    ["src/lang/x.ts", 'export { readFile } from "node:fs/promises";'],
    ["test/lang/x.test.ts", 'export { default } from "fast-check";'],
  ])("refuses in %s: %s", (path, text) => {
    expect(lint(path, text)).toContain("no-restricted-imports");
  });

  it.each([
    ["src/lang/x.ts", "export const t: number = Date.now();", "no-restricted-globals"],
    ["src/lang/x.ts", "export const t: number = Math.sin(1);", "no-restricted-properties"],
    ["src/wit/x.ts", "export const t: boolean = WebAssembly.validate(new Uint8Array());", "no-restricted-globals"],
  ])("refuses in %s: %s", (path, text, rule) => {
    expect(lint(path, text)).toContain(rule);
  });

  it.each([
    ["src/lang/x.ts", 'export { y } from "../wit/y.ts";'],
    ["src/engine/x.ts", 'export { y } from "../host/y.ts";'],
    ["src/cli/x.ts", 'export { y } from "../engine/y.ts";'],
  ])("accepts in %s: %s", (path, text) => {
    expect(lint(path, text)).not.toContain("no-restricted");
  });
});
