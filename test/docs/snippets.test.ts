/** Every snippet of the tutorials does what the page says. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DocumentRun } from "./document-run.ts";
import type { Outcome } from "./document-run.ts";
import { formatSource } from "../../src/lang/syntax/format.ts";
import { Source } from "../../src/lang/source.ts";
import { commandProcess } from "../cli/commands.ts";
import { SharedProcess } from "../shared-process.ts";
import { blocksOf } from "./markdown.ts";
import type { Report, Task } from "./snippet-process.ts";
import { snippetsOf } from "./snippet.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Pages without snippets of ours: the index, and what is generated. */
const others = new Set(["README.md", "performance.md", "security.md"]);
const documents = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && !others.has(name));

const processes = {
  commands: commandProcess(),
  snippets: new SharedProcess<Task, Report>(join(root, "test/docs/snippet-process.ts")),
};

function textOf(name: string): string {
  return readFileSync(join(root, "docs", name), "utf8");
}

describe.each(documents)("docs/%s", (name) => {
  const snippets = snippetsOf(textOf(name));
  const outcomes = new Map<number, Outcome>();
  const run = new DocumentRun(processes);

  beforeAll(async () => {
    for (const snippet of snippets) outcomes.set(snippet.block.line, await run.perform(snippet));
  });

  afterAll(() => run[Symbol.asyncDispose]());

  it.for(snippets.filter(({ kind }) => kind !== "file" && kind !== "norun").map(({ block }) => block.line))(
    "line %i gives what is shown",
    (line) => {
      const outcome = outcomes.get(line);
      expect(outcome?.found).toBe(outcome?.expected);
    },
  );
});

describe("the tutorials", () => {
  it("leave out only what needs a tool that is not here", () => {
    const left = documents.flatMap((name) =>
      snippetsOf(textOf(name)).flatMap(({ kind, block }) => (kind === "norun" ? [`${name}: ${block.language}`] : [])),
    );
    // The API by curl; the build of the Rust plugin by cargo.
    expect(left).toEqual(["durable.md: sh", "plugins.md: sh"]);
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
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
      expect(diagnosticsOf(folder, declarationsConfig(folder))).toBe("");
      expect(diagnosticsOf(folder, typesConfig(folder, files))).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it("have programs that are formatted", () => {
    for (const name of documents) {
      for (const { language, text, line } of blocksOf(textOf(name))) {
        if (language !== "sennit") continue;
        const formatted = formatSource(new Source(`${name}:${line}`, text));
        // One with a syntax error cannot be formatted.
        if ("text" in formatted) expect(formatted.text, `${name}:${line}`).toBe(text);
      }
    }
  });

  it("link to files that are there", () => {
    for (const name of ["README.md", ...documents]) {
      for (const [, target = ""] of textOf(name).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
        expect(existsSync(join(root, "docs", target)), `${name} → ${target}`).toBe(true);
      }
    }
  });
});

/** What a user has of the source. The source itself is checked by `npm run check`, and not once more for the scripts. */
function declarationsConfig(folder: string): unknown {
  return {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      emitDeclarationOnly: true,
      noCheck: true,
      rootDir: root,
      outDir: join(folder, "types"),
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [join(root, "src/**/*.d.ts")],
    files: [join(root, "src/index.ts")],
  };
}

function typesConfig(folder: string, files: readonly string[]): unknown {
  return {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      isolatedDeclarations: false,
      declaration: false,
      paths: { sennit: [join(folder, "types/src/index.d.ts")] },
      typeRoots: [join(root, "node_modules/@types")],
    },
    include: [join(root, "src/**/*.d.ts")],
    files,
  };
}

function diagnosticsOf(folder: string, config: unknown): string {
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  try {
    return execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], {
      encoding: "utf8",
    });
  } catch (failure) {
    return String((failure as { stdout?: string }).stdout);
  }
}
