/** What a run did, at the command line: its steps, its variables, a fork of it, where its data came from, and a move elsewhere. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder, samples } from "./sennit.ts";

const PROGRAM = `param who: String;
function greeting(name: String) -> String {
  $"Hello {name}";
}
n = 1;
for i in [1, 2] {
  n = n * 3;
  sleep (1ms);
  print $"{greeting(who)} {n}";
}
if (n > 100) { shell { "date" }; }
n;
`;

interface Step {
  readonly number: number | null;
  readonly kind: string;
  readonly line: number | null;
  readonly input: unknown;
}

describe("a run in a store", { timeout: 60_000 }, () => {
  let folder: Folder;
  const told = (...args: string[]): ReturnType<Folder["sennit"]> => folder.shared([...args, "--store", "runs.db"]);

  beforeAll(async () => {
    folder = new Folder({ "wf.sennit": PROGRAM });
    const ran = await told("run", "wf.sennit", "--id", "a", "--param", "who=Ada", "--grant", "run:date");
    expect(ran).toMatchObject({ status: 0, stdout: "Hello Ada 3\nHello Ada 9\n" });
  });
  afterAll(() => folder[Symbol.dispose]());

  async function prints(): Promise<readonly Step[]> {
    const { stdout } = await told("history", "a", "--json");
    const { steps, partial } = JSON.parse(stdout) as { steps: readonly Step[]; partial: string | null };
    expect(partial).toBeNull();
    return steps.filter(({ kind }) => kind === "print");
  }

  it("has a history, with lines, for people and as JSON", async () => {
    const { status, stdout, stderr } = await told("history", "a");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const [head, ...rows] = stdout.split("\n");
    expect(head).toMatch(/^STEP +TIME +TOOK +LINE +WHAT +STATE +INPUT +OUTPUT$/);
    expect(rows.filter((row) => / 9 +print +Hello Ada [39]$/.test(row))).toHaveLength(2);
    expect(rows.filter((row) => / 8 +sleep +delivered +1ms +nil$/.test(row))).toHaveLength(2);
    expect((await prints()).map(({ line, input }) => [line, input])).toEqual([
      [9, "Hello Ada 3"],
      [9, "Hello Ada 9"],
    ]);
  });

  it("shows its variables at a step", async () => {
    const [first] = await prints();
    const { stdout, status } = await told("history", "a", "--at", String(first?.number));
    expect(status).toBe(0);
    expect(stdout).toBe('main, waits for sleep\n  main at wf.sennit:8\n    who = "Ada"\n    n = 9\n    i = 2\n');
    const json = JSON.parse((await told("history", "a", "--at", "1", "--json")).stdout) as unknown;
    expect(json).toMatchObject({ run: "a", ending: null, branches: [{ name: "main", waits: "sleep" }] });
  });

  it("is forked, and goes on by itself", async () => {
    const [first] = await prints();
    expect(await told("history", "a", "--fork", String(first?.number), "--id", "b")).toMatchObject({
      status: 0,
      stdout: "b\n",
      stderr: "",
    });
    expect(await told("resume", "b")).toMatchObject({ status: 0 });
    expect((await told("logs", "b")).stdout).toBe("Hello Ada 3\nHello Ada 9\n");
    expect((await told("logs", "a")).stdout).toBe("Hello Ada 3\nHello Ada 9\n");
    expect((await told("history", "a", "--fork", "1", "--id", "b")).stderr).toContain("id-taken");
  });

  it("has a provenance in every format", async () => {
    const dot = await told("provenance", "a");
    expect(dot.stdout).toMatch(/^digraph "a" \{/);
    expect(dot.stdout).toMatch(/label="greeting\\nline 9\\n\\"Hello Ada\\""/);
    expect((await told("provenance", "a", "--format", "svg")).stdout).toMatch(/^<svg [^]*<\/svg>\n$/);
    const prov = JSON.parse((await told("provenance", "a", "--format", "prov-json")).stdout) as object;
    expect(Object.keys(prov)).toEqual(expect.arrayContaining(["prefix", "entity", "activity", "used"]));
    expect(await told("provenance", "a", "--format", "png")).toMatchObject({ status: 2 });
  });

  it("moves to another store and folder, and has to be granted there what it may do", async () => {
    expect(await told("export", "a", "--out", "a.journal")).toMatchObject({ status: 0, stderr: "" });
    expect((await told("export", "a", "--out", "a.journal")).stderr).toContain("file-exists");
    mkdirSync(join(folder.path, "there"));
    const brought = (...more: string[]): ReturnType<Folder["sennit"]> =>
      folder.shared(["import", "a.journal", "--store", "there/other.db", "--file", "there/wf.sennit", ...more]);

    const refused = await brought();
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain("--grant run:date");
    expect(existsSync(join(folder.path, "there/other.db"))).toBe(false);

    expect(await brought("--grant", "run:date")).toMatchObject({ status: 0, stdout: "a\n" });
    const other = ["--store", "there/other.db"];
    expect((await folder.shared(["logs", "a", ...other])).stdout).toBe("Hello Ada 3\nHello Ada 9\n");
    expect(await folder.shared(["resume", "a", ...other])).toMatchObject({ status: 0 });
    expect((await folder.shared(["history", "a", ...other, "--at", "4"])).stdout).toContain("there/wf.sennit:");
    expect((await brought("--grant", "run:date")).stderr).toContain("id-taken");
  });

  it("is told about every mistake", async () => {
    const mistakes: readonly (readonly [readonly string[], string])[] = [
      [["history"], "needs the id of one run"],
      [["history", "z"], "unknown-run"],
      [["history", "a", "--at", "999"], "unknown-step"],
      [["history", "a", "--at", "1", "--fork", "1"], "do not go together"],
      [["history", "a", "--id", "q"], "`--fork` makes"],
      [["import", "none.journal"], "file-not-found"],
      [["import", "."], "file-not-found"],
      [["import", "wf.sennit"], "This is no exported run"],
    ];
    for (const [args, says] of mistakes) {
      const { status, stderr } = await told(...args);
      expect(status).not.toBe(0);
      expect(stderr).toContain(says);
      expect(stderr).not.toContain("bug report");
    }
  });

  it("is told about a file that was damaged", async () => {
    await told("export", "a", "--out", "damaged.journal");
    const path = join(folder.path, "damaged.journal");
    const bytes = readFileSync(path);
    bytes[200] = (bytes[200] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    const { status, stderr } = await folder.shared(["import", "damaged.journal", "--store", "new.db"]);
    expect(status).not.toBe(0);
    expect(stderr).toContain("cannot be imported");
    expect(existsSync(join(folder.path, "new.db"))).toBe(false);
  });
});

describe("a run with packages", { timeout: 120_000 }, () => {
  it("goes on counting in an empty folder, with a Lua and a component counter", async () => {
    const text = `require increment as lua from "./counter-lua"; require increment as rust from "sample:counter-rust";
      print $"{lua()} {rust()}"; wait signal("go"); print $"{lua()} {rust()}";`;
    using here = new Folder({
      "wf.sennit": text,
      "sennit.toml": '[dependencies]\n"sample:counter-rust" = { path = "rust" }\n',
    });
    cpSync(join(samples, "counter-lua"), join(here.path, "counter-lua"), { recursive: true });
    for (const name of ["counter.wasm", "sennit.toml"]) {
      cpSync(join(samples, "counter-rust", name), join(here.path, "rust", name));
    }
    using there = new Folder({});
    const store = ["--store", "runs.db"];
    await here.sennit(["run", "wf.sennit", "--id", "a", ...store], { onLine: (_, kill) => kill("SIGKILL") });
    const exported = await here.shared(["export", "a", "--out", join(there.path, "a.journal"), ...store]);
    expect(exported).toMatchObject({ status: 0, stderr: "", stdout: expect.stringContaining(", 2 packages") });
    here[Symbol.dispose]();

    expect(await there.shared(["import", "a.journal", ...store])).toMatchObject({
      status: 0,
      stdout: "a\n",
      stderr: "",
    });
    await there.shared(["signal", "a", "go", ...store]);
    expect(await there.shared(["resume", "a", ...store])).toMatchObject({ status: 0, stderr: "" });
    expect((await there.shared(["logs", "a", ...store])).stdout).toBe("1 1\n2 2\n");
    expect((await there.shared(["history", "a", ...store])).stderr).toBe("");
  });
});
