import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

import { SECURITY, securityPage } from "../../scripts/security.ts";

it("docs/security.md is what `node scripts/security.ts` writes", () => {
  expect(readFileSync(new URL(`../../${SECURITY}`, import.meta.url), "utf8")).toBe(securityPage());
});
