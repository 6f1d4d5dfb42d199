/** Reads the case files of `test/cases`; their form is described in the README there. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export interface Case {
  /** `file.sennit:12`, with the case's title comment when it has one. */
  readonly name: string;
  /** The line of the file its first line is on. */
  readonly line: number;
  readonly text: string;
  /** Expected diagnostics, by line of `text` from 1, in order. */
  readonly diagnostics: readonly { readonly line: number; readonly code: string }[];
  /** Expected printed lines; null when the case asserts none. */
  readonly output: readonly string[] | null;
  /** The code of the error that ends the run. */
  readonly error?: string;
}

/** All cases of a file, in order. */
export function readCaseFile(path: string): Case[] {
  return parseCases(readFileSync(path, "utf8"), basename(path));
}

export function parseCases(text: string, file: string): Case[] {
  const cases: Case[] = [];
  let start = 0;
  const lines = text.replace(/\n$/, "").split("\n");
  for (let at = 0; at <= lines.length; at += 1) {
    if (at < lines.length && lines[at] !== "---") continue;
    cases.push(readCase(lines.slice(start, at), start + 1, file));
    start = at + 1;
  }
  return cases;
}

function readCase(lines: readonly string[], line: number, file: string): Case {
  const outputs = lines.flatMap((text) => /^\s*\/\/=(?: (.*))?$/.exec(text)?.slice(1, 2) ?? []);
  const hasOutput = lines.some((text) => /^\s*\/\/=( |$)/.test(text));
  const error = lines.map((text) => /\/\/!! *([a-z-]+)/.exec(text)?.[1]).find((code) => code !== undefined);
  const title = lines.map((text) => /^\/\/ (.*)$/.exec(text)?.[1]).find((found) => found !== undefined);
  return {
    name: `${file}:${line}${title === undefined ? "" : ` ${title}`}`,
    line,
    text: `${lines.join("\n")}\n`,
    diagnostics: lines.flatMap((text, index) => expectedOn(text).map((code) => ({ line: index + 1, code }))),
    output: hasOutput ? outputs.map((text) => text ?? "") : null,
    ...(error === undefined ? {} : { error }),
  };
}

/** The codes that `//! a, b` at the end of a line asserts. */
function expectedOn(line: string): string[] {
  const listed = /\/\/! +([a-z-]+(?:, *[a-z-]+)*)/.exec(line)?.[1];
  return listed === undefined ? [] : listed.split(/, */);
}
