/** The background daemon as a user has it: started, killed, started again, stopped; and commands on its store. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder } from "./sennit.ts";

const stored = ["--store", "runs.db"];

/** Ends whatever daemon a test has left. */
class Daemons extends Folder implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.sennit(["daemon", "stop", ...stored]);
    this[Symbol.dispose]();
  }

  pid(): number {
    return (JSON.parse(readFileSync(join(this.path, "runs.db.daemon.json"), "utf8")) as { pid: number }).pid;
  }

  /** The process ends at once, and nothing tells it to. */
  async kill(): Promise<void> {
    const pid = this.pid();
    process.kill(pid, "SIGKILL");
    for (;;) {
      try {
        process.kill(pid, 0);
        await new Promise(setImmediate);
      } catch {
        return;
      }
    }
  }
}

const WAITS = 'param who: String = "you"; print "asking"; x = wait signal("go"); print $"{who}: {x}"; 42;';

describe("a daemon in the background", { timeout: 120_000 }, () => {
  it("is started once, outlives its parent, and is stopped", async () => {
    await using folder = new Daemons({});
    const start = await folder.sennit(["daemon", "start", ...stored, "--json"]);
    const { url, pid } = JSON.parse(start.stdout) as { url: string; pid: number };

    expect(start).toMatchObject({ status: 0, stderr: "" });
    expect(process.kill(pid, 0)).toBe(true);
    expect((await folder.sennit(["daemon", "start", ...stored])).stdout).toContain(`runs already: ${url}`);
    expect((await folder.sennit(["daemon", "status", ...stored])).stdout).toContain(`${url}, process ${pid}`);
    for (const name of ["json", "log"]) {
      expect(statSync(join(folder.path, `runs.db.daemon.${name}`)).mode & 0o777).toBe(0o600);
    }
    expect(await folder.sennit(["daemon", "stop", ...stored])).toMatchObject({ status: 0 });
    expect(await folder.sennit(["daemon", "status", ...stored])).toMatchObject({ status: 1 });
    expect(await folder.sennit(["daemon", "stop", ...stored])).toMatchObject({ status: 0 });
  });

  it("killed with SIGKILL and started again, goes on with its runs", async () => {
    await using folder = new Daemons({ "wf.sennit": WAITS });
    await folder.sennit(["daemon", "start", ...stored]);
    const submit = ["submit", "wf.sennit", "--id", "a", "-p", "who=Ada", ...stored];
    expect(await folder.sennit(submit)).toMatchObject({ status: 0, stdout: "a\n" });
    const followed = folder.sennit(["logs", "a", "--follow", ...stored], {
      onLine: (line) =>
        line === "asking" && void folder.kill().then(() => folder.sennit(["daemon", "start", ...stored])),
    });
    const signal = async (): Promise<unknown> => {
      for (;;) {
        const sent = await folder.sennit(["signal", "a", "go", "1", "--sender", "s", ...stored]);
        if (sent.status === 0) return sent;
      }
    };
    const first = folder.pid();
    while (folder.pid() === first) await new Promise((resolve) => setTimeout(resolve, 20));
    await signal();

    expect(await folder.sennit(["wait", "a", "--timeout", "30s", ...stored])).toMatchObject({
      status: 0,
      stdout: "42\n",
    });
    expect(await followed).toMatchObject({ status: 0, stdout: "asking\nAda: 1\n" });
    expect(await folder.sennit(submit)).toMatchObject({ status: 0, stderr: expect.stringContaining("already") });
  });

  it("that cannot start says why", async () => {
    await using folder = new Daemons({ "runs.db": "no store" });

    expect(await folder.sennit(["daemon", "start", ...stored])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("error[store-unreadable]"),
    });
  });
});

describe("commands on the store of a daemon", { timeout: 120_000 }, () => {
  let folder: Daemons | undefined;
  const sennit = (...args: readonly string[]): ReturnType<Folder["sennit"]> =>
    (folder as Daemons).sennit([...args, ...stored]);
  const json = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse((await sennit(...args, "--json")).stdout) as unknown;

  beforeAll(async () => {
    folder = new Daemons({
      "waits.sennit": WAITS,
      "two.sennit": 'print "one"; print "two"; 2;',
      "fails.sennit": 'print "one"; raise "no";',
      "wrong.sennit": "print nothing;",
      "cleans.sennit": 'try { print "now"; sleep (30d); } finally { print "cleaned"; }',
      "sleeps.sennit": 'print "now"; sleep (30d);',
    });
    await sennit("daemon", "start");
  });
  afterAll(async () => await folder?.[Symbol.asyncDispose]());

  it("`run` submits, follows and exits as if it were here", async () => {
    expect(await sennit("run", "two.sennit", "--id", "r1")).toMatchObject({ status: 0, stdout: "one\ntwo\n" });
    expect(await sennit("run", "fails.sennit", "--id", "r2")).toMatchObject({
      status: 1,
      stdout: "one\n",
      stderr: expect.stringContaining("no"),
    });
    expect(await sennit("run", "two.sennit", "--id", "r1")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("error[run-exists]"),
    });
    expect(await sennit("run", "wrong.sennit")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("error[unknown-name]"),
    });
  });

  it("`submit --wait` too; Ctrl-C leaves the run alone", async () => {
    expect(await json("submit", "two.sennit", "--wait", "--id", "s1")).toEqual({
      ok: true,
      id: "s1",
      result: 2,
      output: ["one", "two"],
    });
    const interrupted = await (folder as Daemons).sennit(
      ["submit", "waits.sennit", "--wait", "--id", "s2", ...stored],
      {
        onLine: (line, kill) => line === "asking" && kill("SIGINT"),
      },
    );
    expect(interrupted).toMatchObject({ status: 130, stderr: expect.stringContaining("s2 goes on") });
    expect(await json("show", "s2")).toMatchObject({
      id: "s2",
      state: expect.stringMatching(/running|waiting/) as unknown,
    });
  });

  it("Ctrl-C of `run` cancels the run, and shows what it still does", async () => {
    const cancelled = await (folder as Daemons).sennit(["run", "cleans.sennit", "--id", "c1", ...stored], {
      onLine: (line, kill) => line === "now" && kill("SIGINT"),
    });

    expect(cancelled).toMatchObject({ status: 130, stdout: "now\ncleaned\n" });
    expect(await json("show", "c1")).toMatchObject({ state: "cancelled" });
  });

  it("runs are paused, resumed, cancelled, tried again and deleted", async () => {
    await sennit("submit", "waits.sennit", "--id", "m1");
    expect(await sennit("pause", "m1")).toMatchObject({ status: 0, stdout: expect.stringContaining("paused") });
    expect(await json("show", "m1")).toMatchObject({ state: "paused" });
    expect(await sennit("resume", "m1")).toMatchObject({ status: 0, stdout: "m1 goes on\n" });
    expect(await sennit("wait", "m1", "--timeout", "10ms")).toMatchObject({ status: 124 });
    expect(await sennit("cancel", "m1")).toMatchObject({ status: 0 });
    expect(await sennit("wait", "m1")).toMatchObject({ status: 130 });
    const { id } = (await json("retry", "m1")) as { id: string };
    expect(id).not.toBe("m1");
    expect(await sennit("remove", "m1")).toMatchObject({ status: 0 });
    expect(await sennit("show", "m1")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("error[unknown-run]"),
    });
  });

  it("are listed, by state too", async () => {
    await sennit("submit", "sleeps.sennit", "--id", "l1", "--queue", "q", "--key", "k");
    const all = (await json("ps")) as { id: string }[];

    expect(all.map(({ id }) => id)).toContain("l1");
    expect(await json("ps", "--limit", "1")).toHaveLength(1);
    expect((await sennit("ps", "--state", "parked")).stdout).toBe("no runs\n");
    expect((await sennit("ps", "--ids", "--limit", "1")).stdout).toBe("l1\n");
    expect(await json("show", "l1")).toMatchObject({ queue: "q", key: "k" });
  });

  it("queues and schedules are set, listed and removed", async () => {
    expect((await sennit("queue", "list")).stdout).toBe("no queue has a limit\n");
    expect((await sennit("schedule", "list")).stdout).toBe("no schedules\n");
    await sennit("queue", "set", "mail", "--concurrency", "10", "--per-key", "1", "--keep", "1h");
    await sennit("schedule", "set", "tick", "two.sennit", "--cron", "0 8 1 1 *", "--zone", "Europe/Paris");

    expect((await sennit("queue", "list")).stdout).toMatch(/^QUEUE .*\nmail +10 +1 +3600 s\n$/);
    expect((await sennit("schedule", "list")).stdout).toMatch(/\ntick +0 8 1 1 \* \(Europe\/Paris\) .*two\.sennit\n$/);
    expect(await sennit("queue", "remove", "mail")).toMatchObject({ status: 0 });
    expect(await sennit("schedule", "remove", "tick")).toMatchObject({ status: 0 });
    expect(await json("schedule", "list")).toEqual([]);
    expect(await json("reload")).toEqual({ changed: [] });
  });

  it.each([
    ["an unknown run", ["signal", "zzz", "go"], "unknown-run"],
    ["a bad id", ["submit", "two.sennit", "--id", "a b"], "bad-id"],
    ["a bad param", ["submit", "two.sennit", "-p", "x=1"], "bad-param"],
    ["a bad state", ["ps", "--state", "dead"], "bad-request"],
    ["a schedule without a time", ["schedule", "set", "s", "two.sennit"], "usage"],
    [
      "a schedule that makes no sense",
      ["schedule", "set", "s", "two.sennit", "--cron", "99 * * * *"],
      "schedule-invalid",
    ],
    ["a schedule that is not there", ["schedule", "remove", "s"], "unknown-schedule"],
  ])("%s is a clear error", async (_, args, code) => {
    expect(await sennit(...args)).toMatchObject({ status: 2, stderr: expect.stringContaining(`error[${code}]`) });
  });
});

describe("commands without a daemon", () => {
  it.each([
    ["submit", "wf.sennit"],
    ["cancel", "a"],
  ])("`%s` says how to start one", async (...args) => {
    using folder = new Folder({ "wf.sennit": "1;" });

    expect(await folder.sennit([...args, ...stored])).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/error\[no-daemon\].*runs\.db/),
    });
  });
});
