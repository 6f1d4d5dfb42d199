/** Tests of users, run as `sennit test` runs them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { testsOf } from "../../../src/engine/trial/find-tests.node.ts";
import { runTest } from "../../../src/engine/trial/run-test.node.ts";
import type { TestResult } from "../../../src/engine/trial/run-test.node.ts";

const folder = mkdtempSync(join(tmpdir(), "sennit-trial-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MAIL = {
  "sennit.toml": '[dependencies]\n"acme:mail" = { path = "mail" }\n"acme:sum" = { path = "sum" }\n',
  "mail/sennit.toml":
    '[package]\nname = "acme:mail"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "mail.lua"\nwit = "mail.wit"\nwants = ["net:mail.example.org"]\n',
  "mail/mail.wit": `package acme:mail@1.0.0;
world mail {
  export send: func(to: string, text: string) -> result<string, string>;
  export unread: func() -> u8;
}
`,
  "mail/mail.lua": 'error "this package is never started"\n',
  "sum/sennit.toml":
    '[package]\nname = "acme:sum"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "sum.lua"\nwit = "sum.wit"\n',
  "sum/sum.wit":
    "package acme:sum@1.0.0;\nworld sum {\n  export add: func(n: s32) -> s32;\n  export clear: func();\n}\n",
  "sum/sum.lua":
    "local sum = 0\nreturn { add = function(n) sum = sum + n return sum end, clear = function() sum = 0 end }\n",
};

let folders = 0;

function newFolder(): string {
  return join(folder, String(folders++));
}

/** One folder for each: its tests in order. */
async function run(
  files: Readonly<Record<string, string>>,
  crashes: number | null = null,
  { record = false, at = newFolder() }: { record?: boolean; at?: string } = {},
): Promise<readonly TestResult[]> {
  for (const [name, text] of Object.entries({ ...MAIL, ...files })) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), text);
  }
  const results: TestResult[] = [];
  for (const test of await testsOf(join(at, "flow.test.toml"))) {
    results.push(await runTest(test, { isolation: "L0", warn: () => {}, patience: 20_000, crashes, record }));
  }
  return results;
}

function wrong(result: TestResult | undefined): readonly string[] {
  const misses = result?.misses.map(({ what, expected, got, at }) => `${at.line}: ${what}: ${expected} / ${got}`) ?? [];
  return [...misses, ...(result?.failure === null ? [] : [result?.failure.message ?? "no result"])];
}

describe("runTest()", () => {
  it("lets time pass as fast as nothing else is to do", async () => {
    const [result] = await run({
      "flow.sennit": 'param days: Int;\nsleep (30d);\nx = wait signal("go") timeout 10d;\nprint x;\ndays + 1;\n',
      "flow.test.toml": `[[test]]
params = { days = 30 }
[[test.signal]]
name = "go"
at = "33d"
value = [1, 2]
[test.expect]
value = 31
printed = ["[1, 2]"]
elapsed = "33d"
`,
    });

    expect(wrong(result)).toEqual([]);
  });

  it("asks stubs in place of a package, which is not started (S2)", async () => {
    const [result, other] = await run({
      "flow.sennit": `require send, unread from "acme:mail";
id = retry (times: 3, backoff: 1m) { send("ada", "hello") };
print $"{id} {unread()} {unread()} {unread()}";
try { send("eve", "hello") } catch (e) { print $"{e.code}: {e.message}"; };
`,
      "flow.test.toml": `[stub."acme:mail"]
send = [
  { with = { to = "eve" }, err = "unknown" },
  { answers = [{ fails = { code = "busy", message = "later" } }, { returns = "id-1" }], takes = "1h" },
]
unread = { answers = [{ returns = 1 }, { returns = 2 }] }
[[test]]
[test.expect]
printed = ["id-1 1 2 2", "failed: unknown"]
calls = { "acme:mail.send" = 3, "acme:mail.unread" = 3 }
[[test]]
[test.stub."acme:mail"]
send = { with = { to = "nobody" }, returns = "x" }
[test.expect]
error = "not-stubbed"
message = '"ada", "hello"'
`,
    });

    expect(wrong(result)).toEqual([]);
    expect(result?.seen?.elapsed).toBeGreaterThan(7_200_000);
    expect(wrong(other)).toEqual([]);
  });

  it("starts a package for the functions that have no stub", async () => {
    const [result] = await run(
      {
        "flow.sennit": 'require add, clear from "acme:sum";\nadd(2);\nclear();\nprint add(3);\n',
        "flow.test.toml":
          '[[test]]\n[test.stub."acme:sum"]\nclear = {}\n[test.expect]\nprinted = ["5"]\ncalls = { "acme:sum.clear" = 1 }\n',
      },
      6,
    );

    expect(wrong(result)).toEqual([]);
    expect(result?.crashes?.differences).toEqual([]);
  });

  it("says what is other than expected, and where that stands in the file", async () => {
    const [result] = await run({
      "flow.sennit": 'print "a";\nprint "b";\nemit("done", 1);\nsleep (2s);\n[1, 2];\n',
      "flow.test.toml": `[[test]]
[test.expect]
value = [1, 3]
printed = ["a"]
elapsed = "1s"
emitted = [{ name = "done", value = 2 }]
`,
    });

    expect(wrong(result)).toEqual([
      "3: value: [1, 3] / [1, 2]",
      '4: printed line 2: nothing / "b"',
      "6: emitted 1: done 2 / done 1",
      "5: elapsed: 1s / 2s",
    ]);
  });

  it("tells a mistake of the test from one of the program (S1)", async () => {
    const results = await run({
      "flow.sennit": 'require send, unread from "acme:mail";\nprint unread();\nsend("a", "b");\n',
      "flow.test.toml": `[[test]]
stub = { "acme:mail" = { unread = { returns = 300 } } }
[[test]]
stub = { "acme:mail" = { sned = { returns = "x" } } }
[[test]]
stub = { "acme:post" = { send = { returns = "x" } } }
[[test]]
params = { n = 1 }
stub = { "acme:mail" = { unread = { returns = 3 } } }
[[test]]
program = "other.sennit"
[[test]]
stub = { "acme:mail" = { send = { with = { from = "x" }, returns = "x" } } }
`,
    });

    const said = results.map((result) => wrong(result)[0]?.replace(/^.*flow\.test/, "flow.test"));
    expect(said[0]).toMatch(/^flow\.test\.toml:2: .*unread.* returns/);
    expect(said[1]).toBe("flow.test.toml:4: acme:mail has no function sned: it has send, unread");
    expect(said[2]).toContain("acme:mail asks for `net:mail.example.org`");
    expect(said[3]).toMatch(/has no param n/);
    expect(said[4]).toMatch(/^flow\.test\.toml:11: There is no program/);
    expect(said[5]).toBe("flow.test.toml:13: send of acme:mail has no argument from");
  });

  it("answers from a recording, without the packages that were recorded", async () => {
    const at = newFolder();
    const files = {
      "flow.sennit": `require add from "acme:sum";
param n: Int = 1;
a = add(n);
x = wait signal("go") timeout 1d;
print $"{a} {add(10)} {add(10)} {x} {random()}";
`,
      "flow.test.toml": `[[test]]
recording = "flow.journal"
params = { n = 4 }
[[test.signal]]
name = "go"
at = "1h"
value = 7
`,
    };
    const [recorded] = await run(files, null, { record: true, at });
    expect(wrong(recorded)).toEqual([]);

    const again = {
      ...files,
      "sum/sum.lua": "error 'never started'",
      "flow.test.toml":
        '[[test]]\nrecording = "flow.journal"\n[[test]]\nrecording = "flow.journal"\nparams = { n = 5 }\n',
    };
    const [same, other] = await run(again, null, { at });

    expect(wrong(same)).toEqual([]);
    expect(same?.seen?.printed[0]).toMatch(/^4 14 24 7 0\.\d+$/);
    expect(same?.seen?.printed).toEqual(recorded?.seen?.printed);
    expect(wrong(other)[0]).toContain("not-stubbed: No stub of add of acme:sum is for these arguments: 5");
  });

  it("does not wait for what nobody sends", async () => {
    const [result] = await run({
      "flow.sennit": 'x = wait signal("go");\nprint x;\n',
      "flow.test.toml": '[[test]]\n[[test.signal]]\nname = "stop"\n',
    });

    expect(wrong(result)[0]).toContain("test-stuck: The run waits for what does not come");
  });

  it("cancels, posts to webhooks, and stands in for commands", async () => {
    const results = await run({
      "flow.sennit": `hook = webhook();
try {
  print await hook;
  try { shellpipe { "git" "log" | "cat" } } catch (e) { print e.code; };
  version = shell { "git", ["describe"] };
  print version.stdout;
  sleep (9d);
} finally {
  print "cleaned up";
}
`,
      "flow.test.toml": `grants = ["run:cat"]
[command.git]
stdout = "v1"
[[test]]
cancel = "2d"
[[test.signal]]
webhook = 1
at = "1h"
value = "posted"
[test.expect]
cancelled = true
printed = ["posted", "not-stubbed", "v1", "cleaned up"]
`,
    });

    expect(results.map(wrong)).toEqual([[]]);
  });
});

describe("crashEverywhere()", () => {
  const flow = `require send from "acme:mail";
print "begin";
a = send("ada", "1");
para { { send("b", "2"); sleep (1h); } { send("c", "3"); } }
x = wait signal("go") timeout 1d;
print $"{a} {x} {random() < 2.0} {str(now())}";
`;
  const test = (stub: string): string => `[[test]]
may_be_uncertain = false
[test.stub."acme:mail"]
send = ${stub}
[[test.signal]]
name = "go"
at = "2h"
value = "yes"
`;

  it("finds nothing in a program whose effects may be asked for again", async () => {
    const answers = '{ answers = [{ returns = "1" }, { returns = "2" }, { returns = "3" }], takes = "1m" }';
    const [result] = await run({ "flow.sennit": flow, "flow.test.toml": test(answers) }, Infinity);

    expect(wrong(result)).toEqual([]);
    expect(result?.crashes?.differences).toEqual([]);
    expect(result?.crashes?.crashes).toBe(result?.crashes?.possible);
    expect(result?.crashes?.crashes).toBeGreaterThan(8);
  });

  it("finds the step after which a lost answer would end the run, with its line", async () => {
    const [result, other] = await run(
      {
        "flow.sennit": flow,
        "flow.test.toml":
          test('{ returns = "1", class = "once" }') +
          test('{ returns = "1", class = "once" }').replace("uncertain = false", "uncertain = true"),
      },
      Infinity,
    );

    const [first] = result?.crashes?.differences ?? [];
    expect(first?.what).toBe("end");
    expect(first?.got).toContain("error uncertain");
    expect(first?.step).toMatch(/acme:mail send was asked for \(.*flow\.sennit:3\)/);
    expect(wrong(other)).toEqual([]);
    expect(other?.crashes?.differences).toEqual([]);
  });

  it("spreads as many crashes as are wanted over the run", async () => {
    const [result] = await run({ "flow.sennit": flow, "flow.test.toml": test('{ returns = "1" }') }, 3);

    expect(result?.crashes?.crashes).toBe(3);
    expect(result?.crashes?.possible).toBeGreaterThan(3);
  });
});
