/** What a call costs, as `sennit plugin inspect --cost` tells it. */
import { expect, it } from "vitest";
import { Folder, samples, type Ended } from "./sennit.ts";

it.each(["c", "lua"])("is the same every time (%s)", async (guest) => {
  using folder = new Folder({});
  const inspect = (...args: string[]): string[] => ["plugin", "inspect", `${samples}/counter-${guest}`, ...args];
  const cost = (...args: string[]): Promise<Ended> => folder.shared(inspect("--cost", ...args));
  const first = await folder.sennit(inspect("--cost", "count_words", "b a b"));

  expect(first).toMatchObject({ status: 0, stdout: expect.stringMatching(/^[1-9]\d*\n$/) });
  expect(await cost("count_words", "b a b")).toEqual(first);
  expect(Number((await cost("count_words", "b a b c d e f")).stdout)).toBeGreaterThan(Number(first.stdout));
});

it("can be had as JSON", async () => {
  using folder = new Folder({});
  const shown = await folder.shared(["plugin", "inspect", `${samples}/counter-c`, "--cost", "add", "1", "2", "--json"]);

  expect(JSON.parse(shown.stdout)).toEqual({ cost: expect.any(Number) });
});

it("is the same every time for Python, too", async () => {
  using folder = new Folder({});
  const ask = ["plugin", "inspect", `${samples}/counter-python`, "--cost", "add", "1", "2"];
  const first = await folder.sennit(ask);

  expect(first.stdout).toMatch(/^[1-9]\d+\n$/);
  expect(await folder.shared(ask)).toEqual(first);
});

it("is not known of a function that is not there", async () => {
  using folder = new Folder({});

  expect(await folder.shared(["plugin", "inspect", `${samples}/counter-c`, "--cost", "ad"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("Did you mean `add`?"),
  });
  expect(await folder.shared(["plugin", "inspect", `${samples}/counter-c`, "add", "1"])).toMatchObject({ status: 2 });
});
