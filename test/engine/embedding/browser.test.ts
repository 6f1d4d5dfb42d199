import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ProgramRefused, runInPage } from "../../../src/browser.ts";

/** Every module that `entry` imports when it loads, itself included. */
function reached(entry: URL, found = new Map<string, readonly string[]>()): ReadonlyMap<string, readonly string[]> {
  if (found.has(entry.href)) return found;
  const text = readFileSync(entry, "utf8");
  const specifiers = [...text.matchAll(/^(?:import|export) (?!type\b)[^;]*? from "([^"]+)";/gm)].map(
    ([, from = ""]) => from,
  );
  found.set(entry.href, specifiers);
  for (const specifier of specifiers) if (specifier.startsWith(".")) reached(new URL(specifier, entry), found);
  return found;
}

describe("src/browser.ts", () => {
  it("reaches nothing of Node", () => {
    const modules = reached(new URL("../../../src/browser.ts", import.meta.url));

    expect(modules.size).toBeGreaterThan(100);
    for (const [module, specifiers] of modules) {
      expect(module).not.toContain(".node.ts");
      expect(specifiers.filter((specifier) => specifier.startsWith("node:"))).toEqual([]);
    }
  });

  it("runs a program with functions of the page", async () => {
    const lines: string[] = [];
    const source = "require double; param n: Int; para { print double(n); sleep(1ms); } double(n + 1);";
    const value = await runInPage(source, {
      functions: { double: (n: number) => 2 * n },
      params: { n: 2 },
      onPrint: (line) => lines.push(line),
    });

    expect({ value, lines }).toEqual({ value: 6, lines: ["4"] });
  });

  it("refuses packages and shells before the run", async () => {
    const options = { onPrint: () => {} };

    await expect(runInPage('require f from "acme:p"; f();', options)).rejects.toBeInstanceOf(ProgramRefused);
    await expect(runInPage('shell {"ls"};', options)).rejects.toBeInstanceOf(ProgramRefused);
  });
});
