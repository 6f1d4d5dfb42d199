/** Every snippet of the tutorials does what the page says. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentRun } from "./document-run.ts";
import type { Outcome } from "./document-run.ts";
import { snippetsOf } from "./snippet.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const generated = new Set(["performance.md"]);
const documents = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && !generated.has(name));

function textOf(name: string): string {
  return readFileSync(join(root, "docs", name), "utf8");
}

describe.each(documents)("docs/%s", (name) => {
  const snippets = snippetsOf(textOf(name));
  const outcomes = new Map<number, Outcome>();
  const run = new DocumentRun();

  beforeAll(async () => {
    for (const snippet of snippets) outcomes.set(snippet.block.line, await run.perform(snippet));
  });

  afterAll(() => run[Symbol.asyncDispose]());

  it.runIf(snippets.length === 0)("has no snippets", () => {
    expect(snippets).toEqual([]);
  });

  it.for(snippets.filter(({ kind }) => kind !== "file" && kind !== "norun").map(({ block }) => block.line))(
    "line %i gives what is shown",
    (line) => {
      const outcome = outcomes.get(line);
      expect(outcome?.found).toBe(outcome?.expected);
    },
  );
});

describe("the tutorials", () => {
  it("leave out only what needs a toolchain that is not here", () => {
    const left = documents.flatMap((name) =>
      snippetsOf(textOf(name)).flatMap(({ kind, block }) => (kind === "norun" ? [`${name}: ${block.language}`] : [])),
    );
    // The build of the Rust plugin needs cargo.
    expect(left).toEqual(["plugins.md: sh"]);
  });

  it("have scripts that pass the type checker", () => {
    const folder = mkdtempSync(join(tmpdir(), "sennit-docs-types-"));
    try {
      const files = documents.flatMap((name) =>
        snippetsOf(textOf(name)).flatMap(({ block }) => {
          if (block.language !== "ts") return [];
          const file = `${name.replace(".md", "")}-${block.line}.ts`;
          writeFileSync(join(folder, file), block.text);
          return [file];
        }),
      );
      expect(files.length).toBeGreaterThan(0);
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(typesConfig(files)));
      expect(diagnosticsOf(folder)).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("link to files that are there", () => {
    for (const name of documents) {
      for (const [, target = ""] of textOf(name).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect(() => readFileOrFolder(join(root, "docs", target)), `${name} → ${target}`).not.toThrow();
      }
    }
  });
});

function typesConfig(files: readonly string[]): unknown {
  return {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      isolatedDeclarations: false,
      declaration: false,
      paths: { sennit: [join(root, "src/index.ts")] },
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [],
    files,
  };
}

function diagnosticsOf(folder: string): string {
  try {
    return execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
      encoding: "utf8",
    });
  } catch (failure) {
    return String((failure as { stdout?: string }).stdout);
  }
}

function readFileOrFolder(path: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EISDIR")) throw error;
  }
}
