/** Functions of the workflow that plugins call: in every direction, failing, nested, and too late. */
import { describe, expect, it } from "vitest";
import { printed } from "../programs.ts";

const rust = 'require "../../plugins/samples/callback-rust" as rust;';
const lua = 'require "./fixtures/callbacks-lua" as lua;';
const counter = 'require "../../plugins/samples/counter-lua" as counter;';

describe("callbacks", () => {
  it("answer components and Lua, print, and call other plugins", async () => {
    expect(await printed(`${rust} print rust.apply(|i| i * 2, 3); print rust.iterate(|i| i + 1, 5, 4);`)).toEqual([
      "[0, 2, 4]",
      "9",
    ]);
    expect(await printed(`${lua} print lua.each(|i| seq { print i; i * 2 }, 2);`)).toEqual(["0", "1", "[0, 2]"]);
    expect(
      await printed(`${rust} ${counter} counter.increment(); print rust.apply(|i| counter.increment(), 3);`),
    ).toEqual(["[2, 3, 4]"]);
    expect(await printed(`${rust} ${lua} print rust.apply(|i| lua.each(|j| i + j, 2), 2);`)).toEqual([
      "[[0, 1], [1, 2]]",
    ]);
  });

  it("fail in the plugin as an err that it may handle or pass on, and it goes on", async () => {
    expect(
      await printed(`${rust} try { rust.apply(|i| 1 div i, 3); } catch (e) { print e.value; }
        print rust.apply(|i| i, 2);`),
    ).toEqual([
      'error(code: "division-by-zero", source: "sennit", message: "The right side of `div` is zero", value: nil)',
      "[0, 1]",
    ]);
    expect(await printed(`${lua} print lua.failure(|i| 1 div i);`)).toEqual([
      "division-by-zero: The right side of `div` is zero",
    ]);
  });

  it("that call the plugin they came from are re-entrant, also by way of another plugin, and no standstill", async () => {
    expect(await printed(`${lua} print lua.failure(|i| lua.each(|j| j, 2)); print lua.each(|i| i, 2);`)).toEqual([
      expect.stringMatching(/^re-entrant: /),
      "[0, 1]",
    ]);
    expect(
      await printed(`${rust} try { rust.apply(|i| rust.apply(|j| j, 2), 2); } catch (e) { print e.value.code; }
        print rust.apply(|i| i, 2);`),
    ).toEqual(["re-entrant", "[0, 1]"]);
    expect(await printed(`${rust} ${lua} print lua.failure(|i| rust.apply(|j| lua.each(|k| k, 1), 1));`)).toEqual([
      expect.stringContaining("re-entrant"),
    ]);
  });

  it("may call a plugin that another branch keeps busy: it waits its turn", async () => {
    expect(
      await printed(
        `${rust} ${lua} xs = para { rust.apply(|i| lua.each(|j| i + j, 2), 2); lua.each(|j| j, 3) }; print xs;`,
      ),
    ).toEqual(["[[[0, 1], [1, 2]], [0, 1, 2]]"]);
  });

  it("that are kept fail clearly when called after their call", async () => {
    expect(await printed(`${lua} lua.keep(|i| i); print lua.later();`)).toEqual([
      "moved: This function of the workflow was given for a call that is over",
    ]);
    expect(
      await printed(`${rust} rust.remember(|i| i); try { rust.recall([1]); } catch (e) { print e.value.code; }`),
    ).toEqual(["moved"]);
  });

  it("are functions in JavaScript", async () => {
    const functions = {
      both: async (f: (x: number) => Promise<unknown>) => [await f(1), await f(2)],
      code: (f: (x: number) => Promise<unknown>) => f(0).catch((error: unknown) => (error as { code: string }).code),
    };

    expect(
      await printed("require both; print both(|i| i * 2); print both(|i| both(|j| i + j));", { functions }),
    ).toEqual(["[2, 4]", "[[2, 3], [3, 4]]"]);
    expect(await printed("require code; print code(|i| 1 div i);", { functions })).toEqual(["division-by-zero"]);
    await expect(printed("require both; both(|i: Int| i);", { functions })).rejects.toMatchObject({
      code: "type-mismatch",
    });
  });
});
