/** What hostile JavaScript in a component reaches: nothing. */
import { expect } from "vitest";
import { javascriptAttacker } from "./javascript-guest.ts";
import { JAVASCRIPT } from "./javascript.ts";
import { JAVASCRIPT_LOOPS } from "./javascript-loops.ts";
import { RUNS } from "./runs.ts";
import { attackSuite } from "./suite.ts";

attackSuite(
  "JavaScript",
  [...JAVASCRIPT, ...JAVASCRIPT_LOOPS, ...RUNS.filter((each) => each.language === "JavaScript")],
  async (stage) => {
    expect(await stage.attempt("javascript", javascriptAttacker, "6 * 7")).toBe("42");
  },
);
