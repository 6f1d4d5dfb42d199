import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Fault } from "../../src/fault.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { openPython } from "./python-opened.ts";
import { CALLS, RESULTS } from "../../src/host/python/worker/frame.ts";
import { CaseValue, ERR, type Handle, OK, type Value } from "../../src/wit/value.ts";
import { called, going, MANY_FILES, Watch } from "./python-many-guest.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const values = (answers: readonly unknown[]): unknown[] =>
  answers.map((answer) => (answer as { value?: Value; thrown?: { code: string } }).value ?? answer);

const watch = new Watch();
let plugin: Plugin;
/** For calls that do not end it; it remembers nothing of the test before. */
let python: Instance;
beforeAll(async () => {
  plugin = await openPython(pythonPackage(MANY_FILES), { between: watch.between });
  python = await plugin.instantiate(surroundings());
});
beforeEach(async () => {
  await python.call("forget", []);
  watch.clear();
});
afterAll(async () => {
  expect(python.alive).toBe(true);
  await plugin[Symbol.asyncDispose]();
  expect(processAdmission.living).toBe(0);
});

describe("callMany of a Python instance", () => {
  it("makes all calls in order, by one message there and one back", async () => {
    const calls = Array.from({ length: 1000 }, (_, i) => [i]);
    const answers = await python.callMany?.("note", calls, going());
    expect(answers).toEqual(calls.map(([i = 0]) => ({ value: i + 1 })));
    expect([watch.there, watch.back]).toEqual([[CALLS], [RESULTS]]);
    expect(await python.call("noted", [])).toEqual(Uint32Array.from({ length: 1000 }, (_, i) => i));
  });

  it("of no calls answers nothing", async () => {
    expect(await python.callMany?.("note", [], going())).toEqual([]);
  });

  it("stops at the first err when it should, and goes on when it should not", async () => {
    const calls = [[1], [-2], [3]];
    const failed = { value: new CaseValue(ERR, "-2 is below zero") };
    expect(await python.callMany?.("check", calls, going({ untilErr: true }))).toEqual([
      { value: new CaseValue(OK, 1) },
      failed,
    ]);
    expect(await python.call("noted", [])).toEqual(Uint32Array.of(1, 0xfffe));
    expect(await python.callMany?.("check", calls, going())).toEqual([
      { value: new CaseValue(OK, 1) },
      failed,
      { value: new CaseValue(OK, 3) },
    ]);
    expect(await python.callMany?.("add", [[1, 2]], going({ untilErr: true }))).toEqual([{ value: 3 }]);
  });

  it("ends with the call that traps, and so does the instance (H3)", async () => {
    await using mine = await plugin.instantiate(surroundings());
    const many = mine.callMany?.(
      "divide",
      [
        [6, 3],
        [1, 0],
        [8, 2],
      ],
      going(),
    );
    const after = Promise.allSettled([called(mine, "add", 1, 1)]);
    expect(await many).toEqual([
      { value: 2 },
      { thrown: expect.objectContaining({ code: "plugin-trapped" }) as Fault },
    ]);
    expect(await after).toMatchObject([{ reason: { code: "plugin-lost" } }]);
    expect(mine.alive).toBe(false);
    expect(await mine.callMany?.("add", [[1, 2]], going())).toMatchObject([{ thrown: { code: "plugin-lost" } }]);
  });

  it("ends with the call whose arguments do not fit; the instance goes on (H5)", async () => {
    expect(
      await python.callMany?.(
        "add",
        [
          [1, 2],
          [1, -1],
          [3, 4],
        ],
        going(),
      ),
    ).toMatchObject([{ value: 3 }, { thrown: { code: "out-of-range" } }]);
    expect(await python.callMany?.("add", [[1]], going())).toMatchObject([{ thrown: { code: "type-mismatch" } }]);
    expect(await python.callMany?.("no-such", [[1]], going())).toMatchObject([
      { thrown: { code: "unknown-function" } },
    ]);
    expect(await python.call("add", [1, 2])).toBe(3);
  });

  it("leaves the handles of calls that it did not make where they were (O3)", async () => {
    const make = (n: number): Handle | Promise<Handle> =>
      python.call("test:plugin/things#[constructor]thing", [n]) as Handle | Promise<Handle>;
    const things = [await make(5), await make(0), await make(7)];
    const calls = things.map((thing) => [thing]);
    expect(
      values((await python.callMany?.("test:plugin/things#burn", calls, going({ untilErr: true }))) ?? []),
    ).toEqual([new CaseValue(OK, 5), new CaseValue(ERR, "nothing to burn")]);
    const number = (thing: Handle | undefined): Value | Promise<Value> =>
      python.call("test:plugin/things#[method]thing.number", [thing ?? null]);
    expect(() => number(things[0])).toThrow(expect.objectContaining({ code: "moved" }) as Fault);
    expect(() => number(things[1])).toThrow(expect.objectContaining({ code: "moved" }) as Fault);
    expect(await number(things[2])).toBe(7);
  });

  it("sends a long list of calls in parts, and takes long answers in parts", async () => {
    const half = new Uint8Array(1 << 19).fill(7);
    const answers = await python.callMany?.("bytes", [[half], [half], [half], [half]], going());
    expect(answers).toEqual([1, 2, 3, 4].map(() => ({ value: half })));
    expect(watch.there).toEqual([CALLS, CALLS, CALLS, CALLS]);
    watch.clear();
    const texts = await python.callMany?.(
      "repeat",
      Array.from({ length: 50 }, () => ["é", 25_000]),
      going(),
    );
    expect(texts).toEqual(Array.from({ length: 50 }, () => ({ value: "é".repeat(25_000) })));
    expect(watch.there).toEqual([CALLS]);
    expect(watch.back).toEqual([RESULTS, RESULTS, RESULTS]); // of at most a million bytes and one answer each
  });

  it("keeps its place among other calls (O2)", async () => {
    const order: string[] = [];
    const told = async (name: string, call: unknown): Promise<void> => {
      await call;
      order.push(name);
    };
    await Promise.all([
      told("first", python.call("note", [1])),
      told("many", python.callMany?.("note", [[2], [3]], going())),
      told("last", python.call("note", [4])),
    ]);
    expect(order).toEqual(["first", "many", "last"]);
    expect(await python.call("noted", [])).toEqual(Uint32Array.of(1, 2, 3, 4));
  });

  it("begins no call when it is stopped before, and says so", async () => {
    const stop = new AbortController();
    const waiting = python.callMany?.("note", [[1]], going({ stop: stop.signal }));
    stop.abort();
    const never = [{ thrown: expect.objectContaining({ code: "cancelled" }) as Fault }];
    expect(await waiting).toEqual(never);
    expect(await python.callMany?.("note", [[2]], going({ stop: stop.signal }))).toEqual(never);
    expect(await python.call("noted", [])).toEqual(new Uint32Array());
  });

  it("ends soon after it is stopped, also while the worker is busy (S2)", async () => {
    const stop = new AbortController();
    const calls = Array.from({ length: 300 }, (_, i) => [i]);
    const many = python.callMany?.("slow-note", calls, going({ stop: stop.signal }));
    await Promise.resolve(); // it is on its way
    stop.abort();
    const made = ((await many) ?? []).filter((answer) => "value" in answer);
    expect(made.length).toBeLessThan(300); // of some milliseconds each
    expect(await python.call("noted", [])).toHaveLength(made.length);
  });

  it("is over at once when the instance is disposed (H6)", async () => {
    const mine = await plugin.instantiate(surroundings());
    const running = mine.callMany?.(
      "note",
      Array.from({ length: 1000 }, (_, i) => [i]),
      going(),
    );
    const waiting = mine.callMany?.("note", [[1]], going());
    await mine[Symbol.asyncDispose]();
    expect((await running)?.at(-1)).toMatchObject({ thrown: { code: "plugin-lost" } });
    expect(await waiting).toMatchObject([{ thrown: { code: "plugin-lost" } }]);
  });
});

describe("calls that wait at the same moment", () => {
  it("go in one message and come back in few (O1)", async () => {
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => called(python, "note", i)));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(watch.there).toEqual([CALLS]);
    expect(watch.back.length).toBeLessThan(20); // one, unless the machine is so slow that an answer would wait too long
    expect(new Set(watch.back)).toEqual(new Set([RESULTS]));
  });

  it("so do those that come while another is made", async () => {
    const first = called(python, "note", 0);
    await Promise.resolve();
    const rest = Array.from({ length: 50 }, (_, i) => called(python, "note", i));
    await Promise.all([first, ...rest]);
    expect(watch.there).toEqual([CALLS, CALLS]);
  });

  it("are independent: wrong arguments of one are no matter to others, an err neither", async () => {
    const calls = [1, -2, 3].map((n) => called(python, "check", n));
    expect(() => python.call("check", ["x"])).toThrow(expect.objectContaining({ code: "type-mismatch" }) as Fault);
    expect(await Promise.all(calls)).toEqual([
      new CaseValue(OK, 1),
      new CaseValue(ERR, "-2 is below zero"),
      new CaseValue(OK, 3),
    ]);
  });

  it("after one that traps are lost with the instance, those before it are answered", async () => {
    await using mine = await plugin.instantiate(surroundings());
    const settled = await Promise.allSettled([6, 0, 3].map((b) => called(mine, "divide", 6, b)));
    expect(settled).toMatchObject([
      { value: 1 },
      { reason: { code: "plugin-trapped" } },
      { reason: { code: "plugin-lost" } },
    ]);
  });

  it("may be large: each is made once, in order", async () => {
    const large = Array.from({ length: 5 }, (_, i) => new Uint8Array(200_000).fill(i));
    expect(await Promise.all(large.map((one) => called(python, "bytes", one)))).toEqual(large);
  });
});
