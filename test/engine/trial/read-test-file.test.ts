import { describe, expect, it } from "vitest";
import { readTestFile } from "../../../src/engine/trial/read-test-file.ts";
import { durationOf, durationText } from "../../../src/engine/trial/time-text.ts";
import { Fault } from "../../../src/fault.ts";

function mistakesIn(text: string): string {
  try {
    readTestFile("order.test.toml", text);
  } catch (failure) {
    if (failure instanceof Fault && failure.code === "test-invalid") return failure.message;
    throw failure;
  }
  return "";
}

describe("readTestFile()", () => {
  it("reads tests, with what stands for all of them", () => {
    const [first, second] = readTestFile(
      "flows/order.test.toml",
      `
grants = ["run:git"]
[stub."acme:mail"]
send = { returns = "sent" }
[command.git]
stdout = "clean"

[[test]]
name = "one"
params = { item = "tea" }
[test.stub."acme:mail"]
send = [{ with = { to = "eve" }, fails = { code = "refused", message = "no" }, takes = "3d" }, { returns = "ok" }]
[[test.signal]]
name = "approved"
at = "1d 2h"
value = { by = "Ada" }
[test.expect]
value = 7
printed = ["a"]
elapsed = "3d"
calls = { "acme:mail.send" = 2 }

[[test]]
cancel = "5s"
[test.expect]
cancelled = true
`,
    );

    expect(first).toMatchObject({
      name: "one",
      program: "order.sennit",
      params: { item: "tea" },
      grants: ["run:git"],
      signals: [{ name: "approved", after: 93_600_000, value: { by: "Ada" } }],
      expect: { value: 7, printed: ["a"], elapsed: 259_200_000, cancelled: false },
    });
    expect(first?.stubs.get("acme:mail")?.[0]?.rules).toMatchObject([
      { takes: 259_200_000, answers: [{ kind: "fails", code: "refused" }] },
      { takes: 0, answers: [{ kind: "returns", value: "ok" }] },
    ]);
    expect(second).toMatchObject({ name: "test 2", cancelAfter: 5000, expect: { cancelled: true } });
    expect(second?.stubs.get("acme:mail")?.[0]?.rules).toMatchObject([
      { answers: [{ kind: "returns", value: "sent" }] },
    ]);
    expect(second?.commands.get("git")).toEqual({ stdout: "clean", stderr: "", status: 0 });
  });

  it("knows where things stand", () => {
    const [, second] = readTestFile(
      "a.test.toml",
      '[[test]]\n[[test]]\nname = "b"\n[test.expect]\nprinted = []\nvalue = 1\n',
    );

    expect(second?.at).toEqual({ file: "a.test.toml", line: 2 });
    expect(second?.place("expect", "value")).toEqual({ file: "a.test.toml", line: 6 });
    expect(second?.place("expect", "error")).toEqual({ file: "a.test.toml", line: 4 });
  });

  it("names every mistake, with its line (T1)", () => {
    expect(mistakesIn('[[test]]\nnmae = "x"\n[test.expect]\nelapsed = "soon"\n\n[[test]]\nseed = "1"\n'))
      .toMatchInlineSnapshot(`
      "order.test.toml:4: test 1.expect.elapsed: \`soon\` is not a duration such as \`30d\` or \`1h 30m\`
      order.test.toml:2: test 1.nmae: unknown key (did you mean \`name\`?)
      order.test.toml:7: test 2.seed: must be 64 hex digits"
    `);
    expect(mistakesIn("[[test]]\nname = \n")).toMatch(/^order\.test\.toml:2:\d+: /);
    expect(mistakesIn("")).toContain("there is none");
    expect(mistakesIn("test = 3")).toContain("must be a list of tables");
    expect(mistakesIn("[[test]]\nstub = { 'a:b' = { f = { returns = 1, err = 2 } } }")).toContain("stands beside");
    expect(mistakesIn("[[test]]\nstub = { 'a:b' = { f = 3 } }")).toContain("must be a table");
    expect(mistakesIn("[[test]]\n[[test.signal]]\nat = '1s'")).toContain("a signal needs a `name`");
  });
});

describe("durationOf()", () => {
  it("reads what durationText() writes", () => {
    for (const time of [0, 1, 999, 1000, 61_000, 90_061_001, 2_592_000_000]) {
      expect(durationOf(durationText(time))).toBe(time);
    }
  });

  it("refuses everything else", () => {
    for (const text of ["", "3", "3 days", "d", "-1s", "1e3s", "1s,2s"]) expect(durationOf(text)).toBeNull();
  });
});
