/**
 * One document's snippets, run in order in a folder of their own.
 *
 *   D1  Files appear in the order of the document, so a program finds what stands above it and nothing else.
 *   D2  Nothing is left: `dispose` ends the daemons, and removes the folder; the processes end with this one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Snippet } from "./snippet.ts";
import type { CommandProcess } from "../cli/commands.ts";
import type { SharedProcess } from "../shared-process.ts";
import type { Report, Task } from "./snippet-process.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a snippet was to give, and what it gave. */
export interface Outcome {
  readonly snippet: Snippet;
  readonly expected: string;
  readonly found: string;
}

/** All documents run their snippets in these, one after another: each snippet in its document's folder. */
export interface Processes {
  readonly commands: CommandProcess;
  readonly snippets: SharedProcess<Task, Report>;
}

export class DocumentRun implements AsyncDisposable {
  readonly folder: string = realpathSync(mkdtempSync(join(tmpdir(), "sennit-docs-")));
  readonly #processes: Processes;

  constructor(processes: Processes) {
    this.#processes = processes;
    // Only so that Node takes the scripts for modules.
    writeFileSync(join(this.folder, "package.json"), '{ "type": "module" }');
  }

  async perform(snippet: Snippet): Promise<Outcome> {
    switch (snippet.kind) {
      case "norun":
        return { snippet, expected: "", found: "" };
      case "file":
        for (const file of snippet.block.files) this.#write(file, snippet.block.text);
        return { snippet, expected: "", found: "" };
      case "program":
      case "script":
        this.#write(snippet.file, snippet.block.text);
        return this.#judge(
          snippet,
          await this.#processes.snippets.perform({
            kind: snippet.kind,
            folder: this.folder,
            file: snippet.file,
            text: snippet.block.text,
          }),
        );
      case "console":
        return await this.#console(snippet);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stopDaemons();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Of a page that stops them itself there is none left. */
  async #stopDaemons(): Promise<void> {
    for (const name of readdirSync(this.folder)) {
      const store = /^(.+)\.daemon\.json$/.exec(name)?.[1];
      if (store !== undefined) await this.#command(["npx", "sennit", "daemon", "stop", "--store", store]);
    }
  }

  #write(file: string, text: string): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true });
    writeFileSync(join(this.folder, file), text);
  }

  #judge(snippet: Snippet & { kind: "program" | "script" }, { output, error }: Report): Outcome {
    return { snippet, expected: both(snippet.output, snippet.error), found: this.#plain(both(output, error)) };
  }

  async #console(snippet: Snippet & { kind: "console" }): Promise<Outcome> {
    let found = "";
    for (const { words } of snippet.commands) {
      found += `$ ${words.join(" ")}\n${this.#plain(await this.#command(words))}`;
    }
    const expected = snippet.commands.map(({ words, shown }) => `$ ${words.join(" ")}\n${shown}`).join("");
    return { snippet, expected, found: withWildcards(expected, found) };
  }

  /** Empty lines at the end are not shown in a page. */
  async #command([npx, tool = "", ...args]: readonly string[]): Promise<string> {
    if (npx !== "npx") throw new Error(`a command begins with \`npx\`, not with \`${String(npx)}\``);
    const text = tool === "sennit" && !mayEndItself(args) ? await this.#sennit(args) : await this.#spawned(tool, args);
    return text.replace(/\n*$/, text.trim() === "" ? "" : "\n");
  }

  async #sennit(args: readonly string[]): Promise<string> {
    const { folder } = this;
    return (await this.#processes.commands.perform({ args, folder, environment: environment() })).both;
  }

  /** Both streams go to one file, so that their order is kept. */
  async #spawned(tool: string, args: readonly string[]): Promise<string> {
    const program = tool === "sennit" ? join(root, "bin/sennit.js") : join(root, "node_modules/.bin", tool);
    const path = join(this.folder, ".console");
    const file = openSync(path, "w");
    try {
      const child = spawn(process.execPath, [program, ...args], { cwd: this.folder, stdio: ["ignore", file, file] });
      await once(child, "exit");
    } finally {
      closeSync(file);
    }
    const text = readFileSync(path, "utf8");
    rmSync(path);
    return text;
  }

  /** Without the folder, which has another name in every run. */
  #plain(text: string): string {
    return text.replaceAll(`${this.folder}/`, "").replaceAll(root, "");
  }
}

/** What it starts may kill its parent: a page shows how a run goes on after that. */
function mayEndItself(args: readonly string[]): boolean {
  return args.some((arg) => arg.startsWith("run:"));
}

function environment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function both(output: string, error: string): string {
  return error === "" ? output : `${output}--- error\n${error}`;
}

/** `…` at the end of a shown line stands for anything: a found line that fits is taken as it was shown. */
function withWildcards(expected: string, found: string): string {
  const shown = expected.split("\n");
  const lines = found.split("\n").map((line, at) => {
    const wanted = shown[at];
    return wanted?.endsWith("…") === true && line.startsWith(wanted.slice(0, -1)) ? wanted : line;
  });
  return lines.join("\n");
}
