/** Tables and memories are no way around the memory limit (HAZARDS 5). */
import { describe, expect, it } from "vitest";

import { MOST_ENTRIES } from "../../src/host/component/capped-tables.ts";
import { faultOf, PATHS, pluginFromText, start } from "./component-fixtures.ts";

const core = (body: string): string => `(component (core module $m ${body}
    (func (export "f") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))
  (core instance $i (instantiate $m)) (func (export "f") (param "n" u32) (result s32) (canon lift (core func $i "f"))))`;

describe.each(PATHS)("linked %s", (path) => {
  it.each([{}, { fuel: 1e9 }])("a table grows so far and no further (limits %o)", async (limits) => {
    for (const table of ["10 funcref", "10 10000000 funcref", "10 10000000 (ref null func) (ref.null func)"]) {
      await using plugin = await pluginFromText(core(`(table ${table})`), { limits }, { path });
      await using instance = await start(plugin);

      expect(await instance.call("f", [MOST_ENTRIES - 10])).toBe(10);
      expect(await instance.call("f", [1])).toBe(-1);
    }
  });

  it("a maximum below that stays", async () => {
    await using plugin = await pluginFromText(core("(table 1 2 funcref)"), {}, { path });
    await using instance = await start(plugin);

    expect([await instance.call("f", [1]), await instance.call("f", [1])]).toEqual([1, -1]);
  });

  it.each([
    ["a table that starts large", "(table 300000 funcref)", /^memory-limit$/],
    ["many tables", "(table 1 funcref)".repeat(9), /^component-unsupported$/],
    ["many memories", `(table 1 funcref) ${"(memory 1)".repeat(9)}`, /^component-(unsupported|invalid)$/], // jco itself takes one memory
  ])("%s: is refused before anything runs", async (_, body, code) => {
    expect((await faultOf(() => pluginFromText(core(body), {}, { path }))).code).toMatch(code);
  });
});
