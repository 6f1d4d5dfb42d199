import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Folder, samples } from "./sennit.ts";

describe("sennit run", () => {
  it("prints the output and exits 0", async () => {
    using folder = new Folder({ "a.sennit": 'param n: Int = 2; print n * 2; print "ü";' });

    expect(await folder.shared(["run", "a.sennit"])).toEqual({ status: 0, stdout: "4\nü\n", stderr: "" });
    expect((await folder.shared(["run", "a.sennit", "-p", "n=4"])).stdout).toBe("8\nü\n");
  });

  it("exits 1 when the program fails, with the place and no stack of ours", async () => {
    using folder = new Folder({ "a.sennit": 'function f(n: Int) -> Int { 1 div n }\nprint "before";\nf(0);' });
    const { status, stdout, stderr } = await folder.shared(["run", "a.sennit"]);

    expect({ status, stdout }).toEqual({ status: 1, stdout: "before\n" });
    expect(stderr).toMatch(/^error\[division-by-zero\]/);
    expect(stderr).toContain("at f (a.sennit:1:29)");
    expect(stderr).not.toMatch(/node:internal|src\/|\.ts:/);
  });

  it("exits 2 when the program has mistakes, and runs nothing of it", async () => {
    using folder = new Folder({ "a.sennit": 'print "x";\nprint y;\nz: Int = "a";' });
    const { status, stdout, stderr } = await folder.shared(["run", "a.sennit"]);

    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("a.sennit:2:7");
    expect(stderr).toContain("a.sennit:3:10");
  });

  it("--json prints one object", async () => {
    using folder = new Folder({
      "ok.sennit": 'print "x"; (1, 2.5, 18446744073709551615);',
      "fails.sennit": 'print "x";\nraise "no";',
      "wrong.sennit": "\n  print y;",
    });
    const json = async (file: string): Promise<unknown> => {
      const { stdout, status } = await folder.shared(["run", file, "--json"]);
      return { status, ...(JSON.parse(stdout) as object) };
    };

    expect(await folder.shared(["run", "ok.sennit", "--json"])).toMatchObject({
      stdout: '{"ok":true,"result":[1,2.5,18446744073709551615],"output":["x"]}\n',
    });
    expect(await json("fails.sennit")).toMatchObject({
      status: 1,
      ok: false,
      output: ["x"],
      error: { code: "raised", source: "program", message: "no", file: "fails.sennit", line: 2, column: 1 },
    });
    expect(await json("wrong.sennit")).toMatchObject({
      status: 2,
      ok: false,
      output: [],
      error: { code: "unknown-name", file: "wrong.sennit", line: 2, column: 9 },
    });
  });

  it("is cancelled by Ctrl-C: finally runs, exit 130", async () => {
    using folder = new Folder({ "a.sennit": 'try { print "in"; sleep(1h); } finally { print "out"; }' });
    const ended = await folder.sennit(["run", "a.sennit"], {
      onLine: (line, kill) => {
        if (line === "in") kill("SIGINT");
      },
    });

    expect(ended).toMatchObject({ status: 130, stdout: "in\nout\n" });
  });

  it("takes grants from the command line and from the project", async () => {
    using folder = new Folder({
      "a.sennit": 'require write_text from "std:fs"; write_text("out/a.txt", "x"); print "ok";',
      "granted/a.sennit": 'require write_text from "std:fs"; write_text("out/a.txt", "x"); print "ok";',
      "granted/sennit.toml": '[grants]\nprogram = ["fs:out"]\n',
    });

    expect(await folder.shared(["run", "a.sennit"])).toMatchObject({ status: 1 });
    expect(await folder.shared(["run", "a.sennit", "--grant", "fs:out:ro"])).toMatchObject({ status: 1 });
    expect(await folder.shared(["run", "a.sennit", "--grant", "fs:out"])).toMatchObject({ status: 0, stdout: "ok\n" });
    expect(readFileSync(join(folder.path, "out/a.txt"), "utf8")).toBe("x");
    expect(await folder.shared(["run", "granted/a.sennit"])).toMatchObject({ status: 0 });
  });

  it("keeps warnings and progress away from the output", async () => {
    using folder = new Folder({ "a.sennit": "para { k = 1; } progress(1, 2); print 1;" });
    const { status, stdout, stderr } = await folder.shared(["run", "a.sennit"]);

    expect({ status, stdout }).toEqual({ status: 0, stdout: "1\n" });
    expect(stderr).toContain("warning[lost-assignment]");
    expect(stderr).not.toContain("1/2");
    expect((await folder.shared(["run", "a.sennit", "--quiet"])).stderr).toBe("");
  });
});

describe("sennit check", () => {
  it("exits 0 with warnings and 2 with errors, naming all of both", async () => {
    using folder = new Folder({ "warns.sennit": "para { k = 1; }", "errs.sennit": "print a;\nprint b;" });

    expect(await folder.shared(["check", "warns.sennit"])).toMatchObject({ status: 0, stdout: "" });
    const both = await folder.shared(["check", "warns.sennit", "errs.sennit"]);
    expect(both.status).toBe(2);
    expect(both.stderr).toContain("2 files: 2 errors, 1 warning");
    const json = JSON.parse((await folder.shared(["check", "errs.sennit", "--json"])).stdout) as unknown[];
    expect(json).toMatchObject([
      { code: "unknown-name", line: 1 },
      { code: "unknown-name", line: 2 },
    ]);
  });
});

describe("sennit fmt", () => {
  it("formats in place, checks with exit 1, and leaves a broken file alone", async () => {
    using folder = new Folder({ "a.sennit": "x=1 ; // one\n", "broken.sennit": "x = (;\n" });

    expect(await folder.shared(["fmt", "--check", "a.sennit"])).toMatchObject({ status: 1 });
    expect(await folder.shared(["fmt", "a.sennit"])).toMatchObject({ status: 0 });
    expect(readFileSync(join(folder.path, "a.sennit"), "utf8")).toBe("x = 1; // one\n");
    expect(await folder.shared(["fmt", "--check", "a.sennit"])).toMatchObject({ status: 0 });
    expect(await folder.shared(["fmt", "broken.sennit"])).toMatchObject({ status: 2 });
    expect(readFileSync(join(folder.path, "broken.sennit"), "utf8")).toBe("x = (;\n");
    const piped = await folder.sennit(["fmt", "--stdin"], { input: "y=2;" });
    expect(piped).toMatchObject({ stdout: "y = 2;\n", status: 0 });
  });
});

describe("sennit plugin", () => {
  it("inspects and calls a plugin of any language", async () => {
    using folder = new Folder({});

    const shown = await folder.shared(["plugin", "inspect", join(samples, "counter-lua")]);
    expect(shown.stdout).toContain("export add: func(a: u32, b: u32) -> u32");
    const add = await folder.shared(["plugin", "call", join(samples, "counter-lua"), "add", "1", "2"]);
    expect(add).toMatchObject({ status: 0, stdout: "3\n" });
    for (const guest of ["c", "lua", "python"]) {
      const words = await folder.shared(["plugin", "call", join(samples, `counter-${guest}`), "count_words", "b a b"]);
      expect(words).toMatchObject({ status: 0, stdout: '[["a",1],["b",2]]\n' });
    }
    const failed = await folder.shared(["plugin", "call", join(samples, "counter-c"), "fail", "no"]);
    expect(failed).toMatchObject({ status: 1, stdout: '{"err":"no"}\n' });
  });
});

describe("sennit", () => {
  it("helps, tells its version, and completes", async () => {
    using folder = new Folder({});

    expect(await folder.shared(["--help"])).toMatchObject({ status: 0 });
    expect((await folder.shared(["--version"])).stdout).toMatch(/^sennit \d+\.\d+\.\d+\n$/);
    expect(await folder.shared(["completion", "bash"])).toMatchObject({ status: 0 });
    expect(await folder.shared(["completion", "tcsh"])).toMatchObject({ status: 2 });
    expect(await folder.shared(["rnu"])).toMatchObject({ status: 2, stdout: "" });
  });
});
