/** Tab completion as bash does it, with a command of the same name in its place. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completionScript } from "../../src/cli/completion.ts";
import { Folder } from "./sennit.ts";

/** What bash would offer for the last of these words. */
function offered(folder: Folder, words: readonly string[], ids: readonly string[] = []): readonly string[] {
  const script = [
    `sennit() { echo "$*" > asked; cat ids; }`,
    completionScript("bash"),
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; COMPREPLY=()`,
    `_sennit 2>/dev/null; printf '%s\\n' "\${COMPREPLY[@]}"`,
  ];
  const files = { cwd: folder.path, input: "", encoding: "utf8" } as const;
  spawnSync("sh", ["-c", 'printf "%s\\n" "$@" > ids', "sh", ...ids], files);
  const { stdout } = spawnSync("bash", ["-c", script.join("\n")], files);
  return stdout.split("\n").filter((line) => line !== "");
}

describe.runIf(spawnSync("bash", ["--version"]).status === 0)("tab completion in bash", () => {
  it.each([
    [["sennit", "dae"], ["daemon"]],
    [
      ["sennit", "daemon", "st"],
      ["start", "stop", "status"],
    ],
    [
      ["sennit", "queue", ""],
      ["list", "set", "remove"],
    ],
    [["sennit", "daemon", "start", "--po"], ["--port"]],
    [
      ["sennit", "ps", "--state", "pa"],
      ["paused", "parked"],
    ],
  ])("%j", (words, expected) => {
    using folder = new Folder({});

    expect(offered(folder, words)).toEqual(expected);
  });

  it("offers the ids of runs, of the store that is named", () => {
    using folder = new Folder({});

    expect(offered(folder, ["sennit", "logs", "--store", "r.db", "or"], ["order-1", "order-2", "x"])).toEqual([
      "order-1",
      "order-2",
    ]);
  });

  it("never runs what an id says", () => {
    using folder = new Folder({});

    expect(offered(folder, ["sennit", "show", ""], ["$(touch evil)", "`touch evil`", "a;b", "fine"])).toEqual(["fine"]);
    expect(existsSync(join(folder.path, "evil"))).toBe(false);
  });
});
