/**
 * All mistakes of one manifest, told at once.
 */
import { Fault } from "../../fault.ts";

export class Mistakes {
  readonly #file: string;
  readonly #found: string[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** `key` is where in the file: `package.limits.memory`. */
  add(key: string, text: string): void {
    this.#found.push(`${key}: ${text}`);
  }

  /** @throws {Fault} `manifest-invalid` when there were any. */
  throwIfAny(): void {
    const [first, ...more] = this.#found;
    if (first === undefined) return;
    const text = more.length === 0 ? ` ${first}` : `\n${this.#found.map((each) => `  ${each}`).join("\n")}`;
    throw new Fault("manifest-invalid", `${this.#file}:${text}`);
  }
}

/** " (did you mean `x`?)" when one of the names is close to what was written. */
export function didYouMean(written: string, names: Iterable<string>): string {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(written.length / 3)) + 1;
  for (const name of names) {
    const distance = edits(written, name);
    if (distance < least) [best, least] = [name, distance];
  }
  return best === undefined ? "" : ` (did you mean \`${best}\`?)`;
}

/** How many letters must be changed, added or left out. */
function edits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (const [at, other] of [...to].entries()) {
      const replaced = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
