/** Runs in a store at the command line: killed with SIGKILL, taken up, listed, and everything that can be said wrongly. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { LONG } from "../long.ts";
import { Folder, samples } from "./sennit.ts";

const COUNTERS = `require "sample:counter-rust" as rust;
require "sample:counter-lua" as lua;
require "sample:counter-python" as py;
for i in range(6) { print $"{i}: {rust.increment()} {lua.increment()} {py.increment()}"; sleep (20ms); }
`;
const COUNTED = [0, 1, 2, 3, 4, 5].map((i) => `${i}: ${i + 1} ${i + 1} ${i + 1}`);
const PROJECT = ["rust", "lua", "python"]
  .map((language) => `"sample:counter-${language}" = { path = ${JSON.stringify(`${samples}/counter-${language}`)} }`)
  .join("\n");

/** Runs a command until it has printed so many lines, then kills it. Gives what it printed. */
async function killedAfter(folder: Folder, lines: number, args: readonly string[]): Promise<readonly string[]> {
  let printed = 0;
  const { stdout } = await folder.sennit(args, {
    onLine: (line, kill) => {
      if (line !== "") printed++;
      if (printed === lines) kill("SIGKILL");
    },
  });
  return stdout.split("\n").slice(0, -1);
}

async function withRun(): Promise<Folder> {
  const folder = new Folder({ "wf.sennit": 'print "a";' });
  await folder.shared(["run", "wf.sennit", "--store", "runs.db", "--id", "a"]);
  return folder;
}

describe("a run in a store", { timeout: 120_000 }, () => {
  /** A store with the run `a`, for mistakes: none of them changes anything. */
  let folder: Folder | undefined;
  afterAll(() => folder?.[Symbol.dispose]());

  it.each(LONG ? [1, 4] : [4])("killed after line %i goes on with the state of its plugins", async (lines) => {
    using folder = new Folder({ "wf.sennit": COUNTERS, "sennit.toml": `[dependencies]\n${PROJECT}\n` });
    const run = ["run", "wf.sennit", "--store", "runs.db", "--id", "a"];

    const before = await killedAfter(folder, lines, run);
    const resumed = await folder.shared(["resume", "a", "--store", "runs.db"]);

    expect(resumed).toMatchObject({ status: 0, stderr: "" });
    const after = resumed.stdout.split("\n").slice(0, -1);
    // No line is skipped. One that was printed just before may come again.
    expect(COUNTED.slice(0, before.length)).toEqual(before);
    expect(after).toEqual(COUNTED.slice(COUNTED.length - after.length));
    expect(before.length + after.length).toBeGreaterThanOrEqual(COUNTED.length);
    expect((await folder.shared(["logs", "a", "--store", "runs.db"])).stdout).toBe(`${COUNTED.join("\n")}\n`);
  });

  it("is listed, shown, and has its result again", async () => {
    using folder = new Folder({ "wf.sennit": 'param n: Int; print "hello"; n * 2;' });
    const stored = ["--store", "runs.db"];
    const run = await folder.shared(["run", "wf.sennit", "-p", "n=21", "--json", "--id", "a", ...stored]);
    expect(JSON.parse(run.stdout)).toEqual({ ok: true, result: 42, output: ["hello"] });

    const again = await folder.shared(["resume", "a", "--json", ...stored]);
    expect(JSON.parse(again.stdout)).toEqual({ ok: true, id: "a", result: 42, output: [] });
    expect(JSON.parse((await folder.shared(["ps", "--json", ...stored])).stdout)).toMatchObject([
      { id: "a", state: "done", name: join(folder.path, "wf.sennit") },
    ]);
    expect((await folder.shared(["ps", ...stored])).stdout).toMatch(/^ID +STATE.*\na +done .* wf\.sennit\n$/);
    expect((await folder.shared(["show", "a", ...stored])).stdout).toContain("state     done\n");
    expect((await folder.shared(["logs", "a", "--follow", ...stored])).stdout).toBe("hello\n");
  });

  it("that waits for a signal takes one that came while nobody ran it", async () => {
    using folder = new Folder({ "wf.sennit": 'print "asking"; x = wait signal("approved"); print x;' });
    const stored = ["--store", "runs.db"];
    expect(await killedAfter(folder, 1, ["run", "wf.sennit", "--id", "a", ...stored])).toEqual(["asking"]);

    const signal = ["signal", "a", "approved", '{"by": "Ada"}', "--sender", "s1", ...stored];
    expect(await folder.shared(signal)).toMatchObject({ status: 0, stderr: "" });
    expect(await folder.shared(signal)).toMatchObject({ status: 0, stderr: expect.stringContaining("before") });
    expect((await folder.shared(["resume", "a", ...stored])).stdout).toMatch(/^(asking\n)?\{"by": "Ada"\}\n$/);
  });

  it("that waits for a signal alone stays until it is interrupted", async () => {
    using folder = new Folder({ "wf.sennit": 'print "asking"; wait signal("approved");' });
    const ended = await folder.sennit(["run", "wf.sennit", "--store", "runs.db", "--id", "a"], {
      onLine: (line, kill) => {
        if (line === "asking") setTimeout(() => kill("SIGINT"), 300); // it would have ended by itself by then
      },
    });
    expect(ended).toMatchObject({ status: 130 });
    expect(ended.stderr).not.toContain("unsettled");
  });

  it("that fails says so, now and when it is asked again", async () => {
    using folder = new Folder({ "wf.sennit": 'print "a"; raise "no";' });
    const run = await folder.shared(["run", "wf.sennit", "--store", "runs.db", "--id", "a"]);
    const again = await folder.shared(["resume", "a", "--store", "runs.db"]);

    expect(run).toMatchObject({ status: 1, stdout: "a\n", stderr: expect.stringContaining("no") });
    expect(again).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("no") });
    const { stdout } = await folder.shared(["show", "a", "--store", "runs.db"]);
    expect(stdout).toMatch(/\n\nerror\[raised\]: no\n {2}at main \(wf\.sennit:1:12\)\n$/);
    expect(run.stderr).toContain("  at main (wf.sennit:1:12)\n");
  });

  it("that is parked says what is next, and goes on when it is taken up by hand", async () => {
    using folder = new Folder({
      "wf.sennit":
        'require increment from "./counter-lua"; print str(increment()); wait signal("go"); print str(increment());',
    });
    cpSync(join(samples, "counter-lua"), join(folder.path, "counter-lua"), { recursive: true });
    const code = join(folder.path, "counter-lua", "counter.lua");
    const before = readFileSync(code, "utf8");
    const stored = ["--store", "runs.db"];
    await killedAfter(folder, 1, ["run", "wf.sennit", "--id", "a", ...stored]);
    await folder.shared(["signal", "a", "go", ...stored]);
    writeFileSync(code, `${before}\n-- changed\n`);

    const refused = await folder.shared(["resume", "a", ...stored]);
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringMatching(/error\[diverged\][^]*sennit migrate/) });
    const shown = (await folder.shared(["show", "a", ...stored])).stdout;
    expect(shown).toMatch(/\nstate +parked: diverged: .*\nnext +.*`sennit migrate a FILE`.*`sennit resume a`\n/);
    writeFileSync(code, before);
    expect(await folder.shared(["resume", "a", ...stored])).toMatchObject({ status: 0, stderr: "" });
    expect((await folder.shared(["logs", "a", ...stored])).stdout).toBe("1\n2\n");
  });

  it("goes on with the program that it began with, whatever became of its file", async () => {
    using folder = new Folder({ "wf.sennit": 'print "a";' });
    await folder.shared(["run", "wf.sennit", "--store", "runs.db", "--id", "a"]);
    writeFileSync(join(folder.path, "wf.sennit"), 'print "b";');

    expect(await folder.shared(["resume", "a", "--store", "runs.db"])).toMatchObject({ status: 0 });
    expect((await folder.shared(["logs", "a", "--store", "runs.db"])).stdout).toBe("a\n");
  });

  it.each([
    ["an id without a store", ["run", "wf.sennit", "--id", "a"], "usage"],
    ["no store", ["ps"], "usage"],
    ["no run", ["resume", "--store", "runs.db"], "usage"],
    ["an unknown run", ["resume", "b", "--store", "runs.db"], "unknown-run"],
    ["a signal to an unknown run", ["signal", "b", "x", "--store", "runs.db"], "unknown-run"],
    ["a signal without a name", ["signal", "a", "--store", "runs.db"], "usage"],
    ["an unknown run to look at", ["logs", "b", "--store", "runs.db"], "unknown-run"],
    ["a run that is there", ["run", "wf.sennit", "--store", "runs.db", "--id", "a"], "run-exists"],
    ["a store that is not there", ["show", "a", "--store", "other.db"], "store-missing"],
    ["a store to resume from that is not there", ["resume", "a", "--store", "other.db"], "store-missing"],
    ["a file to signal that is no store", ["signal", "a", "x", "--store", "wf.sennit"], "store-unreadable"],
    ["a file that is no store", ["ps", "--store", "wf.sennit"], "store-unreadable"],
  ])("%s is a clear error", async (_, args, code) => {
    folder ??= await withRun();
    const before = readdirSync(folder.path);

    expect(await folder.shared(args)).toMatchObject({ status: 2, stderr: expect.stringContaining(`error[${code}]`) });
    expect(readdirSync(folder.path).filter((name) => !name.startsWith("runs.db"))).toEqual(
      before.filter((name) => !name.startsWith("runs.db")),
    );
  });
});
