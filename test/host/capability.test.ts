import { describe, expect, it } from "vitest";

import fc from "../fast-check.ts";
import { covers, formatCapability, isGranted, normalized, parseCapability } from "../../src/host/capability.ts";

const parse = parseCapability;
const allows = (grant: string, want: string): boolean => covers(parse(grant), parse(want));

describe("parseCapability()", () => {
  it("reads every form", () => {
    expect(parse("fs:data")).toEqual({ kind: "fs", path: "data", readOnly: false });
    expect(parse("fs:./a/../data/:ro")).toEqual({ kind: "fs", path: "data", readOnly: true });
    expect(parse("run")).toEqual({ kind: "run", name: null });
    expect(parse("run:git")).toEqual({ kind: "run", name: "git" });
    expect(parse("log")).toEqual({ kind: "log" });
    expect(parse("net:Example.org:443")).toEqual({ kind: "net", host: "example.org", port: 443 });
    expect(parse("env:HOME")).toEqual({ kind: "env", name: "HOME" });
    expect(parse("clock:live")).toEqual({ kind: "clock" });
    expect(parse("random:live")).toEqual({ kind: "random" });
  });

  it.each([
    "",
    "fs",
    "fs:",
    "fs::ro",
    "fs:a\0b",
    "logs",
    "log:x",
    "run:rm -rf",
    "run:/bin/sh",
    "net:a:99999",
    "env:A=B",
    "FS:data",
    "env",
    "secret",
    "secret:",
    "clock:",
    "clock:fast",
    "random:live:x",
    "net",
    "net:",
    "net:a:0",
    "net:*",
    "net:*.org",
    "net:*.127.0.0.1",
    "net:a.*.org",
    "net:a.org/path",
    "net:user@a.org",
    "net:a.org:80:80",
    "net:[::1",
    "net:::1",
    "net:a%2eorg",
    "net:a..org",
    "net:256.1.1.1",
    "net:\u00ad",
    "net:a b",
    "net:a\tb",
    "net:a\0b",
  ])("refuses `%s`", (text) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "capability-invalid" }));
  });

  it.each(["clock", "random"])("says how `%s` is written now", (old) => {
    expect(() => parse(old)).toThrow(`\`${old}:live\``);
  });

  it.each([
    ["MÜNCHEN.example", "xn--mnchen-3ya.example"],
    ["ｅｘａｍｐｌｅ．org", "example.org"],
    ["example。org", "example.org"],
    ["example.org.", "example.org"],
    ["*.Example.org", "*.example.org"],
    ["127.1", "127.0.0.1"],
    ["0x7f000001", "127.0.0.1"],
    ["①27.0.0.1", "127.0.0.1"],
    ["[0:0:0:0:0:0:0:1]", "[::1]"],
    ["[::ffff:127.0.0.1]", "[::ffff:7f00:1]"],
  ])("brings the host %s into its one form, %s (A4)", (written, host) => {
    expect(parse(`net:${written}:81`)).toEqual({ kind: "net", host, port: 81 });
  });

  it("reads back what formatCapability() writes", () => {
    for (const text of [
      "fs:data",
      "fs:/var/x:ro",
      "run",
      "run:git",
      "log",
      "net:a.org",
      "net:a.org:80",
      "net:*.a.org",
      "net:[::1]:80",
      "env:HOME",
      "secret:KEY",
      "clock:live",
      "random:live",
    ]) {
      expect(formatCapability(parse(text))).toBe(text);
    }
  });
});

describe("covers()", () => {
  it.each([
    ["fs:data", "fs:data"],
    ["fs:data", "fs:data/a/b:ro"],
    ["fs:data:ro", "fs:data/a:ro"],
    ["fs:.", "fs:anything"],
    ["fs:..", "fs:../sibling"],
    ["fs:/", "fs:/etc"],
    ["run", "run:git"],
    ["net:a.org", "net:a.org:443"],
    ["net:a.org", "net:a.org:80"],
    ["net:a.org", "net:A.org."],
    ["net:*.a.org", "net:b.a.org:80"],
    ["net:*.a.org", "net:c.b.a.org"],
    ["net:*.a.org:81", "net:*.b.a.org:81"],
    ["clock:live", "clock:live"],
  ])("%s covers %s", (grant, want) => expect(allows(grant, want)).toBe(true));

  it.each([
    ["fs:data", "fs:database"],
    ["fs:data", "fs:data/../other"],
    ["fs:data:ro", "fs:data"],
    ["fs:data/a", "fs:data"],
    ["fs:.", "fs:../outside"],
    ["fs:.", "fs:/etc"],
    ["fs:/", "fs:etc"],
    ["fs:..", "fs:../../two-up"],
    ["run:git", "run"],
    ["run:git", "run:gitk"],
    ["log", "fs:log"],
    ["net:a.org:443", "net:a.org"],
    ["net:a.org", "net:a.org:8080"],
    ["net:a.org", "net:b.a.org"],
    ["net:*.a.org", "net:a.org"],
    ["net:*.a.org", "net:ba.org"],
    ["net:b.a.org", "net:*.a.org"],
    ["env:A", "secret:A"],
    ["env:A", "env:AB"],
    ["clock:live", "random:live"],
  ])("%s does not cover %s", (grant, want) => expect(allows(grant, want)).toBe(false));

  it("a path never escapes what covers it, however it is written (A2)", () => {
    const step = fc.constantFrom("a", "b", "..", ".", "data", "");
    const path = fc.array(step, { minLength: 1, maxLength: 8 }).map((steps) => `data/${steps.join("/")}`);

    fc.assert(
      fc.property(path, (written) => {
        const inside = normalized(written) === "data" || normalized(written).startsWith("data/");
        expect(allows("fs:data", `fs:${written}`)).toBe(inside);
      }),
    );
  });

  it("isGranted() needs one grant that covers", () => {
    expect(isGranted([parse("log"), parse("fs:out")], parse("fs:out/x"))).toBe(true);
    expect(isGranted([], parse("log"))).toBe(false);
  });
});
