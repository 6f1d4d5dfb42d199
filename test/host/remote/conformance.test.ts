/** The conformance suite where instances run outside of this thread: the same results (D6). Python has a file of its own. */
import { expect, it } from "vitest";
import { conformance } from "../../conformance/suite.ts";
import { transcriptOf } from "../../samples/counter.ts";
import { LEVELS, sample } from "./realms.ts";

for (const level of LEVELS) {
  for (const [guest, folder] of [
    ["a Rust component", "conformance-rust"],
    ["Lua", "conformance-lua"],
  ] as const) {
    conformance({
      name: `${guest} at ${level}`,
      open: () => sample(folder, level),
      runs: 30,
      ownsResources: true,
      integers: "all",
    });
  }
  conformance({
    name: `a JavaScript component at ${level}`,
    open: () => sample("conformance-js", level),
    runs: 20,
    ownsResources: false,
    integers: "safe",
  });
}

/** Languages in which the world of the suite is not written, but the smaller one of the counter. */
it.each(["c", "go", "assemblyscript"])("the counter in %s answers the same at every level", async (language) => {
  const transcripts = (["L0", ...LEVELS] as const).map(async (level) => {
    await using plugin = await sample(`counter-${language}`, level);
    return await transcriptOf(plugin);
  });
  const [here, ...there] = await Promise.all(transcripts);
  expect(here?.length).toBeGreaterThan(5);
  for (const each of there) expect(each).toEqual(here);
});
