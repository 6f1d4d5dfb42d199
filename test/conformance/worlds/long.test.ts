/**
 * A million sets of arguments, by `npm run test:long`. README.md has the environment variables; each line that is printed has the
 * number of the world from which to go on.
 */
import { expect, it } from "vitest";
import { LANGUAGES } from "./realise.ts";
import { runWorlds } from "./worlds.ts";

const setting = (name: string, otherwise: number): number => Number(process.env[`SENNIT_${name}`] ?? otherwise);

const languages = LANGUAGES.filter((each) => (process.env["SENNIT_LANGUAGES"] ?? each).split(",").includes(each));

const isWanted = process.env["SENNIT_LONG"] === "1";
if (!isWanted) console.log("worlds/long.test.ts is skipped: it takes half an hour. `npm run test:long` runs it.");

it.runIf(isWanted)("a million values come back, in every language (I8)", { timeout: 0 }, async () => {
  const seed = setting("SEED", 1);
  const total = setting("COUNT", 1_000_000);
  const count = setting("WORLDS", 40);
  const values = setting("VALUES", 500);
  const start = performance.now();
  let tried = 0;
  for (let from = setting("FROM", 100); tried < total; from += count) {
    tried += await runWorlds({ seed, from, count, values, languages });
    const seconds = Math.round((performance.now() - start) / 1000);
    console.log(`seed ${seed}: ${tried} of ${total} after ${seconds} s; go on with SENNIT_FROM=${from + count}`);
  }
  expect(tried).toBeGreaterThanOrEqual(total);
});
