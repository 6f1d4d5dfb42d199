import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { reference } from "../../scripts/reference.ts";

describe("docs/reference", () => {
  it.each([...reference()])("%s is what `node scripts/reference.ts` writes", (path, text) => {
    expect(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).toBe(text);
  });
});
