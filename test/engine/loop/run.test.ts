import { describe, expect, it } from "vitest";
import { ProgramRefused } from "../../../src/engine/embedding/refused.ts";
import { run } from "../../../src/engine/embedding/run-program.node.ts";
import type { RunProgramOptions } from "../../../src/engine/embedding/run-program.node.ts";
import { Fault } from "../../../src/fault.ts";

async function printed(source: string, options: RunProgramOptions = {}): Promise<readonly string[]> {
  const lines: string[] = [];
  await run(source, { ...options, onPrint: (line) => lines.push(line) });
  return lines;
}

describe("run()", () => {
  it("gives the program's value as plain JavaScript", async () => {
    expect(await run("1 + 2;")).toBe(3);
    expect(await run("record P { x: Float, ok: Bool } P(1.0, true);")).toEqual({ x: 1, ok: true });
    expect(await run('variant S { dot, words(String) } [S.dot, words("a")];')).toEqual([
      { tag: "dot" },
      { tag: "words", value: "a" },
    ]);
    expect(await run('["a": 1, "b": 2];')).toEqual(
      new Map([
        ["a", 1],
        ["b", 2],
      ]),
    );
    expect(await run("18446744073709551615;")).toBe(2n ** 64n - 1n);
  });

  it("takes params by their types", async () => {
    const source = "param n: Int; param xs: [Float] = [0.5]; param name: String? = nil; (n, sum(xs), name);";

    expect(await run(source, { params: { n: 2 } })).toEqual([2, 0.5, null]);
    expect(await run(source, { params: { n: 2n, xs: [1, 2.5], name: "a" } })).toEqual([2, 3.5, "a"]);
    await expect(run(source)).rejects.toMatchObject({ code: "bad-param" });
    await expect(run(source, { params: { n: 1.5 } })).rejects.toMatchObject({ code: "type-mismatch" });
    await expect(run(source, { params: { n: 1, m: 2 } })).rejects.toMatchObject({ code: "bad-param" });
  });

  it("refuses a program with mistakes, with all of them", async () => {
    const refused = await run('x = 1 +; print y; z: Int = "a";').catch((error: unknown) => error);

    expect(refused).toBeInstanceOf(ProgramRefused);
    expect((refused as ProgramRefused).diagnostics.length).toBeGreaterThanOrEqual(3);
  });

  it("rejects with the error that the program raised", async () => {
    await expect(run('raise "no";')).rejects.toMatchObject({ code: "raised", message: "no", source: "program" });
    await expect(run("assert 1 == 2;")).rejects.toMatchObject({ code: "assert" });
    await expect(run("1 div 0;")).rejects.toMatchObject({ code: "division-by-zero" });
  });

  it("calls functions of the embedding program, untyped", async () => {
    const functions = {
      add: (a: number, b: number) => a + b,
      later: async (s: string) => Promise.resolve(`${s}!`),
      fails: () => {
        throw new Error("broken");
      },
    };
    const source =
      'require add, later, fails; print add(1, 2); print later("hi"); try { fails(); } catch (e) { print e.message; }';

    expect(await printed(source, { functions })).toEqual(["3", "hi!", "program failed in fails: broken"]);
  });

  it("calls functions of the embedding program by their WIT", async () => {
    const wit =
      "package a:b; world w { record p { x: f64 } export norm: func(v: p) -> f64; export twice: func(n: u8) -> u8; }";
    const functions = { norm: (v: { x: number }) => Math.abs(v.x), twice: (n: number) => 2 * n };

    expect(
      await printed("require norm, twice; record P { x: Float } print norm(P(-2.0)); print twice(4);", {
        functions,
        wit,
      }),
    ).toEqual(["2.0", "8"]);
    await expect(run("require twice; twice(300);", { functions, wit })).rejects.toMatchObject({ code: "out-of-range" });
    await expect(run("require twice; twice(200);", { functions, wit })).rejects.toThrow(/twice/);
    await expect(run('require twice; twice("a");', { functions, wit })).rejects.toBeInstanceOf(ProgramRefused);
  });

  it("runs timers, races, timeouts and retries against the clock", async () => {
    expect(await printed('race { seq { sleep(1h); print "slow"; } print "fast"; }')).toEqual(["fast"]);
    await expect(run("timeout (5ms) { sleep(1h); }")).rejects.toMatchObject({ code: "timeout" });
    const source = 'n = 0; retry (times: 3, backoff: 1ms) { n = n + 1; if (n < 3) { raise "again"; } } print n;';
    expect(await printed(source)).toEqual(["3"]);
  });

  it("a late answer of an abandoned attempt is nobody's, though the next attempt asks under the same id", async () => {
    let calls = 0;
    let release: (answer: string) => void = () => {};
    const functions = {
      fails: async () => {
        if (calls < 2) throw new Error("first attempt");
        return Promise.resolve("fine");
      },
      // The first call answers only when the second one has been made, and before that one does.
      slow: () => {
        calls += 1;
        if (calls === 1) return new Promise<string>((resolve) => (release = resolve));
        release("old");
        return new Promise<string>((resolve) => setImmediate(() => resolve("new")));
      },
    };
    const source =
      "require fails, slow; x = retry (times: 2, backoff: 1ms) { para { slow(); seq { sleep(1ms); fails() } } }; print x;";

    expect(await printed(source, { functions })).toEqual(['["new", "fine"]']);
  });

  it("spawns workflows and joins them", async () => {
    const source =
      "workflow w(n: Int) -> Int { sleep(1ms); n * 2 } hs = map(range(3), |i| i); a = spawn w(20); b = spawn w(1); print await a + await b;";

    expect(await printed(source)).toEqual(["42"]);
  });

  it("says that signals and webhooks need a durable run", async () => {
    await expect(run('wait signal("go");')).rejects.toMatchObject({ code: "needs-durable-run" });
    await expect(run("webhook();")).rejects.toMatchObject({ code: "needs-durable-run" });
  });

  it("is cancelled also while every answer is there at once, so that nothing of the platform need happen", async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());

    const running = run("while (true) { now(); }", { signal: controller.signal });

    await expect(running).rejects.toMatchObject({ code: "cancelled" });
  });

  it("cancels: finally and undo run, and nothing is left", async () => {
    const controller = new AbortController();
    const lines: string[] = [];
    const running = run('try { print "in"; sleep(1h); } finally { print "out"; }', {
      signal: controller.signal,
      onPrint: (line) => {
        lines.push(line);
        if (line === "in") controller.abort();
      },
    });

    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(lines).toEqual(["in", "out"]);
  });

  it("gives the same random numbers for the same seed", async () => {
    const seed = new Uint8Array(32).fill(3);
    const first = await printed("print (random(), random(), uuid());", { seed });

    expect(await printed("print (random(), random(), uuid());", { seed })).toEqual(first);
    expect(await printed("print (random(), random(), uuid());")).not.toEqual(first);
  });

  it("runs commands only when granted", async () => {
    const source =
      'r = shell {"node", ["-e", "process.stdout.write(\'hi\'); process.exit(3)"]}; print (r.stdout, r.status);';

    await expect(run(source)).rejects.toMatchObject({ code: "denied" });
    await expect(run(source, { grants: ["run:git"] })).rejects.toMatchObject({ code: "denied" });
    expect(await printed(source, { grants: ["run:node"] })).toEqual(['("hi", 3)']);
    expect(await printed(source, { grants: ["run"] })).toEqual(['("hi", 3)']);
    const piped = 'print shellpipe { "echo" "b a" | "tr" "a" "c" }.stdout;';
    expect(await printed(piped, { grants: ["run"] })).toEqual(["b c\n"]);
    await expect(run('shell {"no-such-command"};', { grants: ["run"] })).rejects.toMatchObject({
      code: "command-failed",
    });
  });

  it("turns every failure into a Fault", async () => {
    await expect(run('require f from "acme:none";')).rejects.toBeInstanceOf(Fault);
  });
});
