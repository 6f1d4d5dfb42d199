import { describe, expect, it } from "vitest";

import { harmless } from "../../src/cli/harmless.ts";
import { Folder } from "./sennit.ts";

describe("harmless()", () => {
  it("shows what would act on a terminal, and leaves text as it is", () => {
    expect(harmless("a\tb\nc \u{1f600} \u00e9")).toBe("a\tb\nc \u{1f600} \u00e9");
    expect(harmless("\u001b[2J\u0007\u009b\r\u007f\u202e")).toBe("\\u{1b}[2J\\u{7}\\u{9b}\\u{d}\\u{7f}\\u{202e}");
  });
});

it("a plugin's error and its log cannot act on the terminal", async () => {
  using folder = new Folder({
    "sennit.toml": `[package]
name = "acme:loud"
version = "1.0.0"
language = "lua"
source = "loud.lua"
wit = "loud.wit"
wants = ["log"]
`,
    "loud.wit": "package acme:loud; world loud { export f: func(); }",
    "loud.lua": String.raw`return { f = function() print("log \27[2J") error("gone \27]0;mine\7") end }`,
    "main.sennit": 'require f from "./"; f();',
  });

  const { stderr, stdout } = await folder.shared(["run", "main.sennit", "--grant", "acme:loud=log"]);

  expect(stderr + stdout).not.toMatch(/[\u001b\u0007]/);
  expect(stderr).toContain(String.raw`log \u{1b}[2J`);
  expect(stderr).toContain(String.raw`gone \u{1b}]0;mine\u{7}`);
});
