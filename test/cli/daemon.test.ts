/** The background daemon as a user has it: started, killed, started again, stopped; and commands on its store. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readCommandLine } from "../../src/cli/arguments.ts";
import type { Invocation } from "../../src/cli/arguments.ts";
import { cancelCommand, waitCommand } from "../../src/cli/commands/managing.node.ts";
import * as queue from "../../src/cli/commands/queue.node.ts";
import { psCommand, showCommand } from "../../src/cli/commands/runs.node.ts";
import * as schedule from "../../src/cli/commands/schedule.node.ts";
import { signalCommand } from "../../src/cli/commands/signal.node.ts";
import { submitCommand } from "../../src/cli/commands/submit.node.ts";
import { Terminal } from "../../src/cli/terminal.node.ts";
import { Folder } from "./sennit.ts";

const stored = ["--store", "runs.db"];

/** Ends whatever daemon a test has left. */
class Daemons extends Folder implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shared(["daemon", "stop", ...stored]);
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

/** A command in this process: it is to fail, and need not be a process of its own for that. */
async function called(
  command: (invocation: Invocation, terminal: Terminal) => Promise<number>,
  folder: string,
  [name = "", ...args]: readonly string[],
): Promise<number> {
  const placed = args.map((arg) => (arg.endsWith(".sennit") ? join(folder, arg) : arg));
  const line = readCommandLine([name, ...placed, "--store", join(folder, "runs.db"), "--json"]);
  if (line.kind !== "command") throw new Error(line.kind);
  const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  try {
    return await command(line.invocation, new Terminal(line.invocation));
  } finally {
    said.mockRestore();
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
    expect((await folder.shared(["daemon", "start", ...stored])).stdout).toContain(`runs already: ${url}`);
    expect((await folder.shared(["daemon", "status", ...stored])).stdout).toContain(`${url}, process ${pid}`);
    for (const name of ["json", "log"]) {
      expect(statSync(join(folder.path, `runs.db.daemon.${name}`)).mode & 0o777).toBe(0o600);
    }
    expect(await folder.shared(["daemon", "stop", ...stored])).toMatchObject({ status: 0 });
    expect(await folder.shared(["daemon", "status", ...stored])).toMatchObject({ status: 1 });
    expect(await folder.shared(["daemon", "stop", ...stored])).toMatchObject({ status: 0 });
  });

  it("killed with SIGKILL and started again, goes on with its runs", async () => {
    await using folder = new Daemons({ "wf.sennit": WAITS });
    await folder.shared(["daemon", "start", ...stored]);
    const submit = ["submit", "wf.sennit", "--id", "a", "-p", "who=Ada", ...stored];
    expect(await folder.shared(submit)).toMatchObject({ status: 0, stdout: "a\n" });
    const followed = folder.sennit(["logs", "a", "--follow", ...stored], {
      onLine: (line) =>
        line === "asking" && void folder.kill().then(() => folder.shared(["daemon", "start", ...stored])),
    });
    const signal = async (): Promise<unknown> => {
      for (;;) {
        const sent = await folder.shared(["signal", "a", "go", "1", "--sender", "s", ...stored]);
        if (sent.status === 0) return sent;
      }
    };
    const first = folder.pid();
    while (folder.pid() === first) await new Promise((resolve) => setTimeout(resolve, 20));
    await signal();

    expect(await folder.shared(["wait", "a", "--timeout", "100s", ...stored])).toMatchObject({
      status: 0,
      stdout: "42\n",
    });
    expect(await followed).toMatchObject({ status: 0, stdout: "asking\nAda: 1\n" });
    expect(await folder.shared(submit)).toMatchObject({ status: 0, stderr: expect.stringContaining("already") });
  });

  it.each([
    ["a file that is no store", "runs.db", "store-unreadable"],
    ["a folder that cannot be made", "runs.db/in/runs.db", "store-readonly"],
  ])("that cannot start says why: %s", async (_, store, code) => {
    using folder = new Folder({ "runs.db": "no store" });

    expect(await folder.shared(["daemon", "start", "--store", store])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(`error[${code}]`),
    });
  });
});

describe.runIf(process.env["SENNIT_LONG"])("a daemon that is killed again and again", { timeout: 600_000 }, () => {
  it("loses nothing of its runs, and shows every line once", async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `line ${n}`);
    const source = 'for n in range(40) { print $"line {n}"; sleep (50ms); }';
    await using folder = new Daemons({ "wf.sennit": source });
    const ids = Array.from({ length: 10 }, (_, n) => `r${n}`);
    await folder.shared(["daemon", "start", ...stored]);
    for (const id of ids) await folder.shared(["submit", "wf.sennit", "--id", id, ...stored]);
    for (let kills = 0; kills < 20; kills++) {
      await folder.kill();
      expect(await folder.shared(["daemon", "start", ...stored])).toMatchObject({ status: 0 });
    }

    for (const id of ids) {
      expect(await folder.shared(["wait", id, ...stored])).toMatchObject({ status: 0 });
      expect((await folder.shared(["logs", id, ...stored])).stdout).toBe(`${lines.join("\n")}\n`);
    }
  });
});

describe("commands on the store of a daemon", { timeout: 120_000 }, () => {
  let folder: Daemons | undefined;
  const sennit = (...args: readonly string[]): ReturnType<Folder["sennit"]> =>
    (folder as Daemons).shared([...args, ...stored]);
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
      "small/sennit.toml": "[limits]\nrun = { entries = 20 }\n",
      "small/long.sennit": "for n in range(100) { print str(n); sleep (1ms); }",
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

  it("runs are exported, brought in and forked, and go on by themselves", async () => {
    await sennit("submit", "waits.sennit", "--id", "e1");
    await sennit("signal", "e1", "go", "1");
    await sennit("wait", "e1");
    expect(await sennit("export", "e1", "--out", "e1.journal")).toMatchObject({ status: 0, stderr: "" });

    expect(await json("import", "e1.journal", "--id", "e2")).toMatchObject({ id: "e2", runs: 1 });
    expect(await sennit("wait", "e2")).toMatchObject({ status: 0, stdout: "42\n" });
    expect(await sennit("import", "e1.journal")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("id-taken"),
    });
    const { steps } = (await json("history", "e1")) as { steps: { number: number; kind: string }[] };
    const asked = steps.find(({ kind }) => kind === "print")?.number;
    expect(await json("history", "e1", "--fork", String(asked), "--id", "e3")).toMatchObject({ id: "e3", from: "e1" });
    await sennit("signal", "e3", "go", "2");
    expect(await sennit("wait", "e3")).toMatchObject({ status: 0, stdout: "42\n" });
    expect((await sennit("logs", "e3")).stdout).toBe("asking\nyou: 2\n");
    expect(await sennit("history", "zz", "--fork", "1")).toMatchObject({
      stderr: expect.stringContaining("unknown-run"),
    });
  });

  it("a run that fails shows where, and one that is removed ends who follows it", async () => {
    const failed = await sennit("submit", "fails.sennit", "--wait", "--id", "x1");
    const place = /error\[raised\]: no\n {2}at main \(.*fails\.sennit:1:14\)\n/;
    expect(failed).toMatchObject({ status: 1, stderr: expect.stringMatching(place) });
    expect(await sennit("wait", "x1")).toMatchObject({ status: 1, stderr: expect.stringMatching(place) });
    expect((await sennit("show", "x1")).stdout).toMatch(place);

    await sennit("submit", "waits.sennit", "--id", "x2");
    const followed = (folder as Daemons).sennit(["logs", "x2", "--follow", ...stored], {
      onLine: (line) => line === "asking" && void sennit("pause", "x2").then(() => sennit("remove", "x2")),
    });
    expect(await followed).toMatchObject({ status: 2, stderr: expect.stringContaining("error[run-removed]") });
  });

  it("nobody waits for a run that is parked, and it says what is next", async () => {
    const parked = { status: 2, stderr: expect.stringMatching(/error\[parked\][^]*sennit show p1/) as unknown };
    expect(await sennit("submit", "small/long.sennit", "--wait", "--id", "p1")).toMatchObject(parked);
    expect(await sennit("wait", "p1")).toMatchObject(parked);
    expect((await sennit("show", "p1")).stdout).toMatch(/state +parked: .*\nnext .*`sennit resume p1`/);
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
    ["an unknown run", ["signal", "zzz", "go"], signalCommand, "unknown-run"],
    ["a run with a name like it", ["show", "near-1"], showCommand, "unknown-run"],
    ["a bad id", ["submit", "two.sennit", "--id", "a b"], submitCommand, "bad-id"],
    ["a bad param", ["submit", "two.sennit", "-p", "x=1"], submitCommand, "bad-param"],
    ["a bad priority", ["submit", "two.sennit", "--priority", "high"], submitCommand, "usage"],
    ["a file that is not there", ["submit", "none.sennit"], submitCommand, "file-not-found"],
    ["a bad state", ["ps", "--state", "dead"], psCommand, "bad-request"],
    ["a bad limit", ["ps", "--limit", "0"], psCommand, "usage"],
    ["a bad duration", ["wait", "x", "--timeout", "soon"], waitCommand, "usage"],
    ["a queue without limits", ["queue", "set", "q"], queue.setCommand, "usage"],
    ["a queue that is not there", ["queue", "remove", "q"], queue.removeCommand, "unknown-queue"],
    ["a schedule without a time", ["schedule", "set", "s", "two.sennit"], schedule.setCommand, "usage"],
    [
      "no cron",
      ["schedule", "set", "s", "two.sennit", "--cron", "99 * * * *"],
      schedule.setCommand,
      "schedule-invalid",
    ],
    ["a schedule that is not there", ["schedule", "remove", "s"], schedule.removeCommand, "unknown-schedule"],
  ])("%s is a clear error", async (_, args, command, code) => {
    await expect(called(command, folder?.path ?? "", args)).rejects.toMatchObject({ code });
  });

  it("an unknown run is told the nearest that there is", async () => {
    await called(submitCommand, folder?.path ?? "", ["submit", "sleeps.sennit", "--id", "order-17"]);

    await expect(called(showCommand, folder?.path ?? "", ["show", "order-71"])).rejects.toMatchObject({
      hint: "Did you mean `order-17`?",
    });
  });
});

describe("commands without a daemon", () => {
  it.each([
    [["submit", "wf.sennit"], submitCommand],
    [["cancel", "a"], cancelCommand],
    [["queue", "list"], queue.listCommand],
  ])("%j says how to start one", async (args, command) => {
    using folder = new Folder({ "wf.sennit": "1;" });

    await expect(called(command, folder.path, args)).rejects.toMatchObject({
      code: "no-daemon",
      hint: expect.stringContaining("sennit daemon start --store") as unknown,
    });
  });
});
