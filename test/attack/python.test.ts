/** What hostile Python reaches: nothing. Attempts share an instance until one of them ends it. */
import { expect } from "vitest";
import { pythonAttacker } from "./guests.ts";
import { PYTHON_DEADLINE } from "./python-deadline.ts";
import { PYTHON_ESCAPES } from "./python-escapes.ts";
import { PYTHON_RESOURCES } from "./python-resources.ts";
import { RUNS } from "./runs.ts";
import { attackSuite } from "./suite.ts";

attackSuite(
  "Python",
  [...PYTHON_ESCAPES, ...PYTHON_RESOURCES, ...PYTHON_DEADLINE, ...RUNS.filter((each) => each.language === "Python")],
  async (stage) => {
    expect(await stage.attempt("python", pythonAttacker, "answer = 6 * 7")).toBe("42");
  },
);
