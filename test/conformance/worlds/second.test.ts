import { expect, it } from "vitest";
import { runWorlds } from "./worlds.ts";

it("50 more worlds echo every value in every language (I8)", { timeout: 600_000 }, async () => {
  expect(await runWorlds({ seed: 1, from: 50, count: 50, values: 40 })).toBeGreaterThanOrEqual(50 * 40);
});
