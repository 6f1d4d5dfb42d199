import { describe, expect, it } from "vitest";

import fc from "../../fast-check.ts";
import { exportRun } from "../../../src/engine/history/export.ts";
import { importRun, startIn } from "../../../src/engine/history/import.ts";
import { readPortable, writePortable } from "../../../src/engine/history/portable.ts";
import type { Portable } from "../../../src/engine/history/portable.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { historyOf } from "../../../src/engine/history/history.ts";
import { readLog } from "../../../src/engine/history/log.ts";
import type { Readable } from "../../../src/engine/history/typed.ts";
import { Fault } from "../../../src/fault.ts";
import { encodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import type { Entry } from "../../../src/journal/entry/entry.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { Task } from "../../../src/lang/value.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance } from "../stub-program.ts";
import { PROGRAMS } from "./programs.ts";
import { played, readable, sendAll, sha256, taken } from "./recorded-run.ts";
import type { Stub } from "./recorded-run.ts";

const TEXT = `require pay;
workflow child(n: Int) -> Int { sleep (1ms); n * 2; }
a = pay("a");
t = spawn child(a);
print str(await t);
b = wait signal("go");
a;`;
const STUB: Stub = {
  functions: [witFunction("pay", [STRING], S32)],
  instance: () => directInstance(() => 7),
  manifest: { effects: { pay: "once" } },
};
const GO = [{ name: "go", value: "x".repeat(20_000) }]; // beside the log

async function exported(
  text = TEXT,
  stub = STUB,
): Promise<{ readonly portable: Portable; readonly program: Readable }> {
  const program = readable(text, stub);
  const { store } = await played(program, text, { signals: GO });
  return { portable: await exportRun(store, "run"), program };
}

function bytesOf(portable: Portable): Uint8Array {
  return Buffer.concat([...writePortable(portable, sha256)]);
}

function memory(): MemoryStore {
  return new MemoryStore({ hash: sha256, now: () => 5 });
}

function brought(store: MemoryStore, portable: Portable, readableProgram: Readable, id?: string): Promise<string> {
  const request = { readable: readableProgram, grants: ["run:git"], id, file: "there/test.sennit", now: 9 };
  return importRun(store, portable, request);
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return "fine";
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

/** With entries changed, and all digests made anew. */
function changed(portable: Portable, change: (entry: Entry, at: number) => Entry): Portable {
  const [first, ...others] = portable.runs;
  return { ...portable, runs: [{ ...first!, entries: first!.entries.map(change) }, ...others] };
}

describe("an exported run", () => {
  it("is the same again when it is read and written (P1)", async () => {
    const { portable } = await exported();
    expect(portable.runs.map(({ id }) => id)[0]).toBe("run");
    expect(portable.runs).toHaveLength(2);
    expect(portable.blobs.size).toBe(1);
    const bytes = bytesOf(portable);
    const back = readPortable(bytes, sha256);
    expect(back).toEqual(portable);
    expect(bytesOf(back)).toEqual(bytes);
  });

  it.each(PROGRAMS)("of $name goes on elsewhere from every prefix, to the same end", async ({ text, stub, play }) => {
    const program = readable(text, stub);
    const { store, result } = await played(program, text, play);
    const whole = await exportRun(store, "run");
    const [first, ...children] = whole.runs;
    const from = children.length > 0 ? first!.entries.length : 1;
    const isOpen = /timeout|race/.test(text) || stub.manifest?.language === undefined;
    for (let most = from; most <= first!.entries.length; most++) {
      const cut = { ...whole, runs: [{ ...first!, entries: first!.entries.slice(0, most) }, ...children] };
      const other = memory();
      const portable = readPortable(bytesOf(cut), sha256);
      await brought(other, portable, program);
      const sent = cut.runs[0]!.entries.filter(({ kind }) => kind === "SIG").length;
      if (sent < 2) await sendAll(other, "run", (play.signals ?? []).slice(sent));
      const again = await taken(other, readable(text, stub).program, "run");
      // What may happen once, and may have happened, is uncertain there.
      if (isOpen) expect(["done", "failed"]).toContain(again.state);
      else expect(again).toEqual(result);
    }
  });

  it("has none of the grants and states that it had, and its own name here (I1)", async () => {
    const { portable, program } = await exported('require pay; pay("a");');
    const snap: Entry = { kind: "SNAP", ir: "0".repeat(64), state: new Uint8Array(3) };
    const [first] = portable.runs;
    const entries = [...first!.entries.slice(0, 2), snap, ...first!.entries.slice(2)];
    const store = memory();
    const id = await brought(store, { ...portable, runs: [{ ...first!, entries }] }, program, "mine");
    const log = await readLog(store, id);
    expect(log.start.entry).toMatchObject({ grants: ["run:git"], parent: [] });
    expect(log.entries.map(({ entry }) => entry.kind)).not.toContain("SNAP");
    expect(log.root).toBe("run");
    expect(await store.header("mine")).toMatchObject({ state: "done", name: "there/test.sennit" });
    expect(await taken(store, program.program, "mine")).toEqual({ state: "done", value: 7 });
    const { steps } = await historyOf(log, program);
    expect(steps.find(({ kind }) => kind === "call")).toMatchObject({ begun: null, ended: null, state: "delivered" });
  });

  it("is not brought in twice, nor children under another name (I4)", async () => {
    const { portable, program } = await exported();
    const store = memory();
    expect(await codeOf(() => brought(store, portable, program, "other"))).toBe("import-refused");
    expect(await codeOf(() => brought(store, portable, program))).toBe("fine");
    expect(await codeOf(() => brought(store, portable, program))).toBe("id-taken");
    expect(await codeOf(() => brought(store, portable, program, "a/b"))).toBe("import-refused");
    expect(await store.list({})).toHaveLength(2);
    expect(await taken(store, program.program, "run")).toEqual({ state: "done", value: 7 });
  });

  it("is refused with another program than its own (I2)", async () => {
    const { portable } = await exported();
    const store = memory();
    const other = readable(TEXT.replace("n * 2", "n * 3"), STUB);
    expect(await codeOf(() => brought(store, portable, other))).toBe("diverged");
    expect(await store.list({})).toEqual([]);
  });

  it("is refused when it was damaged anywhere, and nothing comes of it (P2)", async () => {
    const { portable, program } = await exported();
    const bytes = bytesOf(portable);
    const refusals = ["import-invalid", "import-newer", "journal-newer", "limit-exceeded"];
    const refused = async (damaged: Uint8Array): Promise<void> => {
      const store = memory();
      const code = await codeOf(async () => brought(store, readPortable(damaged, sha256), program));
      expect(refusals).toContain(code);
      expect(await store.list({})).toEqual([]);
    };
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = bytes.slice();
        damaged[at] = (damaged[at] ?? 0) ^ flip;
        await refused(damaged);
      }),
      { numRuns: 300 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(bytes.length), async (from, count) => {
        await refused(bytes.slice(0, from)); // cut off
        if (count > 0) await refused(Buffer.concat([bytes.slice(0, from), bytes.slice(from + count)])); // cut out
      }),
      { numRuns: 100 },
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.uint8Array({ minLength: 1, maxLength: 40 }), async (at, more) => {
        await refused(Buffer.concat([bytes.slice(0, at), more, bytes.slice(at)]));
      }),
      { numRuns: 100 },
    );
  });

  it.each([
    ["text that is none", new TextEncoder().encode("hello"), "import-invalid"],
    ["nothing", new Uint8Array(), "import-invalid"],
    ["a newer version", new TextEncoder().encode("sennit run 3\nabc"), "import-newer"],
    [
      "a length beyond its end",
      new TextEncoder().encode("sennit run 1\n\u0001\u007f\u007f\u007f\u007f"),
      "import-invalid",
    ],
  ])("is not %s", async (_, bytes, code) => {
    expect(await codeOf(() => readPortable(bytes, sha256))).toBe(code);
  });

  it("holds no more than it may", async () => {
    const { portable } = await exported();
    const bytes = bytesOf(portable);
    const limits = { bytes: 1e9, runs: 9, entries: 999, blobs: 9 };
    for (const less of [{ bytes: bytes.length - 1 }, { runs: 1 }, { entries: 3 }, { blobs: 0 }]) {
      expect(await codeOf(() => readPortable(bytes, sha256, { ...limits, ...less }))).toBe("limit-exceeded");
    }
  });
});

describe("a hostile export, whole and with all its digests", () => {
  const value = (of: Value): Uint8Array => new ValueBytes(null).encode(of);
  /** Each level holds the one below twice. */
  const shared = (levels: number): Value => (levels === 0 ? 1 : ((below) => [below, below])(shared(levels - 1)));

  it.each<[string, (entry: Entry, at: number) => Entry]>([
    ["an answer of another type", (e) => (e.kind === "DONE" ? { ...e, value: value("seven") } : e)],
    ["an answer that is no value", (e) => (e.kind === "DONE" ? { ...e, value: Uint8Array.of(255, 1) } : e)],
    ["a task of somebody else's run", (e) => (e.kind === "DONE" ? { ...e, value: value(new Task("secret-run")) } : e)],
    ["a value that nobody can write out", (e) => (e.kind === "DONE" ? { ...e, value: value(shared(60)) } : e)],
    ["output that nobody can write out", (e) => (e.kind === "OUT" ? { ...e, value: value(shared(60)) } : e)],
    ["a second beginning", (e, at) => (at === 3 ? { kind: "END", ending: "done", value: value(1) } : e)],
    ["an answer to nothing", (e) => (e.kind === "DLV" ? { ...e, eff: "a".repeat(32) } : e)],
    ["a signal that is not there", (e) => (e.kind === "DLV" && e.signal > 0 ? { ...e, signal: 1 } : e)],
    ["a program of its own", (e) => (e.kind === "START" ? { ...e, ir: "0".repeat(64) } : e)],
    ["arguments that the program has not", (e) => (e.kind === "START" ? { ...e, args: value([1]) } : e)],
    ["a function that is none", (e) => (e.kind === "START" ? { ...e, function: 99 } : e)],
    ["another end", (e) => (e.kind === "END" ? { ...e, value: value(8) } : e)],
    ["output that it never had", (e) => (e.kind === "OUT" ? { ...e, eff: "b".repeat(32) } : e)],
  ])("with %s is refused, and nothing is written (I3)", async (_, change) => {
    const { portable, program } = await exported();
    const hostile = readPortable(bytesOf(changed(portable, change)), sha256);
    const store = memory();
    expect(["import-invalid", "diverged", "malformed"]).toContain(await codeOf(() => brought(store, hostile, program)));
    expect(await store.list({})).toEqual([]);
  });

  it("with any entry changed is refused, or a run like any other", async () => {
    const { portable, program } = await exported();
    const count = portable.runs[0]!.entries.length;
    const known = ["fine", "import-invalid", "diverged", "malformed", "journal-invalid", "limit-exceeded", "bad-id"];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(count - 1),
        fc.nat(count - 1),
        fc.constantFrom("drop", "twice", "swap"),
        async (a, b, how) => {
          const [first, ...others] = portable.runs;
          const entries = first!.entries.slice();
          if (how === "drop") entries.splice(a, 1);
          else if (how === "twice") entries.splice(b, 0, entries[a]!);
          else [entries[a], entries[b]] = [entries[b]!, entries[a]!];
          const hostile = { ...portable, runs: [{ ...first!, entries }, ...others] };
          const store = memory();
          const code = await codeOf(async () => {
            const read = readPortable(bytesOf(hostile), sha256);
            startIn(read);
            await brought(store, read, program);
          });
          expect(known).toContain(code);
          if (code !== "fine") expect(await store.list({})).toEqual([]);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("names values only by what they are", async () => {
    const { portable } = await exported();
    const [digest] = [...portable.blobs.keys()];
    const without = { ...portable, blobs: new Map() };
    expect(await codeOf(() => readPortable(bytesOf(without), sha256))).toBe("import-invalid");
    const more = { ...portable, blobs: new Map([...portable.blobs, ["f".repeat(64), Uint8Array.of(1)]]) };
    expect(await codeOf(() => readPortable(bytesOf(more), sha256))).toBe("import-invalid");
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(encodeEntry(portable.runs[0]!.entries[0]!).length).toBeGreaterThan(0);
  });
});
