/** I2: state carries from call to call within a run, and never to another run; in every language. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { load, run, type Program } from "../../../src/engine/embedding/run-program.node.ts";

const samples = fileURLToPath(new URL("../../../plugins/samples", import.meta.url));

async function counting(guest: string): Promise<Program> {
  const source = `require "./counter-${guest}" as counter;
    a = counter.increment(); b = counter.increment(); c = counter.increment(); (a, b, c);`;
  return load(source, { file: `${samples}/program.sennit` });
}

/** So many runs at once, of two programs in turn: to open one costs more than to run it. */
async function counts(guest: string, runs: number): Promise<readonly unknown[]> {
  await using one = await counting(guest);
  await using other = await counting(guest);
  return await Promise.all(Array.from({ length: runs }, (_, at) => (at % 2 === 0 ? one : other).run()));
}

describe("a run's plugin instances (I2)", () => {
  it.each(["rust", "c", "go", "assemblyscript", "js", "lua"])(
    "100 runs at once of the %s counter all count from one",
    { timeout: 120_000 },
    async (guest) => {
      const all = await counts(guest, 100);

      expect(all).toEqual(Array.from({ length: 100 }, () => [1, 2, 3]));
    },
  );

  // Each has a thread with a Python of its own: more than fit at once is what matters here.
  const pythons = process.env["SENNIT_LONG"] === undefined ? 8 : 100;
  it(`${pythons} runs submitted at once of the Python counter, admitted by memory`, { timeout: 300_000 }, async () => {
    const all = await counts("python", pythons);

    expect(all).toEqual(Array.from({ length: pythons }, () => [1, 2, 3]));
  });

  it("functions of the embedding program share what they close over: their state is the program's own", async () => {
    let n = 0;
    const functions = { increment: () => ++n };
    await run("require increment; increment();", { functions });

    expect(await run("require increment; increment();", { functions })).toBe(2);
  });

  it("a trap ends that instance only; the workflow catches it, and other runs go on", async () => {
    const source = `require "./counter-c" as counter;
      counter.increment();
      try { counter.trap(); } catch (e) { print e.code; }
      try { counter.increment(); } catch (e) { print e.code; }`;
    const lines: string[] = [];
    const failing = run(source, { file: `${samples}/program.sennit`, onPrint: (line) => lines.push(line) });

    expect(await counts("c", 1)).toEqual([[1, 2, 3]]);
    await failing;
    expect(lines).toEqual(["plugin-trapped", "plugin-lost"]);
  });
});
