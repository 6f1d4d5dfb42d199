/** `sennit test`, `sennit check --against-runs` and `sennit migrate`, as a user runs them. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Folder } from "./sennit.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const FLOW = 'param item: String = "tea";\nprint $"order of {item}";\nsleep (30d);\nprint "a month later";\n7;\n';

const TESTS = `[[test]]
name = "waits a month"
[test.expect]
value = 7
printed = ["order of tea", "a month later"]
elapsed = "30d"

[[test]]
name = "orders salt"
params = { item = "salt" }
[test.expect]
printed = ["order of pepper", "a month later"]
`;

describe("sennit test", () => {
  it("says of each test whether it passed, and where it did not", async () => {
    using folder = new Folder({ "flows/order.sennit": FLOW, "flows/order.test.toml": TESTS });
    const { status, stdout, stderr } = await folder.shared(["test", "--crash-everywhere", "--crashes", "4"]);

    expect(stderr).toBe("");
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^ok    flows.order\.test\.toml: waits a month \(30d, 4 of \d+ crashes\)$/),
      "FAIL  flows/order.test.toml: orders salt",
      "  flows/order.test.toml:12: printed line 1",
      '    - expected "order of pepper"',
      '    + got      "order of salt"',
      "",
      "2 tests: 1 passed, 1 failed, 4 crashes",
      "",
    ]);
    expect(status).toBe(1);
  });

  it("gives one JSON object", async () => {
    using folder = new Folder({ "order.sennit": FLOW, "order.test.toml": TESTS });
    const { status, stdout } = await folder.shared(["test", "--json", "--filter", "month"]);

    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      passed: 1,
      failed: 0,
      tests: [{ name: "waits a month", file: "order.test.toml", line: 1, ok: true, elapsed: 2_592_000_000 }],
    });
    expect(status).toBe(0);
  });

  it("says that there are no tests, or that a file cannot be read, and exits 2", async () => {
    using folder = new Folder({ "order.sennit": FLOW, "bad/x.test.toml": '[[test]]\nnmae = "x"\n' });

    expect(await folder.shared(["test", "order.test.toml"])).toMatchObject({ status: 2 });
    const none = await folder.shared(["test", ".", "--filter", "nothing"]);
    expect(none).toMatchObject({ status: 2, stdout: "" });
    expect(none.stderr).toContain("bad/x.test.toml:2: test 1.nmae: unknown key (did you mean `name`?)");
    using empty = new Folder({ "order.sennit": FLOW });
    const { status, stderr } = await empty.shared(["test"]);
    expect(status).toBe(2);
    expect(stderr).toContain("error[no-tests]");
    expect((await empty.shared(["test", "--crashes", "3"])).stderr).toContain("--crash-everywhere");
  });

  it("passes the examples, crashed everywhere", async () => {
    using folder = new Folder({});
    const arguments_ = ["test", `${root}/examples`, "--crash-everywhere", "--crashes", "6", "--json"];
    const { status, stdout } = await folder.shared(arguments_);

    const { tests } = JSON.parse(stdout) as { tests: readonly { ok: boolean; crashes: number; name: string }[] };
    expect(tests.filter(({ ok }) => !ok)).toEqual([]);
    expect(tests.length).toBeGreaterThanOrEqual(6);
    expect(tests.every(({ crashes }) => crashes > 0)).toBe(true);
    expect(status).toBe(0);
  });
});

describe("sennit check --against-runs, sennit migrate", () => {
  const WAITS = 'print "begin";\nwait signal("go");\nprint "end";\n';

  it("report which runs of a store would go on with a new version, and move them", async () => {
    using folder = new Folder({
      "flow.sennit": WAITS,
      "later.sennit": WAITS.replace('print "end"', 'print "new end"'),
      "other.sennit": `uuid();\n${WAITS}`,
      "new/flow.sennit": `// moved\n${WAITS}`,
      "odd/flow.sennit": WAITS.replace('wait signal("go")', "sleep (1s)"),
    });
    const begun = await folder.sennit(["run", "flow.sennit", "--store", "runs.db", "--id", "one"], {
      onLine: (line, kill) => void (line === "begin" && kill("SIGKILL")),
    });
    expect(begun.stdout).toContain("begin");
    const check = (file: string, ...more: readonly string[]): ReturnType<Folder["sennit"]> =>
      folder.shared(["check", file, "--against-runs", "--store", "runs.db", ...more]);

    const good = await check("new/flow.sennit");
    expect(good).toMatchObject({ status: 0, stderr: "" });
    expect(good.stdout).toContain("1 runs: 1 continue, 0 need a decision, 0 cannot be told");
    expect((await check("later.sennit")).stdout).toBe("no runs of this program\n");
    expect(await folder.shared(["migrate", "one", "later.sennit", "--store", "runs.db"])).toMatchObject({ status: 0 });
    expect((await folder.shared(["signal", "one", "go", "--store", "runs.db"])).status).toBe(0);
    const resumed = await folder.shared(["resume", "one", "--store", "runs.db"]);

    expect(resumed).toMatchObject({ status: 0 });
    expect(resumed.stdout).toContain("new end\n");
    const odd = await check("odd/flow.sennit", "--all", "--json");
    expect(odd.status).toBe(1);
    expect(JSON.parse(odd.stdout)).toMatchObject([
      {
        id: "one",
        verdict: "decide",
        place: { file: "odd/flow.sennit", line: 2 },
        now: "sleep",
        recorded: 'wait signal("go")',
      },
    ]);
    const refused = await folder.shared(["migrate", "one", "other.sennit", "--store", "runs.db"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("run-ended");
  });

  it("rewrite its variables by a migration, or say what is wrong with it", async () => {
    const flow = 'n = 20;\nprint "begin";\nwait signal("go");\nprint n;\n';
    using folder = new Folder({
      "flow.sennit": flow,
      "next.sennit": flow.replace("print n;", 'print $"n: {n + 2}";'),
      "move.sennit": "record R { n: Int }\nfunction migrate(r: R) -> R { R(n: r.n * 2) }\n",
      "wrong.sennit": 'record Old {}\nrecord New { n: String }\nfunction migrate(old: Old) -> New { New(n: "") }\n',
    });
    await folder.sennit(["run", "flow.sennit", "--store", "runs.db", "--id", "one"], {
      onLine: (line, kill) => void (line === "begin" && kill("SIGKILL")),
    });
    const moved = (...more: readonly string[]): ReturnType<Folder["sennit"]> =>
      folder.shared(["migrate", "one", "next.sennit", "--store", "runs.db", ...more]);

    const wrong = await moved("--with", "wrong.sennit");
    expect(wrong).toMatchObject({ status: 2, stdout: "" });
    expect(wrong.stderr).toContain("wrong.sennit:2:14");
    expect((await moved("--with", "move.sennit", "--dry-run")).stdout).toContain(
      "  n = 40  (20 before)\n\nNothing was",
    );
    expect((await moved("--restart")).stderr).toContain("`--restart` needs a migration");
    const done = await moved("--with", "move.sennit", "--json");
    const rewritten = [{ name: "n", before: "20", after: "40" }];
    expect(JSON.parse(done.stdout)).toMatchObject({ moved: true, runs: [{ id: "one", rewritten }] });
    await folder.shared(["signal", "one", "go", "--store", "runs.db"]);
    const resumed = await folder.shared(["resume", "one", "--store", "runs.db"]);
    expect(resumed.stdout).toContain("n: 42\n");
  });
});
