/** What every counter is asked, in order. */
import type { Plugin } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { instantiate, outcome } from "./packages.ts";

/** White space of each kind, doubled and at the ends; the last two words sort differently by UTF-16 units. */
const TEXT = " b a\tb\r\nzü \u{1d11e}\f\uffee  b no\u00a0break a\u000bc ";

export const TEXT_WORDS: readonly (readonly [string, number])[] = [
  ["a", 1],
  ["a\u000bc", 1],
  ["b", 3],
  ["no\u00a0break", 1],
  ["zü", 1],
  ["\uffee", 1],
  ["\u{1d11e}", 1],
];

const CALLS: readonly (readonly [string, readonly Value[]])[] = [
  ["increment", []],
  ["increment", []],
  ["add", [2, 3]],
  ["add", [4_294_967_295, 3]],
  ["fail", ["näh 𝄞"]],
  ["fail", [""]],
  ["count-words", [TEXT]],
  ["count-words", ["\n"]],
  ["increment", []],
  ["trap", []],
  ["increment", []],
];

/** The answers of a fresh instance. */
export async function transcriptOf(plugin: Plugin): Promise<unknown[]> {
  await using instance = await instantiate(plugin);
  const answers: unknown[] = [];
  for (const [fn, args] of CALLS) answers.push(await outcome(instance, fn, args));
  return answers;
}
