/** What a program shows, gives and fails with is the same in a run worker as in this thread. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ErrValue } from "../../../src/host/javascript/plugin.ts";
import type { RunProgramOptions } from "../../../src/engine/embedding/run-program.node.ts";
import { project, seen } from "./programs.ts";

const MODULES = `
require "sample:counter-rust" as rust;
require "sample:counter-lua" as lua;
require "sample:apply" as calls;
require "test:callbacks" as backs;
`;

const PROGRAMS: Readonly<Record<string, string>> = {
  "scalars and lists": `
    print rust.increment(); print lua.increment();
    (1, 2.5, "é", true, nil, 9007199254740993, -3, [1, 2], [1.5], [["a"], []], 3s);`,
  "records, variants, options, results, maps": `
    record Point { x: Int, y: Float }
    variant Shape { none, at(Point), both(Int, String) }
    enum Colour { red, green }
    rust.increment();
    a: Int? = nil; b: Int? = 3;
    (Point(1, 2.0), [Shape.none, Shape.at(Point(3, 4.5)), Shape.both(1, "b")], Colour.green, a, b, ["k": 1, "j": 2]);`,
  "untyped data": `rust.increment(); x: Any = ["z": [1, 2, 3], "a": [2]]; emit("data", x); y: Any = 2.0; (x, y);`,
  "what it shows, in order": `
    print "one"; log("warn", "two"); progress(1, 2, "half"); emit("three", 3); rust.increment(); print "four";`,
  "an error with its trace": `
    function inner(n: Int) -> Int { rust.increment(); 1 div n }
    inner(0);`,
  "a guest's err": `rust.fail("no");`,
  "a trap": `rust.trap();`,
  "raised data": `rust.increment(); raise ["a": [1, 2]];`,
  "a lost instance": `try { rust.trap(); } catch (e) { print e.code; } rust.increment();`,
  "closures through a component and Lua": `
    print calls.apply(|i| i * 2, 3);
    print calls.apply(|i| seq { print i; lua.increment() }, 2);
    print calls.apply(|i| backs.each(|j| i + j, 2), 2);
    print backs.failure(|i| 1 div i);
    try { calls.apply(|i| calls.apply(|j| j, 2), 2); } catch (e) { print e.value.code; }`,
  "branches, time and chance": `
    rust.increment();
    xs = para { seq { sleep(2ms); 1 }; 2 };
    r = race { seq { sleep(1h); "slow" }; "fast" };
    try { timeout (5ms) { sleep(1h); print "never"; } } catch (e) { print e.code; }
    (xs, r, random(), uuid());`,
  "spawned workflows": `
    workflow child(n: Int) -> Int { lua.increment(); lua.increment() + n }
    t = spawn child(10); print lua.increment(); x = await t; (x, lua.increment());`,
  "what a run cannot give": `rust.increment(); |x: Int| x;`,
};

describe("a program in a run worker", { timeout: 60_000 }, () => {
  type Project = Awaited<ReturnType<typeof project>>;
  const stack = new AsyncDisposableStack();
  let here: Project;
  let there: Project;
  beforeAll(async () => {
    here = stack.use(await project('default = "L0"'));
    there = stack.use(await project('default = "L1"'));
  });
  afterAll(() => stack.disposeAsync());

  it.each(Object.entries(PROGRAMS))("has %s as in this thread", async (_, source) => {
    const wanted = await seen(here, MODULES + source);
    const found = await seen(there, MODULES + source);
    const place = (of: unknown): unknown => JSON.parse(text(of).replaceAll(here.path, "").replaceAll(there.path, ""));
    expect(place(found)).toEqual(place(wanted));
    expect(text(wanted)).not.toContain('"code":"refused"');
  });

  it("calls functions of the embedding program, typed and untyped, with closures and errors", async () => {
    const typed = {
      wit: `package a:b; world w {
        use sennit:host/callback@0.1.0.{callback};
        export twice: func(xs: list<u32>) -> list<u32>;
        export bad: func(n: u32) -> result<u32, string>;
        export each: func(f: own<callback>, n: u32) -> u32; }`,
      functions: {
        twice: (xs: readonly number[]) => [...xs, ...xs],
        bad: (n: number) => {
          if (n > 1) throw new ErrValue("too much");
          return n;
        },
        each: async (f: (n: number) => Promise<number>, n: number) => {
          let sum = 0;
          for (let i = 0; i < n; i++) sum += await f(i);
          return sum;
        },
      },
    } satisfies RunProgramOptions;
    await same(
      `require twice; require bad; require each; lua.increment(); print twice([1, 2]); print bad(1);
       try { bad(2); } catch (e) { print e.value; } each(|i| i + lua.increment(), 3);`,
      typed,
    );
    const untyped = {
      functions: {
        echo: (...args: unknown[]) => args,
        call: async (f: (n: unknown) => Promise<unknown>) => await f({ a: [1] }),
        fails: () => {
          throw new Error("it cannot");
        },
      },
    } satisfies RunProgramOptions;
    await same(
      `require echo; require call; require fails; lua.increment(); print echo(1, 2.0, "x", ["z": 1, "a": 2], [true]);
       print call(|x| x); try { fails(); } catch (e) { print e.code; print e.message; print e.source; }
       echo("end");`,
      untyped,
    );
  });

  async function same(source: string, options: RunProgramOptions): Promise<void> {
    await using here = await project('default = "L0"');
    await using there = await project('default = "L1"');
    const wanted = await seen(here, MODULES + source, options);
    expect(wanted.error).toBeUndefined();
    expect(await seen(there, MODULES + source, options)).toEqual(wanted);
  }

  it("calls Python, which calls back, and looks ahead", async () => {
    const python = 'require "sample:counter-python" as python;';
    await same(
      `${python} lua.increment(); print python.increment(); print python.add(40, 2);
       sum = 0; for i in range(50) { sum = sum + python.increment(); } print sum;
       try { python.fail("no"); } catch (e) { print e.value; }`,
      {},
    );
  });

  it("runs commands that were granted, and no others", async () => {
    await same(
      'lua.increment(); r = shell {"echo", ["hi"]}; print (r.stdout, r.status); c = "true"; try { shell {c}; } catch (e) { print e.code; }',
      {
        grants: ["run:echo", "run:cat"],
      },
    );
  });

  it("makes calls on other cores", async () => {
    await same("print =rust.add=(40, 2); print para { =rust.add=(2, 1); =rust.add=(3, 1) };", {});
  });

  it("uses the standard packages with the program's grants", async () => {
    await same(
      `require "std:env" as env; lua.increment(); try { print env.get("HOME"); } catch (e) { print e.code; }`,
      {},
    );
  });
});

function text(of: unknown): string {
  return JSON.stringify(of, (_, value: unknown) =>
    typeof value === "bigint" ? `${value}n` : value instanceof Map ? { map: [...value] } : value,
  );
}
