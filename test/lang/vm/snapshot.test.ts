import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serialize } from "node:v8";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import { decodeIr, encodeIr, irDigest } from "../../../src/lang/ir/ir-codec.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";
import { arbitraryProgram } from "./arbitrary-program.ts";
import { points, record, replayEverywhere } from "./replay.ts";
import type { Delivered, Script, Transcript } from "./replay.ts";
import type { Job, Resumed } from "./resume-job.ts";
import { withFunctions } from "./run-foreign.ts";
import { compileText } from "./run-program.ts";

/** `double` takes between 0 and 6 milliseconds, depending on its argument. */
const script: Script = {
  call: (_, [n]) => ({ value: Math.imul(Number(n), 2), after: (Math.abs(Number(n)) % 7) * 1e6 }),
};

function recorded(text: string): { ir: Ir; transcript: Transcript } {
  const ir = compileText(text, withFunctions);
  return { ir, transcript: record(ir, script) };
}

const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;
const RUNS: number = LONG ? 5000 : 150;

describe("snapshots", () => {
  it(`${RUNS} generated programs go on from every effect to the same output (I3)`, () => {
    const ends = new Map<string, number>();
    let effects = 0;
    fc.assert(
      fc.property(arbitraryProgram, (text) => {
        const { ir, transcript } = recorded(text);
        ends.set(transcript.end, (ends.get(transcript.end) ?? 0) + 1);
        effects += transcript.delivered.length;
        replayEverywhere(ir, transcript);
      }),
      // The same programs every time, but for the long run.
      { numRuns: RUNS, ...(LONG ? {} : { seed: 20261121 }) },
    );
    // The generator must not degenerate: most programs end, some fail, and they do have effects.
    expect(ends.get("done")).toBeGreaterThan(RUNS / 3);
    expect(ends.get("failed: raised")).toBeGreaterThan(0);
    expect(effects).toBeGreaterThan(RUNS * 3);
  }, 600_000);

  it("they go on in a fresh realm, from every effect", { timeout: 120_000 }, async () => {
    const worker = new Worker(new URL("resume-realm.ts", import.meta.url));
    try {
      const texts = fc.sample(arbitraryProgram, { seed: 20261121, numRuns: LONG ? 2000 : 200 });
      let resumed = 0;
      for (const { ir, transcript } of texts.map(recorded)) {
        const answers = plainAnswers(transcript.delivered);
        if (answers === null) continue;
        const bytes = encodeIr(ir);
        for (const { state, before, left } of points(ir, transcript, Math.ceil(answers.length / 12) || 1)) {
          worker.postMessage({ ir: bytes, state, left: answers.slice(answers.length - left.length) } satisfies Job);
          const [result] = (await once(worker, "message")) as [Resumed];
          expect([...before, ...result.lines]).toEqual(transcript.output);
          expect(transcript.end.startsWith(result.state)).toBe(true);
          resumed++;
        }
      }
      expect(resumed).toBeGreaterThan(texts.length);
    } finally {
      await worker.terminate();
    }
  });

  it("ten of them go on in a fresh process", () => {
    const folder = mkdtempSync(join(tmpdir(), "sennit-snapshot-"));
    try {
      const texts = fc.sample(arbitraryProgram, { seed: 7, numRuns: 200 });
      const waiting = texts.map(recorded).filter(({ transcript }) => transcript.delivered.length > 4);
      for (const { ir, transcript } of waiting.slice(0, 10)) continueElsewhere(folder, ir, transcript);
      expect(waiting.length).toBeGreaterThan(10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function continueElsewhere(folder: string, ir: Ir, transcript: Transcript): void {
  const all = points(ir, transcript);
  const { state, before, left } = all[Math.floor(all.length / 2)]!;
  const answers = plainAnswers(left);
  if (answers === null) throw new Error("an answer that is no plain data");
  const [input, output] = [join(folder, "job"), join(folder, "result")];
  writeFileSync(input, serialize({ ir: encodeIr(ir), state, left: answers }));
  execFileSync(process.execPath, [new URL("resume-child.ts", import.meta.url).pathname, input, output]);
  const result = JSON.parse(readFileSync(output, "utf8")) as Resumed;
  expect([...before, ...result.lines]).toEqual(transcript.output);
  expect(transcript.end.startsWith(result.state)).toBe(true);
}

/** The deliveries as data that can be sent anywhere; null when one is more than that. */
function plainAnswers(delivered: readonly Delivered[]): Job["left"] | null {
  const answers = delivered.flatMap((each) => {
    if (each.kind !== "answer" || each.answer.kind !== "ok") return [];
    const { value } = each.answer;
    if (value !== null && typeof value === "object") return [];
    return typeof value === "bigint" ? [] : [{ id: each.id, value }];
  });
  return answers.length === delivered.length ? answers : null;
}

/** A state with everything in it: handlers of every kind, groups, timers, undos, closures, tasks, maps, errors. */
const rich = `
  require double;
  record P { x: Float, y: Map<String, Int>? }
  variant V { a, b(Int) }
  workflow w(n: Int) -> Int { sleep(1s); n }
  t = spawn w(3);
  p = P(1.5, ["k": 2]);
  big = 18446744073709551615;
  f = |x: Int| x + big;
  any = json_decode("[1, {\\"a\\": 2.5}]");
  err = try { raise V.b(3); "" } catch (e) { e.message };
  try {
    retry (times: 2, within: 1h) { timeout (1h) { try {
      undo { print p; sleep(1s); }
      para {
        race { try { sleep(2s); } finally { sleep(1s); print "unwound"; } seq { sleep(1s); } }
        para for x in range(5) limit 2 { double(x); sleep(1s); print x; V.a };
        seq { for x in range(3) { double(x); } map([1, 2], |x| double(x + 1)) };
        seq { sleep(3s); raise "stop"; }
      }
    } finally { sleep(1s); print any; print err; print b"\\x00"; print f; } } }
  } catch (e) { print e.message; }
  print await t;`;

describe("decoding", () => {
  const { ir, transcript } = recorded(rich);
  const all = points(ir, transcript);

  it("the rich program is rich", () => {
    expect(transcript).toMatchObject({ end: "done" });
    expect(transcript.output).toContain("unwound");
    replayEverywhere(ir, transcript);
  });

  it("of IR is exact and canonical", () => {
    const bytes = encodeIr(ir);
    const copy = decodeIr(bytes);
    expect(encodeIr(copy)).toEqual(bytes);
    expect(irDigest(copy)).toBe(irDigest(ir));
    expect(copy.functions).toEqual(ir.functions);
  });

  /** Cut anywhere or with any byte changed: it reads, or it is `malformed`; it never hangs, and nothing else is thrown. */
  function attack(bytes: Uint8Array, decode: (bytes: Uint8Array) => unknown): void {
    const tryOne = (changed: Uint8Array): void => {
      try {
        decode(changed);
      } catch (error) {
        if (!(error instanceof Fault) || error.code !== "malformed") throw error;
      }
    };
    const at = fc.nat({ max: bytes.length - 1 });
    fc.assert(
      fc.property(at, (length) => tryOne(bytes.slice(0, length))),
      { numRuns: 300 },
    );
    const changes = fc.array(fc.tuple(at, fc.nat({ max: 255 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(changes, (edits) => {
        const changed = bytes.slice();
        for (const [index, byte] of edits) changed[index] = byte;
        tryOne(changed);
      }),
      { numRuns: 3000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), tryOne));
  }

  it("of damaged IR says `malformed`", () => {
    attack(encodeIr(ir), decodeIr);
  });

  it("of damaged snapshots says `malformed`", () => {
    for (const i of [2, Math.floor(all.length / 2), all.length - 2]) {
      attack(all[i]!.state, (bytes) => Vm.decode(ir, bytes));
    }
  });

  it("of a snapshot of another program is refused (P1)", () => {
    const other = compileText("sleep(1s);");
    expect(() => Vm.decode(other, all[0]!.state)).toThrow(expect.objectContaining({ code: "malformed" }));
  });

  it("shared values stay shared: a value built by doubling takes few bytes (B1)", () => {
    const { ir: doubling } = recorded(
      `a: [Any] = []; for i in range(40) { b: [Any] = [a, a]; a = b; } sleep(1s); print len(a);`,
    );
    const vm = Vm.start(doubling, 0, []);
    const [asked] = vm.run().requests;
    const bytes = vm.encode();
    expect(bytes.length).toBeLessThan(2000);
    const copy = Vm.decode(doubling, bytes);
    copy.deliver(asked!.id, { kind: "ok", value: null });
    expect(copy.run()).toMatchObject({ state: "done" });
  });

  it("a sleeping run is about a kilobyte", () => {
    const { ir: small } = recorded(`n = 3; name = "order"; sleep(1d); print n .. name;`);
    const vm = Vm.start(small, 0, []);
    vm.run();
    expect(vm.encode().length).toBeLessThan(1024);
  });
});
