import { expect, it } from "vitest";
import { runWorlds } from "./worlds.ts";

const count = process.env["SENNIT_LONG"] === undefined ? 16 : 50;

it(`${count} more worlds echo every value in every language (I8)`, { timeout: 600_000 }, async () => {
  expect(await runWorlds({ seed: 1, from: 50, count, values: 40 })).toBeGreaterThanOrEqual(count * 40);
});
