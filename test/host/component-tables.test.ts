/** Tables and memories are no way around the memory limit (HAZARDS 5). */
import { describe, expect, it } from "vitest";

import { faultOf, PATHS, pluginFromText, start } from "./component-fixtures.ts";

/** `f` grows a table, `g` another core's. */
const core = (body: string, other = body): string => `(component
  (core module $m ${body}
    (func (export "f") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))
  (core module $n ${other}
    (func (export "f") (param i32) (result i32) (table.grow 0 (ref.null func) (local.get 0))))
  (core instance $i (instantiate $m)) (core instance $j (instantiate $n))
  (func (export "f") (param "n" u32) (result s32) (canon lift (core func $i "f")))
  (func (export "g") (param "n" u32) (result s32) (canon lift (core func $j "f"))))`;

const SMALL = "(table 1 1 funcref)";

describe.each(PATHS)("linked %s", (path) => {
  it.each([{}, { fuel: 1e9 }])("a table grows so far and no further (limits %o)", async (given) => {
    const limits = { ...given, tables: 1001 };
    for (const table of ["10 funcref", "10 10000000 funcref", "10 10000000 (ref null func) (ref.null func)"]) {
      await using plugin = await pluginFromText(core(`(table ${table})`, SMALL), { limits }, { path });
      await using instance = await start(plugin);

      expect(await instance.call("f", [990])).toBe(10);
      expect(await instance.call("f", [1])).toBe(-1);
      expect(await instance.call("g", [1])).toBe(-1);
    }
  });

  it("the tables of all cores have no more together", async () => {
    const limits = { tables: 1020 };
    await using plugin = await pluginFromText(core("(table 10 funcref)"), { limits }, { path });
    await using instance = await start(plugin);

    expect([await instance.call("f", [501]), await instance.call("f", [500])]).toEqual([-1, 10]);
    expect([await instance.call("g", [501]), await instance.call("g", [500])]).toEqual([-1, 10]);
  });

  it("a maximum below that stays", async () => {
    await using plugin = await pluginFromText(core("(table 1 2 funcref)"), {}, { path });
    await using instance = await start(plugin);

    expect([await instance.call("f", [1]), await instance.call("f", [1])]).toEqual([1, -1]);
  });

  it.each([
    ["a table that starts large", "(table 1100000 funcref)", /^memory-limit$/],
    ["many tables", "(table 1 funcref)".repeat(9), /^component-unsupported$/],
    ["many memories", `(table 1 funcref) ${"(memory 1)".repeat(9)}`, /^component-(unsupported|invalid)$/], // jco itself takes one memory
  ])("%s: is refused before anything runs", async (_, body, code) => {
    expect((await faultOf(() => pluginFromText(core(body, SMALL), {}, { path }))).code).toMatch(code);
  });

  it("says which line of sennit.toml raises the limit", async () => {
    const fault = await faultOf(() =>
      pluginFromText(core("(table 60 funcref)"), { limits: { tables: 100 } }, { path }),
    );

    expect(fault).toMatchObject({
      code: "memory-limit",
      message: expect.stringContaining("The plugin starts with 120 elements in its tables; its limit is 100"),
      hint: expect.stringContaining('`"test:plugin" = { tables = … }` under [limits] of the project\'s sennit.toml'),
    });
  });
});

it("a component has few memories, however many cores they are in", async () => {
  const cores = (count: number): string =>
    `(component ${Array.from({ length: count }, (_, at) => `(core module $m${at} (memory 1)) (core instance (instantiate $m${at}))`).join(" ")})`;

  await pluginFromText(cores(8), {}, { path: "direct" });
  const fault = await faultOf(() => pluginFromText(cores(9), {}, { path: "direct" }));
  expect(fault).toMatchObject({ code: "component-unsupported" });
  expect(fault.message).toContain("The component has 9 memories; 8 are allowed");
});

it("a core module counts as often as it is instantiated", async () => {
  const twice = `(component (core module $m (table 60 funcref))
    (core instance $i (instantiate $m)) (core instance $j (instantiate $m)))`;
  const opened = (tables: number): unknown => pluginFromText(twice, { limits: { tables } }, { path: "direct" });

  expect(await faultOf(() => opened(119))).toMatchObject({ code: "memory-limit" });
  await opened(120);
});
