/** F1 and R1: every call is made once and answered to whoever made it, whatever is abandoned around it. */
import { describe, expect, it } from "vitest";
import { printed } from "../programs.ts";

const slow = 'require "./fixtures/slow-python" as slow;';

describe("calls that wait", () => {
  it("are made once each, and answered to their own branch, in whatever order the answers come", async () => {
    const asked: number[] = [];
    const waiting: (() => void)[] = [];
    const f = (i: number): unknown => {
      asked.push(i);
      if (i < 0) return i;
      const answer = new Promise((resolve) => waiting.push(() => resolve(i * 10)));
      if (waiting.length === 20) for (const each of waiting.toReversed()) each();
      return answer;
    };

    expect(await printed("require f; f(-1); print para for i in range(20) { f(i) };", { functions: { f } })).toEqual([
      `[${Array.from({ length: 20 }, (_, i) => i * 10).join(", ")}]`,
    ]);
    expect(asked).toEqual([-1, ...Array.from({ length: 20 }, (_, i) => i)]);
  });

  it("stay with their branches when others are abandoned", async () => {
    const never = (): Promise<never> => new Promise(() => {});
    const later = async (x: string): Promise<string> => x;
    const source = `require never, later; later("start");
      a = race { never(); later("a") };
      b = para { race { never(); later("b") }; later("c"); race { later("d"); never() } };
      try { timeout (1ms) { never(); } } catch (e) { print e.code; }
      print (a, b, later("e"));`;

    expect(await printed(source, { functions: { never, later } })).toEqual(["timeout", '("a", ["b", "c", "d"], "e")']);
  });

  it("are not made when they are asked and abandoned at once", async () => {
    let calls = 0;
    const f = (): number => ++calls;

    expect(await printed("require f; print race { f(); 5 };", { functions: { f } })).toEqual(["5"]);
    expect(calls).toBe(0);
  });

  it("answer their own attempt of a retry, and no later one", async () => {
    let first: (value: string) => void = () => {};
    let calls = 0;
    const f = (): Promise<string> => {
      calls++;
      if (calls === 1) return new Promise((resolve) => (first = resolve));
      first("late");
      return new Promise((resolve) => setImmediate(resolve, "right"));
    };

    expect(
      await printed("require f; print retry (times: 2, backoff: 1ms) { timeout (200ms) { f() } };", {
        functions: { f },
      }),
    ).toEqual(["right"]);
  });

  it("go to Python, Lua and components at once, beside core calls", async () => {
    const source = `require "../../plugins/samples/counter-python" as py; require "../../plugins/samples/counter-lua" as lua;
      require "../../plugins/samples/counter-rust" as rust;
      print para for i in range(12) { (py.add(i, 1), lua.add(i, 2), rust.add(i, 3)) };
      print para for i in range(4) limit 2 { (=lua.increment=(), =rust.add=(i, i), py.increment()) };`;

    const [sums, forks] = await printed(source);

    expect(sums).toBe(`[${Array.from({ length: 12 }, (_, i) => `(${i + 1}, ${i + 2}, ${i + 3})`).join(", ")}]`);
    expect(forks).toMatch(/^\[\(1, 0, \d\), \(1, 2, \d\), \(1, 4, \d\), \(1, 6, \d\)\]$/);
  });

  it("of a loop go to Python together, in order, and its state is that of calls one by one", async () => {
    const source = `require "../../plugins/samples/counter-python" as py;
      print map(range(5), |x| py.increment()); n = 0; for x in range(2000) { n = py.increment(); } print n;
      out: [Int] = []; for (a, b) in zip(range(200), range(200)) { out = push(out, py.add(a, b)); } print sum(out);
      print sum(para for x in range(300) { py.add(x, 1) }); print py.increment();
      try { for x in [1, 2, -3, 4] { py.add(x, x); } } catch (e) { print e.code; } print py.increment();`;

    expect(await printed(source)).toEqual([
      "[1, 2, 3, 4, 5]",
      "2005",
      String(2 * 199 * 100),
      String(299 * 150 + 300),
      "2006",
      "out-of-range",
      "2007",
    ]);
  });

  it("of a loop that is given up stop in Python, too", { timeout: 60_000 }, async () => {
    const source = `require "../../plugins/samples/counter-python" as py; ${slow}
      py.increment(); print race { for x in range(1000000) { py.increment(); } seq { sleep(30ms); 7 } };
      a = py.increment(); sleep(30ms); print (a > 1, a < 1000000, py.increment() - a);
      slow.count(); print race { for x in range(100) { slow.nap(2); } seq { sleep(20ms); 8 } };
      c = slow.count(); sleep(30ms); print (c < 100, slow.count() - c);`;

    expect(await printed(source)).toEqual(["7", "(true, true, 1)", "8", "(true, 0)"]);
  });

  it("are given up in Python: by race, by timeout, and with the run", async () => {
    expect(
      await printed(`${slow} slow.count(); print race { slow.spin(); seq { sleep(1ms); 7 } };
        try { timeout (1ms) { slow.count(); } } catch (e) { print e.code; }`),
    ).toEqual(["7", "timeout"]);
    const signal = AbortSignal.timeout(300);
    await expect(printed(`${slow} slow.count(); slow.spin();`, { signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });

  it("on another core are given up, too, and are heard", async () => {
    const lines: string[] = [];
    const onEvent = (event: { kind: string }): void => {
      if (event.kind === "log") lines.push((event as unknown as { text: string }).text);
    };

    expect(
      await printed(`${slow} =slow.nap=(3); print race { =slow.spin=(); seq { sleep(20ms); 9 } };`, {
        grants: ["test:slow=log"],
        onEvent,
      }),
    ).toEqual(["9"]);
    expect(lines).toEqual(["nap 3"]);
    await expect(printed(`require f; =f=(1);`, { functions: { f: () => 1 } })).rejects.toMatchObject({
      code: "needs-workers",
    });
  });
});

describe("spawned workflows", () => {
  it("of an attempt that failed are cancelled, and its successor has its own", async () => {
    const source = `workflow w(n: Int) -> Int { sleep(2ms); n } n = 0;
      print retry (times: 3, backoff: 1ms) { n = n + 1; t = spawn w(n); if (n < 3) { raise "again"; } await t };`;

    expect(await printed(source)).toEqual(["3"]);
  });
});

describe("resources", () => {
  it("are used, lent, given away, and gone with their instance", async () => {
    const source = `require "./fixtures/counters-lua" as c;
      a = c.counters.counter(1); print (a.inc(), a.inc(), c.counters.peek(a), c.counters.eat(a));
      try { a.inc(); } catch (e) { print e.code; }
      b = c.counters.counter(5);
      try { c.counters.crash(); } catch (e) { print e.code; }
      try { b.inc(); } catch (e) { print e.code; }
      print c.counters.counter(7).inc();
      try { b.inc(); } catch (e) { print e.code; }`;

    expect(await printed(source)).toEqual([
      "(2, 3, 3, 3)",
      "moved",
      "plugin-trapped",
      "type-mismatch",
      "8",
      "type-mismatch",
    ]);
  });
});
