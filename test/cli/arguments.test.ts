import { describe, expect, it } from "vitest";
import { readCommandLine } from "../../src/cli/arguments.ts";
import { commands } from "../../src/cli/command.ts";
import { completionScript } from "../../src/cli/completion.ts";
import { commandHelp, generalHelp } from "../../src/cli/help.ts";

describe("readCommandLine()", () => {
  it("takes a command, its files and its options apart", () => {
    const line = readCommandLine(["run", "a.sennit", "--param", "n=1", "-p", "m=2", "--json"]);
    if (line.kind !== "command") throw new Error(line.kind);

    expect(line.invocation.command.name).toBe("run");
    expect(line.invocation.positionals).toEqual(["a.sennit"]);
    expect(line.invocation.values("param")).toEqual(["n=1", "m=2"]);
    expect(line.invocation.has("json")).toBe(true);
    expect(line.invocation.has("quiet")).toBe(false);
  });

  it.each([[["-1", "-.5"]], [["--", "-1", "-.5"]]])("takes negative numbers as arguments: %j", (numbers) => {
    const line = readCommandLine(["plugin", "call", "p", "add", ...numbers]);
    if (line.kind !== "command") throw new Error(line.kind);

    expect(line.invocation.positionals).toEqual(["p", "add", "-1", "-.5"]);
  });

  it.each([
    [["rnu", "a"], /Unknown command `rnu`/, /run/],
    [["a.sennit"], /Unknown command/, /sennit run a\.sennit/],
    [["run", "a", "--parm", "x=1"], /Unknown option `--parm`/, /--param/],
    [["run", "a", "--param"], /needs a value/, /^$/],
    [["run", "a", "--json=1"], /takes no value/, /^$/],
    [["plugin"], /needs one of: inspect, call/, /^$/],
  ])("%j is misuse that says what to do", (argv, message, hint) => {
    try {
      readCommandLine(argv);
      throw new Error("was accepted");
    } catch (error) {
      expect(error).toMatchObject({ code: "usage", message: expect.stringMatching(message) as string });
      expect(String((error as { hint?: string }).hint ?? "")).toMatch(hint);
    }
  });

  it.each([[[]], [["--help"]], [["-h"]], [["help"]]])("%j asks for help", (argv) => {
    expect(readCommandLine(argv)).toEqual({ kind: "help", command: null });
  });

  it("shows a command's help", () => {
    expect(readCommandLine(["help", "plugin", "call"])).toMatchObject({
      kind: "help",
      command: { name: "plugin call" },
    });
    expect(readCommandLine(["run", "--help"])).toMatchObject({ kind: "help", command: { name: "run" } });
  });
});

describe("help and completion", () => {
  it("name every command and option", () => {
    const all = generalHelp("1");
    for (const command of commands) {
      expect(all).toContain(command.name);
      const help = commandHelp(command);
      expect(help).toContain("Examples:");
      for (const option of command.options) expect(help).toContain(`--${option.name}`);
      for (const shell of ["bash", "zsh", "fish"]) {
        for (const option of command.options) expect(completionScript(shell)).toContain(option.name);
      }
    }
  });
});
