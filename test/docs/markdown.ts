/**
 * The fenced code blocks of a document.
 *
 *   ```<language> [flag …]      `norun` marks a block that nobody runs here
 *   // file: plugins/a/a.lua    in the comment syntax of the language, as first line: the block is that file (or several)
 */

export interface Block {
  readonly language: string;
  readonly flags: readonly string[];
  /** The files it is; none when its first line names none. */
  readonly files: readonly string[];
  /** Without the fences and without the line that names the file. */
  readonly text: string;
  /** Of the opening fence, counted from 1. */
  readonly line: number;
}

const FILE = /^(?:\/\/|#|--) file: (\S.*)\n/;

/** @throws {Error} for a fence that is never closed */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const info = /^```(.*)$/.exec(lines[at] ?? "")?.[1];
    if (info === undefined) continue;
    const end = lines.indexOf("```", at + 1);
    if (end < 0) throw new Error(`The fence of line ${at + 1} is never closed`);
    blocks.push(blockOf(info, lines.slice(at + 1, end), at + 1));
    at = end;
  }
  return blocks;
}

function blockOf(info: string, lines: readonly string[], line: number): Block {
  const [language = "", ...flags] = info.trim().split(/\s+/);
  const whole = `${lines.join("\n")}\n`;
  const named = FILE.exec(whole);
  return {
    language,
    flags,
    files: named?.[1]?.split(/,\s*/) ?? [],
    text: named === null ? whole : whole.slice(named[0].length),
    line,
  };
}
