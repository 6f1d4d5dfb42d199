/** What hostile Lua reaches: nothing. Attempts share an instance until one of them ends it. */
import { expect } from "vitest";
import { luaAttacker } from "./guests.ts";
import { LUA_ESCAPES } from "./lua-escapes.ts";
import { LUA_RESOURCES } from "./lua-resources.ts";
import { RUNS } from "./runs.ts";
import { attackSuite } from "./suite.ts";

attackSuite(
  "Lua",
  [...LUA_ESCAPES, ...LUA_RESOURCES, ...RUNS.filter((each) => each.language === "Lua")],
  async (stage) => {
    expect(await stage.attempt("lua", luaAttacker(), "return 6 * 7")).toBe("42");
  },
);
