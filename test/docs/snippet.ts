/**
 * What a document asks to be run: its blocks, with what each must give.
 *
 *   N1  An `output` or `error` block belongs to the block before it.
 *   N2  Every block is run, or is a file, or says `norun`: nothing is left out silently.
 */
import { blocksOf } from "./markdown.ts";
import type { Block } from "./markdown.ts";

/** One command of a `console` block and the lines below it. */
export interface Command {
  readonly words: readonly string[];
  readonly shown: string;
}

export type Snippet =
  | { readonly kind: "file"; readonly block: Block }
  | {
      readonly kind: "program";
      readonly block: Block;
      readonly file: string;
      readonly output: string;
      readonly error: string;
    }
  | {
      readonly kind: "script";
      readonly block: Block;
      readonly file: string;
      readonly output: string;
      readonly error: string;
    }
  | { readonly kind: "console"; readonly block: Block; readonly commands: readonly Command[] }
  | { readonly kind: "norun"; readonly block: Block };

const sources = new Set(["lua", "python", "js", "rust", "wit", "toml", "json", "text"]);

/** @throws {Error} for a block of which nobody knows what to do with it (N2) */
export function snippetsOf(markdown: string): readonly Snippet[] {
  const blocks = blocksOf(markdown);
  return blocks.flatMap((block, at) => {
    if (block.language === "output" || block.language === "error") {
      const before = blocks[at - 1]?.language ?? "";
      if (!["sennit", "ts", "output"].includes(before)) throw unclear(block, "it follows nothing that is run");
      return [];
    }
    return [snippetOf(block, expectedAfter(blocks, at))];
  });
}

interface Expected {
  readonly given: boolean;
  readonly output: string;
  readonly error: string;
}

function expectedAfter(blocks: readonly Block[], at: number): Expected {
  let output: string | undefined;
  let error: string | undefined;
  for (const { language, text } of blocks.slice(at + 1, at + 3)) {
    if (language === "output" && output === undefined && error === undefined) output = text;
    else if (language === "error" && error === undefined) error = text;
    else break;
  }
  return { given: output !== undefined || error !== undefined, output: output ?? "", error: error ?? "" };
}

function snippetOf(block: Block, { given, output, error }: Expected): Snippet {
  if (block.flags.includes("norun")) return { kind: "norun", block };
  const [file] = block.files;
  switch (block.language) {
    case "sennit":
      // A named program without output is run by a command further down.
      if (file !== undefined && !given) return { kind: "file", block };
      return { kind: "program", block, file: file ?? "program.sennit", output, error };
    case "ts":
      if (file !== undefined && !given) return { kind: "file", block };
      return { kind: "script", block, file: file ?? `line-${block.line}.ts`, output, error };
    case "console":
      return { kind: "console", block, commands: commandsOf(block) };
    default:
      if (!sources.has(block.language)) throw unclear(block, `nobody runs \`${block.language}\` here`);
      if (file === undefined) throw unclear(block, "its first line names no file");
      return { kind: "file", block };
  }
}

function commandsOf(block: Block): readonly Command[] {
  const parts = block.text.split(/^\$ /m).slice(1);
  if (parts.length === 0) throw unclear(block, "it has no line that begins with `$ `");
  return parts.map((part) => {
    const end = part.indexOf("\n");
    return { words: wordsOf(part.slice(0, end)), shown: part.slice(end + 1) };
  });
}

/** A command line by its words: `'…'` and `"…"` hold one together, as in a shell. */
function wordsOf(line: string): readonly string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

function unclear(block: Block, why: string): Error {
  return new Error(`The block of line ${block.line}: ${why}. Mark it \`norun\` when that is meant.`);
}
