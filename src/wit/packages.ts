/**
 * Puts the files of a WIT package and its `deps/` together as one text, which is what the parser takes: the package
 * itself first, every other one in braces after it. Only headers are looked at; everything else is the parser's.
 */
import { CONTRACTS } from "./contracts.ts";

/** One text made of several files. */
export interface JoinedText {
  readonly text: string;
  /** The files in order, with the line of the text at which each begins (from 1). */
  readonly parts: readonly { readonly file: string; readonly line: number }[];
}

interface SourceFile {
  readonly file: string;
  readonly text: string;
}

/**
 * The text of a package. Keys are paths in its WIT folder; what lies in `deps/` belongs to other packages, one for each
 * folder or file there. Contracts of this host that are named but not among the files are added.
 */
export function joinPackage(files: ReadonlyMap<string, string>): JoinedText {
  const sources = [...files]
    .filter(([file]) => file.endsWith(".wit"))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, text]) => ({ file, text }));
  const groups = Map.groupBy(sources, ({ file }) => dependencyOf(file));
  const builder = new Builder();
  builder.add(groups.get("") ?? [], "main");
  for (const [folder, group] of groups) {
    if (folder !== "") builder.add(group, "dependency");
  }
  builder.addContracts();
  return builder.finish();
}

/** The folder or file in `deps/` that a path belongs to; empty for the package itself. */
function dependencyOf(file: string): string {
  return /(?:^|\/)deps\/([^/]+)/.exec(file)?.[1] ?? "";
}

class Builder {
  readonly #parts: { file: string; line: number }[] = [];
  readonly #packages = new Set<string>();
  #text = "";
  #line = 1;

  add(sources: readonly SourceFile[], role: "main" | "dependency"): void {
    const headers = sources.map((source) => findHeader(source.text));
    const header = headers.find((h) => h !== null);
    if (header !== undefined && header !== null) {
      this.#packages.add(header.id);
      this.#append(role === "main" ? `package ${header.id};` : `package ${header.id} {\n`);
    }
    for (const [index, source] of sources.entries()) {
      this.#parts.push({ file: source.file, line: this.#line });
      const own = headers[index];
      const bare = own === null || own === undefined ? source.text : blank(source.text, own);
      this.#append(bare.endsWith("\n") ? bare : `${bare}\n`);
    }
    if (header && role === "dependency") this.#append("}\n");
  }

  addContracts(): void {
    const named = CONTRACTS.filter(({ id }) => isNamed(this.#text, id));
    const wanted = new Set(named.flatMap(({ id, needs }) => [...needs, id]));
    for (const { id, text } of CONTRACTS) {
      if (wanted.has(id) && !this.#packages.has(id)) this.add([{ file: id, text }], "dependency");
    }
  }

  finish(): JoinedText {
    return { text: this.#text, parts: this.#parts };
  }

  #append(text: string): void {
    this.#text += text;
    this.#line += text.split("\n").length - 1;
  }
}

/** Whether a text names an interface or a world of the package: `sennit:host/log@0.1.0` for `sennit:host@0.1.0`. */
function isNamed(text: string, id: string): boolean {
  const [name = "", version = ""] = id.split("@");
  return new RegExp(`${name}/[\\w-]+@${version.replaceAll(".", "\\.")}(?![\\w])`).test(text);
}

interface Header {
  readonly id: string;
  readonly start: number;
  readonly end: number;
}

/** The `package acme:stats@1.0.0;` at the head of a file, behind comments and attributes. */
function findHeader(text: string): Header | null {
  const start = skipComments(text);
  const match = /^package\s+([^\s;{]+)\s*;/.exec(text.slice(start));
  const id = match?.[1];
  return match === null || id === undefined ? null : { id, start, end: start + match[0].length };
}

/** Where the first token of a text begins. */
function skipComments(text: string): number {
  let at = 0;
  for (;;) {
    const rest = text.slice(at);
    const space = /^(?:\s+|\/\/[^\n]*(?:\n|$))/.exec(rest)?.[0].length ?? 0;
    if (space > 0) at += space;
    else if (rest.startsWith("/*")) at = endOfBlock(text, at);
    else return at;
  }
}

/** Block comments nest. */
function endOfBlock(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const pair = text.slice(at, at + 2);
    if (pair === "/*") depth += 1;
    else if (pair === "*/") depth -= 1;
    else continue;
    at += 1;
    if (depth === 0) return at + 1;
  }
  return text.length;
}

/** The text without the header and the comments before it, which would document something else; lines stay lines. */
function blank(text: string, { end }: Header): string {
  return text.slice(0, end).replace(/[^\n]/g, " ") + text.slice(end);
}
