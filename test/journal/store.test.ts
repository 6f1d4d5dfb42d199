import { join } from "node:path";
import { describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import { Fault } from "../../src/fault.ts";
import { MemoryStore } from "../../src/journal/memory-store.ts";
import { openSqlite } from "../../src/journal/sqlite/sqlite-store.node.ts";
import type { Store } from "../../src/journal/store.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { newRun, note, sha256 } from "./stores.ts";

const STORES: readonly [string, (folder: string) => Promise<Store>][] = [
  ["in memory", async () => new MemoryStore({ hash: sha256 })],
  ["in a SQLite, with its thread", (folder) => openSqlite(join(folder, "runs.db"))],
  ["in a SQLite, in this thread", (folder) => openSqlite(join(folder, "runs.db"), { inThisThread: true })],
];

describe.each(STORES)("a store %s", (_, open) => {
  async function opened(stack: AsyncDisposableStack): Promise<Store> {
    const folder = stack.use(await temporaryFolder());
    return stack.use(await open(folder.path));
  }

  it("makes a run once", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    expect(await store.create(newRun("a"))).toBe(true);
    expect(await store.create(newRun("a", { entries: [note("another")] }))).toBe(false);
    expect(await Promise.all([store.create(newRun("b")), store.create(newRun("b"))])).toEqual([true, false]);
    expect(await store.read("a", 1)).toMatchObject([{ lsn: 1, bytes: note("first") }]);
    expect(await store.header("a")).toMatchObject({ id: "a", state: "running", wake: null, durable: 1 });
    expect(await store.header("c")).toBeUndefined();
  });

  it("tells when an entry was committed", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    await store.flushed("a", store.append("a", [note("2")]));
    const times = (await store.read("a", 1)).map(({ at }) => at);
    expect(times.at(-1)).toBe((await store.header("a"))?.updated);
    expect(times.toSorted((a, b) => a - b)).toEqual(times);
  });

  it("gives positions at once, and shows what is durable only", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    expect(store.append("a", [note("2"), note("3")])).toBe(3);
    expect(store.append("a", [note("4")])).toBe(4);
    expect([store.durable("a"), (await store.read("a", 1)).length]).toEqual([1, 1]);
    await store.flushed("a", 3);
    expect(store.durable("a")).toBe(4);
    expect(await store.read("a", 3)).toMatchObject([
      { lsn: 3, bytes: note("3") },
      { lsn: 4, bytes: note("4") },
    ]);
    expect((await store.read("a", 2, 1)).map(({ lsn }) => lsn)).toEqual([2]);
    expect(await store.read("a", 9)).toEqual([]);
  });

  it("changes headers with the entries that say so", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    const lsn = store.append("a", [note("2")], { state: "waiting", wake: 5000 });
    store.append("a", [], { reason: "why", snap: lsn });
    await store.flushed("a", lsn);
    const expected = { state: "waiting", wake: 5000, reason: "why", snap: 2, durable: 2 };
    expect(await store.header("a")).toMatchObject(expected);
    expect(await store.list({})).toMatchObject([expected]);
  });

  it("tells those who watch, in order", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    const told: string[] = [];
    const watching = store.watch((run, durable) => told.push(`${run} ${durable}`));
    await store.create(newRun("a"));
    await store.flushed("a", store.append("a", [note("2")]));
    watching[Symbol.dispose]();
    await store.flushed("a", store.append("a", [note("3")]));
    expect(told).toEqual(["a 1", "a 2"]);
  });

  it("remembers how far readers have come", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    expect(await store.marked("a", "terminal")).toBe(0);
    store.mark("a", "terminal", 1);
    const lsn = store.append("a", [note("2")]);
    store.mark("a", "terminal", 2);
    store.mark("a", "other", 1);
    await store.flushed("a", lsn);
    expect([await store.marked("a", "terminal"), await store.marked("a", "other")]).toEqual([2, 1]);
    await store.close("a");
    await store.remove("a");
    await store.create(newRun("a"));
    expect(await store.marked("a", "terminal")).toBe(0);
  });

  it("lists runs by what they are", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    for (const [id, queue] of [
      ["x1", ""],
      ["x2", "mail"],
      ["y1", "mail"],
    ] as const)
      await store.create(newRun(id, { queue }));
    await store.flushed("x1", store.append("x1", [note("2")], { state: "waiting", wake: 300 }));
    await store.flushed("y1", store.append("y1", [note("2")], { state: "waiting", wake: 200 }));
    const ids = async (query: Parameters<Store["list"]>[0]): Promise<readonly string[]> =>
      (await store.list(query)).map(({ id }) => id);
    expect(await ids({})).toEqual(["y1", "x2", "x1"]);
    expect(await ids({ prefix: "x" })).toEqual(["x2", "x1"]);
    expect(await ids({ queue: "mail" })).toEqual(["y1", "x2"]);
    expect(await ids({ states: ["waiting"] })).toEqual(["y1", "x1"]);
    expect(await ids({ due: 299 })).toEqual(["y1"]);
    expect(await ids({ due: 300 })).toEqual(["y1", "x1"]);
    expect(await ids({ limit: 2 })).toEqual(["y1", "x2"]);
    expect(await ids({ after: "x2" })).toEqual(["x1"]);
    expect(await ids({ due: 300, after: "y1" })).toEqual(["x1"]);
  });

  it("lists queued runs in their turn, without those whose place is taken", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    for (const [id, queue, key, priority] of [
      ["a", "", "", 0],
      ["b", "mail", "x", 0],
      ["c", "mail", "y", 5],
      ["d", "mail", "x", 5],
      ["e", "", "", 1],
    ] as const)
      await store.create(newRun(id, { queue, key, priority, state: "queued" }));
    await store.create(newRun("f", { priority: 9 }));
    const ids = async (query: Parameters<Store["list"]>[0]): Promise<string> =>
      (await store.list(query)).map(({ id }) => id).join("");
    expect(await ids({ except: [] })).toBe("cdeab");
    expect(await ids({ except: [], limit: 2 })).toBe("cd");
    expect(await ids({ except: [], after: "d" })).toBe("eab");
    expect(await ids({ except: [{ queue: "mail" }] })).toBe("ea");
    expect(await ids({ except: [{ queue: "" }, { queue: "mail", key: "x" }] })).toBe("c");
    expect(await ids({ except: [], queue: "mail" })).toBe("cdb");
    expect(await store.header("d")).toMatchObject({ state: "queued", key: "x", priority: 5, parent: null });
  });

  it("lists what a run spawned, and what waits though something came", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    for (const id of ["a", "b", "c", "d"]) await store.create(newRun(id));
    for (const [id, parent] of [
      ["b.1", "b"],
      ["b.2", "b"],
      ["c.1", "c"],
      ["d.1", "d"],
    ] as const)
      await store.create(newRun(id, { parent }));
    for (const id of ["a", "b", "c"])
      await store.flushed(id, store.append(id, [note("waits")], { state: "waiting", wake: null, snap: 2 }));
    for (const id of ["b.2", "d.1"]) await store.flushed(id, store.append(id, [note("end")], { state: "failed" }));
    const ids = async (query: Parameters<Store["list"]>[0]): Promise<string> =>
      (await store.list(query)).map(({ id }) => id).join();
    expect(await ids({ parent: "b" })).toBe("b.2,b.1");
    expect(await ids({ parent: null })).toBe("d,c,b,a");
    expect(await ids({ stirred: true })).toBe("b");
    await store.signal("a", "s", note("signal"));
    await store.signal("d", "s", note("signal"));
    expect(await ids({ stirred: true })).toBe("b,a");
    await store.close("b.2");
    await store.remove("b.2");
    expect(await ids({ stirred: true })).toBe("a");
    expect(await ids({ unchanged: 0 })).toBe("");
    expect(await ids({ unchanged: Date.now() + 1000, states: ["running"] })).toBe("c.1,b.1,d");
  });

  it("keeps settings beside its runs", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const given = bytes("one");
    await Promise.all([store.set("a/1", given), store.set("b", bytes("two")), store.set("a/2", new Uint8Array())]);
    await store.set("b", bytes("three"));
    expect(await store.setting("a/1")).toEqual(bytes("one"));
    expect(await store.setting("b")).toEqual(bytes("three"));
    expect(await store.setting("c")).toBeUndefined();
    expect((await store.settings("a/")).map(({ key, value }) => [key, value.length])).toEqual([
      ["a/1", 3],
      ["a/2", 0],
    ]);
    await store.set("a/1", null);
    await store.set("nothing", null);
    expect(await store.setting("a/1")).toBeUndefined();
    expect(await store.settings("")).toHaveLength(2);
  });

  it("holds a log open as long as somebody who opened it", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    await store.open("a");
    await store.open("a");
    await store.close("a");
    expect(store.append("a", [note("2")])).toBe(2);
    await expect(store.remove("a")).rejects.toThrow(/open/);
    await store.close("a");
    expect(() => store.append("a", [note("3")])).toThrow(Fault);
    await store.signal("a", "s", note("3"));
    await store.remove("a");
  });

  it("takes a sender's signal once, also while the first is on its way", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    await store.close("a");
    const [one, two] = await Promise.all([
      store.signal("a", "s1", note("signal")),
      store.signal("a", "s1", note("signal")),
    ]);
    expect([one, two]).toEqual([
      { lsn: 2, isNew: true },
      { lsn: 2, isNew: false },
    ]);
    expect(await store.signal("a", "s1", note("signal"))).toEqual({ lsn: 2, isNew: false });
    expect(await store.signal("a", "s2", note("signal"))).toEqual({ lsn: 3, isNew: true });
    expect(await store.read("a", 2)).toHaveLength(2);
    await expect(store.signal("b", "s1", note("signal"))).rejects.toMatchObject({ code: "unknown-run" });
  });

  it("keeps large values by their content as long as a run that kept them", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    await store.create(newRun("b"));
    const bytes = new Uint8Array(100_000).fill(7);
    const digest = store.keep("a", bytes);
    expect(store.keep("b", bytes)).toBe(digest);
    await store.flushed("b", store.append("b", [note("2")]));
    expect(Buffer.compare(await store.blob(digest), bytes)).toBe(0);
    await Promise.all([store.close("a"), store.close("b")]);
    await store.remove("a");
    expect(await store.blob(digest)).toHaveLength(100_000);
    await store.remove("b");
    await expect(store.blob(digest)).rejects.toMatchObject({ code: "blob-missing" });
  });

  it("forgets the middle of a log, and cuts its end", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await store.create(newRun("a"));
    await store.flushed("a", store.append("a", ["2", "3", "4", "5"].map(note), { snap: 5 }));
    await store.forget("a", 4);
    expect((await store.read("a", 1)).map(({ lsn }) => lsn)).toEqual([1, 4, 5]);
    expect(await store.verify()).toEqual([]);
    await store.close("a");
    await store.cut("a", 4);
    expect(await store.header("a")).toMatchObject({ durable: 4, snap: 0 });
    await store.open("a");
    expect(store.append("a", [note("new 5")])).toBe(5);
    await store.flushed("a", 5);
    expect(await store.read("a", 4)).toMatchObject([
      { lsn: 4, bytes: note("4") },
      { lsn: 5, bytes: note("new 5") },
    ]);
    expect(await store.verify("a")).toEqual([]);
  });

  it("has the same entries from wherever it is read, however they were appended, forgotten and cut", async () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.nat(9000)), { minLength: 1, maxLength: 90 });
    const plan = fc.record({
      appends: fc.array(sizes, { minLength: 1, maxLength: 4 }),
      made: fc.nat(70),
      below: fc.nat(),
      after: fc.nat(),
    });
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(plan, async ({ appends, made, below, after }) => {
        const run = `r${runs++}`;
        const all = [...Array.from({ length: made + 1 }, () => 3), ...appends.flat()].map((size, at) =>
          note(`${at}`.padEnd(size)),
        );
        await store.create(newRun(run, { entries: all.slice(0, made + 1) }));
        await store.open(run);
        let next = made + 1;
        for (const { length } of appends) {
          store.append(run, all.slice(next, next + length));
          next += length;
        }
        await store.flushed(run, all.length);
        const expectLog = async (kept: readonly number[]): Promise<void> => {
          for (const from of [1, 2, kept.at(-1) ?? 1, 1 + (below % all.length)]) {
            const there = kept.filter((lsn) => lsn >= from);
            const found = await store.read(run, from);
            expect(found.map(({ lsn }) => lsn)).toEqual(there);
            expect(found.every(({ lsn, bytes }) => Buffer.compare(bytes, all[lsn - 1] as Uint8Array) === 0)).toBe(true);
            expect((await store.read(run, from, 7)).map(({ lsn }) => lsn)).toEqual(there.slice(0, 7));
          }
          expect(await store.verify(run)).toEqual([]);
        };
        const whole = all.map((_, at) => at + 1);
        await expectLog(whole);
        const gone = 1 + (below % all.length);
        await store.forget(run, gone);
        await expectLog(whole.filter((lsn) => lsn === 1 || lsn >= gone));
        await store.close(run);
        const end = gone + (after % (all.length - gone + 1));
        await store.cut(run, end);
        await expectLog(whole.filter((lsn) => lsn === 1 || (lsn >= gone && lsn <= end)));
        expect(await store.header(run)).toMatchObject({ durable: end });
        await store.open(run);
        await store.flushed(run, store.append(run, [note("new")]));
        expect(await store.verify(run)).toEqual([]);
        await store.close(run);
      }),
      { numRuns: 12, endOnFailure: true },
    );
  });

  it("refuses what is not open, and what nobody knows", async () => {
    await using stack = new AsyncDisposableStack();
    const store = await opened(stack);
    await expect(store.open("a")).rejects.toMatchObject({ code: "unknown-run" });
    await expect(store.remove("a")).rejects.toMatchObject({ code: "unknown-run" });
    await expect(store.read("a", 1)).rejects.toMatchObject({ code: "unknown-run" });
    await store.create(newRun("a"));
    await store.close("a");
    expect(() => store.append("a", [note("2")])).toThrow(Fault);
    await store.open("a");
    expect(store.append("a", [note("2")])).toBe(2);
  });

  it("holds every run's log together, whatever they append and when they wait", { timeout: 30_000 }, async () => {
    const steps = fc.array(
      fc.record({ run: fc.nat(3), entries: fc.nat(3), waits: fc.boolean(), closes: fc.boolean() }),
      { maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        await using stack = new AsyncDisposableStack();
        const store = await opened(stack);
        const logs = ["r0", "r1", "r2", "r3"].map((id) => ({ id, texts: ["first"] }));
        await Promise.all(logs.map(({ id }) => store.create(newRun(id))));
        for (const { run, entries, waits, closes } of all) {
          const { id, texts } = logs[run]!;
          const added = Array.from({ length: entries }, (__, at) => `${id} ${texts.length + at}`);
          const last = store.append(id, added.map(note));
          texts.push(...added);
          expect(last).toBe(texts.length);
          expect(store.durable(id)).toBeLessThanOrEqual(last);
          if (waits) await store.flushed(id, last);
          if (closes) {
            await store.close(id);
            await store.open(id);
          }
        }
        for (const { id, texts } of logs) {
          await store.flushed(id, texts.length);
          const expected = texts.map((text, at) => ({ lsn: at + 1, bytes: note(text) }));
          expect(await store.read(id, 1)).toMatchObject(expected);
        }
        expect(await store.verify()).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});
