import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openRuns, ProgramRefused } from "../../../src/index.ts";
import type { CallContext, Runs, RunsOptions } from "../../../src/index.ts";
import { temporaryFolder } from "../../host/temporary.ts";

/** The work of one process with a file of runs. */
async function withRuns<T>(path: string, options: RunsOptions, work: (runs: Runs) => Promise<T>): Promise<T> {
  await using runs = await openRuns(path, { sleepAfter: 5, ...options });
  return await work(runs);
}

/** What a run prints, as far as it says `enough`, or to its end. */
async function lines(runs: Runs, id: string, enough = Infinity): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { event } of runs.follow(id)) {
    if (event.kind === "print") found.push(event.text);
    if (found.length === enough) break;
  }
  return found;
}

async function all<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const counter = {
  "counter/sennit.toml": `[package]\nname = "test:counter"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "counter.lua"\nwit = "counter.wit"\n`,
  "counter/counter.wit": `package test:counter;\nworld counter { export up: func() -> s32; }\n`,
  "counter/counter.lua": `local n = 0\nreturn { up = function() n = n + 1; return n end }\n`,
};

describe("openRuns()", () => {
  it("gives values as `run` does, once for each id (D1)", async () => {
    await using folder = await temporaryFolder();
    await withRuns(join(folder.path, "runs.db"), {}, async (runs) => {
      const source = `param n: Int; emit("seen", [n]); print n; ["twice": 2 * n];`;
      expect(await runs.submit(source, { id: "a", params: { n: 21 } })).toEqual({ id: "a", isNew: true });
      expect(await runs.wait("a")).toEqual(new Map([["twice", 42]]));
      expect(await runs.submit(source, { id: "a", params: { n: 21 } })).toEqual({ id: "a", isNew: false });
      const other = runs.submit(source, { id: "a", params: { n: 22 } });
      await expect(other).rejects.toMatchObject({ code: "id-taken" });
      const events = await all(runs.follow("a"));
      expect(events.map(({ event }) => event)).toEqual([
        { kind: "emit", name: "seen", value: [21] },
        { kind: "print", text: "21" },
      ]);
      const rest = await all(runs.follow("a", { from: (events[0]?.position ?? 0) + 1 }));
      expect(rest).toEqual(events.slice(1));
      expect(await runs.list()).toMatchObject([{ id: "a", state: "done", parent: null, wake: null }]);
      expect(await runs.show("a")).toMatchObject({
        packages: [],
        grants: [],
        name: expect.stringMatching(/^\/.*program/),
      });
    });
  });

  it("refuses, fails and is cancelled with the codes of `run`", async () => {
    await using folder = await temporaryFolder();
    await withRuns(join(folder.path, "runs.db"), {}, async (runs) => {
      await expect(runs.submit("print 1 +;")).rejects.toBeInstanceOf(ProgramRefused);
      await expect(runs.submit("param n: Int;")).rejects.toMatchObject({ code: "bad-param" });
      await expect(runs.wait("nobody")).rejects.toMatchObject({ code: "unknown-run" });
      await expect(runs.signal("nobody", "go")).rejects.toMatchObject({ code: "unknown-run" });
      const { id } = await runs.submit(`raise "enough";`);
      await expect(runs.wait(id)).rejects.toMatchObject({ code: "raised", message: "enough" });
      expect((await runs.show(id)).error).toEqual({ code: "raised", message: "enough" });
      await runs.submit(`try { wait signal("never"); } finally { print "tidied up"; }`, { id: "waits" });
      await expect(runs.wait("waits", { signal: AbortSignal.abort("late") })).rejects.toBe("late");
      await runs.cancel("waits");
      await expect(runs.wait("waits")).rejects.toMatchObject({ code: "cancelled" });
      expect(await lines(runs, "waits")).toEqual(["tidied up"]);
      await runs.remove("waits");
      await expect(runs.show("waits")).rejects.toMatchObject({ code: "unknown-run" });
    });
  });

  it.for(["L0", "L1"] as const)(
    "goes on where it was closed, with its plugins' state and functions called once (D2), at %s",
    async (isolation) => {
      await using folder = await temporaryFolder(counter);
      const path = join(folder.path, "runs.db");
      const calls: [string, number, string | null][] = [];
      const begun = Promise.withResolvers<void>();
      const lives = (life: string): RunsOptions => ({
        isolation,
        functions: {
          async pay(this: CallContext, sum: number): Promise<string> {
            calls.push([life, sum, this.key]);
            if (life === "first" && sum === 2) {
              begun.resolve();
              await new Promise((_, reject) => this.signal?.addEventListener("abort", reject));
            }
            return `paid ${sum}`;
          },
        },
        effects: { pay: "keyed" },
      });
      const source = `require pay; require up from "./counter";
        print up(); print pay(1); print up(); print pay(2); print up(); wait signal("end");`;
      await withRuns(path, lives("first"), async (runs) => {
        await runs.submit(source, { id: "order", file: join(folder.path, "order.sennit") });
        await begun.promise;
      });
      await withRuns(path, lives("second"), async (runs) => {
        expect(await lines(runs, "order", 5)).toEqual(["1", "paid 1", "2", "paid 2", "3"]);
        expect(await runs.signal("order", "end", { by: ["Ada"] }, { sender: "me" })).toEqual({ isNew: true });
        expect(await runs.wait("order")).toEqual(new Map([["by", ["Ada"]]]));
      });
      expect(calls.map(([life, sum]) => [life, sum])).toEqual([
        ["first", 1],
        ["first", 2],
        ["second", 2],
      ]);
      expect(calls[1]?.[2]).toMatch(/./);
      expect(calls[2]?.[2]).toBe(calls[1]?.[2]); // the same call, by its key
      expect(calls[0]?.[2]).not.toBe(calls[1]?.[2]);
    },
  );

  it("tells a program that a call may be made once and its answer was lost", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    const begun = Promise.withResolvers<void>();
    const functions = {
      async bill(this: CallContext): Promise<null> {
        begun.resolve();
        return await new Promise((_, reject) => this.signal?.addEventListener("abort", reject));
      },
    };
    await withRuns(path, { functions }, async (runs) => {
      await runs.submit(`require bill; try { bill(); } catch (e) { print e.code; }`, { id: "a" });
      await begun.promise;
    });
    expect(await withRuns(path, { functions }, (runs) => lines(runs, "a"))).toEqual(["uncertain"]);
  });

  it("goes on with more functions than a run began with, and parks one whose functions are missing (D3)", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    const twice = (n: number): number => 2 * n;
    await withRuns(path, { functions: { twice } }, async (runs) => {
      await runs.submit(`require twice; wait signal("go"); twice(4);`, { id: "calls" });
      await runs.submit(`wait signal("go"); 4;`, { id: "calls-nothing" });
    });
    await withRuns(path, {}, async (runs) => {
      await runs.signal("calls", "go");
      await runs.signal("calls-nothing", "go");
      await expect(runs.wait("calls")).rejects.toMatchObject({ code: "parked" });
      expect(await runs.wait("calls-nothing")).toBe(4);
    });
    await withRuns(path, { functions: { once: twice, twice } }, async (runs) => {
      await runs.resume("calls");
      expect(await runs.wait("calls")).toBe(8);
    });
  });

  it("takes what is posted to its webhooks, and ends its followers when it is closed", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    const options = { webhook: (token: string) => `https://hooks.example.org/in/${token}` };
    const token = await withRuns(path, options, async (runs) => {
      await runs.submit(`h = webhook(); print h.url; await h;`, { id: "a" });
      const [url = ""] = await lines(runs, "a", 1);
      return url.slice(url.lastIndexOf("/") + 1);
    });
    const followed = await withRuns(path, options, async (runs) => {
      const before = lines(runs, "a");
      expect(await runs.post("0".repeat(token.length), {})).toBe(false);
      expect(await runs.post(token, { paid: true })).toBe(true);
      expect(await runs.wait("a")).toEqual(new Map([["paid", true]]));
      await runs.submit(`print "there"; wait signal("never");`, { id: "b" });
      expect(await lines(runs, "b", 1)).toEqual(["there"]);
      return { before, after: all(runs.follow("b", { from: 1000 })) };
    });
    expect(await followed.before).toHaveLength(1);
    expect(await followed.after).toEqual([]);
  });

  it("limits queues, and begins runs by the clock", async () => {
    await using folder = await temporaryFolder();
    await withRuns(join(folder.path, "runs.db"), {}, async (runs) => {
      await runs.setQueue("mail", { concurrency: 1, perKey: null });
      expect([...(await runs.queues())]).toEqual([["mail", { concurrency: 1, perKey: null }]]);
      await runs.submit(`wait signal("go");`, { id: "first", queue: "mail" });
      await runs.submit(`2;`, { id: "second", queue: "mail" });
      expect((await runs.show("second")).state).toBe("queued");
      await runs.signal("first", "go");
      expect(await runs.wait("second")).toBe(2);
      const when = { cron: "0 8 * * 1-5", zone: "Europe/Paris" };
      await runs.setSchedule("report", { source: "1;", when });
      await runs.setSchedule("poll", { source: "3;", when: { every: 20 }, submit: { queue: "polls" } });
      expect(await runs.schedules()).toMatchObject([
        { name: "poll", when: { every: 20 }, missed: "skip" },
        { name: "report", when, last: null },
      ]);
      const wrong = runs.setSchedule("x", { source: "1;", when: { cron: "61 * * * *" } });
      await expect(wrong).rejects.toMatchObject({ code: "schedule-invalid" });
      await expect.poll(async () => (await runs.list({ queue: "polls" })).length).toBeGreaterThan(0);
      expect(await runs.removeSchedule("poll")).toBe(true);
      expect(await runs.removeSchedule("poll")).toBe(false);
    });
  });

  it("moves a run to another version of its program, with functions of its own, when it did the same so far", async () => {
    await using folder = await temporaryFolder();
    const functions = { twice: (n: number): number => 2 * n };
    await withRuns(join(folder.path, "runs.db"), { functions, effects: { twice: "read" } }, async (runs) => {
      const version = (n: number, after: string): string =>
        `require twice; n = twice(${n}); print "begun"; wait signal("go"); "${after} " .. n;`;
      await runs.submit(version(4, "old"), { id: "a" });
      expect(await lines(runs, "a", 1)).toEqual(["begun"]);
      const verdict = { kind: "decide", place: { line: 1, column: 20 } };
      expect(await runs.migrate("a", version(5, "new"))).toMatchObject({
        isMoved: false,
        runs: [{ id: "a", verdict }],
      });
      expect(await runs.migrate("a", version(4, "new"), { dry: true })).toMatchObject({ isMoved: false });
      const moved = await runs.migrate("a", version(4, "new"));
      expect(moved).toMatchObject({ isMoved: true, runs: [{ id: "a", verdict: { kind: "continues" } }] });
      await runs.signal("a", "go");
      expect(await runs.wait("a")).toBe("new 8");
      expect(await lines(runs, "a")).toEqual(["begun"]);
      await expect(runs.migrate("a", "1;")).rejects.toMatchObject({ code: "run-ended" });
    });
  });

  it("owns its file alone", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    await withRuns(path, {}, async (runs) => {
      await expect(openRuns(path)).rejects.toMatchObject({ code: "store-locked" });
      const { id } = await runs.submit("1;");
      expect(await runs.wait(id)).toBe(1);
      await runs.backup(join(folder.path, "copy.db"));
    });
    const copied = await withRuns(join(folder.path, "copy.db"), {}, (runs) => runs.list());
    expect(copied).toMatchObject([{ state: "done" }]);
  });

  it("is closed for good", async () => {
    await using folder = await temporaryFolder();
    const runs = await openRuns(join(folder.path, "runs.db"));
    const { id } = await runs.submit(`wait signal("never");`);
    const waiting = runs.wait(id);
    const rejected = expect(waiting).rejects.toMatchObject({ code: "stopping" });
    await runs[Symbol.asyncDispose]();
    await rejected;
    await runs[Symbol.asyncDispose]();
    await expect(runs.submit("1;")).rejects.toMatchObject({ code: "stopping" });
    await expect(runs.list()).rejects.toMatchObject({ code: "stopping" });
  });
});
