/** One world in every language: the same calls have the same answers, whoever answers. */
import { describe, expect, it } from "vitest";

import { CaseValue, ERR } from "../../src/wit/value.ts";
import { transcriptOf, TEXT_WORDS } from "./counter.ts";
import { instantiate, openSample, outcome } from "./packages.ts";

const LANGUAGES = ["c", "rust", "go", "assemblyscript", "js", "python", "lua"];

describe.each(LANGUAGES)("the counter in %s", (language) => {
  it("answers every call, keeps its count, and traps when told to", async () => {
    await using plugin = await openSample(`counter-${language}`);
    expect(await transcriptOf(plugin)).toEqual([
      1,
      2,
      5,
      2,
      new CaseValue(ERR, "näh 𝄞"),
      new CaseValue(ERR, ""),
      TEXT_WORDS,
      [],
      3,
      { fault: "plugin-trapped" },
      { fault: "plugin-lost" },
    ]);
  });

  it("counts in each instance for itself", async () => {
    await using plugin = await openSample(`counter-${language}`);
    await using one = await instantiate(plugin);
    await using other = await instantiate(plugin);
    expect([await outcome(one, "increment", []), await outcome(one, "increment", [])]).toEqual([1, 2]);
    expect(await outcome(other, "increment", [])).toBe(1);
    expect(await outcome(one, "increment", [])).toBe(3);
  });

  it("gives its memory back: many large calls do not add up", async () => {
    await using plugin = await openSample(`counter-${language}`);
    await using instance = await instantiate(plugin);
    const text = "lorem ipsum dolor sit amet ".repeat(200);
    const wanted = ["amet", "dolor", "ipsum", "lorem", "sit"].map((word) => [word, 200]);
    for (let i = 0; i < 300; i++) expect(await outcome(instance, "count-words", [text])).toEqual(wanted);
  });
});
