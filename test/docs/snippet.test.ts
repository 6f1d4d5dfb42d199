import { describe, expect, it } from "vitest";
import { snippetsOf } from "./snippet.ts";

const page = (...blocks: readonly string[]): string => blocks.map((block) => `text\n\n${block}\n`).join("\n");

describe("snippetsOf()", () => {
  it("joins a program with what it must print and how it must fail (N1)", () => {
    const [program] = snippetsOf(page("```sennit\nprint 1;\n```", "```output\n1\n```", "```error\nno\n```"));

    expect(program).toMatchObject({ kind: "program", file: "program.sennit", output: "1\n", error: "no\n" });
  });

  it("takes a named program without output for a file, and several names for several files", () => {
    const snippets = snippetsOf(
      page("```sennit\n// file: a.sennit\nprint 1;\n```", "```wit\n// file: x.wit, y.wit\na\n```"),
    );

    expect(snippets.map(({ kind, block }) => [kind, block.files, block.text])).toEqual([
      ["file", ["a.sennit"], "print 1;\n"],
      ["file", ["x.wit", "y.wit"], "a\n"],
    ]);
  });

  it("reads the commands of a console block, each with what follows it", () => {
    const [console] = snippetsOf(page("```console\n$ npx sennit run 'a b' \"c\"\none\n$ npx sennit check\n```"));

    expect(console).toMatchObject({
      commands: [
        { words: ["npx", "sennit", "run", "a b", "c"], shown: "one\n" },
        { words: ["npx", "sennit", "check"], shown: "" },
      ],
    });
  });

  it.each([
    ["```\nx\n```", /nobody runs/],
    ["```lua\nx\n```", /names no file/],
    ["```sh\nx\n```", /nobody runs/],
    ["```output\nx\n```", /follows nothing/],
    ["```console\nx\n```", /begins with/],
    ["```sennit\nx", /never closed/],
  ])("refuses a block that nobody would run (N2): %j", (block, why) => {
    expect(() => snippetsOf(page(block))).toThrow(why);
  });

  it("leaves a block alone that says so", () => {
    expect(snippetsOf(page("```sh norun\ncargo build\n```"))).toMatchObject([{ kind: "norun" }]);
  });
});
