/** Where the keys of a TOML file stand, as far as a message needs it: a parser gives values without places. */
import type { At } from "./test-case.ts";

const HEADER = /^\s*\[+\s*([^\]]*?)\s*\]+/;

/** Places of the `index`-th table of the list `name`. A key that is not found stands where its table begins. */
export class Places {
  readonly #file: string;
  readonly #lines: readonly string[];

  constructor(file: string, text: string) {
    this.#file = file;
    this.#lines = text.split("\n");
  }

  /** Lines from 0, the end excluded, of the `index`-th `[[name]]`. */
  #range(name: string, index: number): readonly [number, number] {
    const heads = this.#lines.flatMap((line, at) => (isHead(line, name) ? [at] : []));
    return [heads[index] ?? 0, heads[index + 1] ?? this.#lines.length];
  }

  inList(name: string, index: number, path: readonly string[]): At {
    const [from, to] = this.#range(name, index);
    return this.#find(from, to, path, `${name}.`);
  }

  /** Of a table that stands before all of the list. */
  atTop(path: readonly string[]): At {
    return this.#find(0, this.#lines.length, path, "");
  }

  #find(from: number, to: number, path: readonly string[], prefix: string): At {
    let best = from;
    let table: readonly string[] = [];
    let depth = 0;
    for (let at = from; at < to; at++) {
      const line = this.#lines[at] ?? "";
      const header = HEADER.exec(line);
      if (header !== null && at > from) table = splitKey((header[1] ?? "").slice(prefix.length));
      const key = header === null ? keyOf(line) : [];
      const found = [...table, ...key];
      const fits = found.length > 0 && found.length <= path.length && found.every((part, i) => part === path[i]);
      if (fits && found.length > depth) [best, depth] = [at, found.length];
    }
    return { file: this.#file, line: best + 1 };
  }
}

function isHead(line: string, name: string): boolean {
  return new RegExp(`^\\s*\\[\\[\\s*${name}\\s*\\]\\]`).test(line);
}

function keyOf(line: string): readonly string[] {
  const found = /^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=/.exec(line);
  return found === null ? [] : splitKey(found[1] ?? "");
}

function splitKey(text: string): readonly string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|([\w-]+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
}
