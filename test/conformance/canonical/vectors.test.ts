/** What core values and bytes mean, and what becomes of values, on both paths: every table of vectors. */
import { describe, expect, it } from "vitest";

import type { Plugin } from "../../../src/host/plugin.ts";
import { VECTOR_DEVIATIONS } from "./deviations.ts";
import { open, play } from "./harness.ts";
import { judgeAnswered, judgeLift, judgeLowered } from "./judge.ts";
import { ALL_VECTORS, type Table } from "./tables.ts";
import {
  answeredSession,
  argumentSession,
  isArgument,
  isResult,
  loweredSession,
  resultSession,
  vectorComponent,
  type Vectors,
} from "./vectors.ts";

const TABLES = ALL_VECTORS.map((each): [string, Table] => [each.name, each]);

describe("vectors, direct", () => {
  it.each(TABLES)("%s", async (_, { vectors }) => {
    await using plugin = await open(vectorComponent(vectors), "direct");

    expect(await wrong(plugin, vectors)).toEqual([]);
  });
});

describe("vectors, jco", () => {
  const deviating: string[] = [];
  // jco does not know the third encoding at all (refused.test.ts).
  const known = TABLES.filter(([, { vectors }]) => vectors.encoding !== "latin1+utf16");

  it.each(known)("%s", async (_, { vectors }) => {
    await using plugin = await open(vectorComponent(vectors), "jco");

    const lines = await wrong(plugin, vectors);

    deviating.push(...lines);
    expect(lines.filter((line) => !VECTOR_DEVIATIONS.some((each) => each.lines.test(line)))).toEqual([]);
  });

  it.each(VECTOR_DEVIATIONS.map((each): [string, RegExp] => [each.why, each.lines]))(
    "it is still so that %s",
    (_, lines) => {
      expect(deviating.some((line) => lines.test(line))).toBe(true);
    },
  );
});

async function wrong(plugin: Plugin, { lifts, lowers }: Vectors): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [at, lift] of lifts.entries()) {
    if (isArgument(lift)) lines.push(...judgeLift(lift, "as an argument", await play(plugin, argumentSession(at))));
    if (isResult(lift)) lines.push(...judgeLift(lift, "as a result", await play(plugin, resultSession(at))));
  }
  for (const [at, lower] of lowers.entries()) {
    lines.push(...judgeLowered(lower, await play(plugin, loweredSession(at, lower))));
    lines.push(...judgeAnswered(lower, await play(plugin, answeredSession(at, lower))));
  }
  return lines;
}
