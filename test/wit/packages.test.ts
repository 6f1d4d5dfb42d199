import { describe, expect, it } from "vitest";
import { joinPackage } from "../../src/wit/packages.ts";

function join(files: Record<string, string>): ReturnType<typeof joinPackage> {
  return joinPackage(new Map(Object.entries(files)));
}

/** The line of the joined text on which this stands, in the terms of its file. */
function place(joined: ReturnType<typeof joinPackage>, needle: string): string {
  const line = joined.text.split("\n").findIndex((text) => text.includes(needle)) + 1;
  const part = joined.parts.findLast((candidate) => candidate.line <= line);
  return `${part?.file}:${line - (part?.line ?? 0) + 1}`;
}

describe("joinPackage()", () => {
  it("leaves a single file as it is, line for line", () => {
    const { text } = join({ "world.wit": "// note\npackage a:b;\nworld w {}\n" });

    expect(text.split("\n").map((line) => line.trim())).toEqual(["package a:b;", "", "world w {}", ""]);
  });

  it("puts files of one package together and each dependency in braces", () => {
    const joined = join({
      "b.wit": "interface two {}\n",
      "a.wit": "/* a /* nested */ comment */ package a:b@1.0.0;\ninterface one {}",
      "deps/c.wit": "package c:d;\n\ninterface three {}",
      "deps/e-f/x.wit": "interface four {}",
      "deps/e-f/y.wit": "/// doc\npackage e:f;\ninterface five {}",
      "README.md": "package no:no;",
    });

    expect(joined.text).toMatch(/^package a:b@1.0.0;/);
    expect(joined.text.match(/package \S+ ?[{;]/g)).toEqual(["package a:b@1.0.0;", "package c:d {", "package e:f {"]);
    expect(place(joined, "one")).toBe("a.wit:2");
    expect(place(joined, "two")).toBe("b.wit:1");
    expect(place(joined, "three")).toBe("deps/c.wit:3");
    expect(place(joined, "four")).toBe("deps/e-f/x.wit:1");
    expect(place(joined, "five")).toBe("deps/e-f/y.wit:3");
    expect(joined.text).not.toContain("no:no");
  });

  it("adds the contracts that are named, those they need first, and none that is there", () => {
    const ids = (files: Record<string, string>): string[] => join(files).parts.map(({ file }) => file);
    const main = "package a:b;\nworld w { include sennit:plugin/plugin@0.1.0; }";

    expect(ids({ "w.wit": main })).toEqual(["w.wit", "sennit:host@0.1.0", "sennit:plugin@0.1.0"]);
    expect(ids({ "w.wit": main, "deps/h.wit": "package sennit:host@0.1.0;" })).toEqual([
      "w.wit",
      "deps/h.wit",
      "sennit:plugin@0.1.0",
    ]);
    expect(ids({ "w.wit": "package a:b;\nworld w { import sennit:host/log@0.1.0; }" })).toEqual([
      "w.wit",
      "sennit:host@0.1.0",
    ]);
    expect(ids({ "w.wit": "package a:b;" })).toEqual(["w.wit"]);
  });

  it.each(["", "/*", "/* never closed", "// only a comment", "package", "package ;"])("takes %j as it is", (text) => {
    expect(join({ "w.wit": text }).text.trim()).toBe(text.trim());
  });
});
