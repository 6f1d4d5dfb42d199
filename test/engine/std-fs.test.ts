import { mkdtempSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { fsPlugin, fsWorld } from "../../src/engine/std/fs.node.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { formatWorld } from "../../src/wit/text.ts";
import { CaseValue } from "../../src/wit/value.ts";
import type { Value } from "../../src/wit/value.ts";

const [NOT_FOUND, DENIED, NOT_TEXT] = [0, 1, 2];
const made: string[] = [];
let folder = "";
let outside = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sennit-fs-"));
  outside = mkdtempSync(join(tmpdir(), "sennit-fs-out-"));
  made.push(folder, outside);
  mkdirSync(join(folder, "data/deep"), { recursive: true });
  writeFileSync(join(folder, "data/a.txt"), "grüße 😀");
  writeFileSync(join(outside, "secret"), "secret");
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

async function call(fn: string, args: readonly Value[], grants: readonly string[]): Promise<CaseValue> {
  const plugin = fsPlugin(
    folder,
    grants.map((grant) => ({ path: join(folder, grant.replace(/:ro$/, "")), readOnly: grant.endsWith(":ro") })),
  );
  await using instance = await plugin.instantiate({
    id: 1,
    imports: new Map(),
    seed: new Uint8Array(32),
    now: () => 0,
    sleep: () => Promise.resolve(),
    log: () => {},
  });
  const value = await instance.call(fn, args);
  if (!(value instanceof CaseValue)) throw new Error("not a result");
  return value;
}

function error({ index, payload }: CaseValue): number {
  expect(index).toBe(1);
  return (payload as CaseValue).index;
}

describe("std:fs", () => {
  it("has the world of wit/std/fs.wit", async () => {
    const text = readFileSync(new URL("../../wit/std/fs.wit", import.meta.url), "utf8");

    expect(formatWorld(fsWorld)).toBe(formatWorld(await worldFromText(text)));
  });

  it("reads, writes and lists what was granted", async () => {
    expect(await call("read-text", ["data/a.txt"], ["data:ro"])).toEqual(new CaseValue(0, "grüße 😀"));
    expect(await call("list", ["data"], ["data:ro"])).toEqual(new CaseValue(0, ["a.txt", "deep/"]));
    expect(await call("write-text", ["out/new/b.txt", "b"], ["out"])).toEqual(new CaseValue(0, null));
    expect(readFileSync(join(folder, "out/new/b.txt"), "utf8")).toBe("b");
  });

  it("denies everything without a grant, and writing with a read-only one (S3)", async () => {
    expect(error(await call("read-text", ["data/a.txt"], []))).toBe(DENIED);
    expect(error(await call("read-text", ["data/a.txt"], ["database"]))).toBe(DENIED);
    expect(error(await call("write-text", ["data/a.txt", ""], ["data:ro"]))).toBe(DENIED);
  });

  it("cannot be left by .., absolute paths, links or NUL (S1)", async () => {
    symlinkSync(join(outside, "secret"), join(folder, "data/link"));
    symlinkSync(outside, join(folder, "data/folder"));
    for (const path of ["data/../../x", join(outside, "secret"), "data/link", "data/folder/secret", "data/\0a"]) {
      expect(error(await call("read-text", [path], ["data"])), path).toBe(DENIED);
    }
    expect(error(await call("write-text", ["data/link", "x"], ["data"]))).toBe(DENIED);
    expect(error(await call("write-text", ["data/folder/new", "x"], ["data"]))).toBe(DENIED);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });

  it("tells a missing file from one that is not text", async () => {
    writeFileSync(join(folder, "data/binary"), Uint8Array.of(0xff, 0xfe, 0x00));

    expect(error(await call("read-text", ["data/none"], ["data"]))).toBe(NOT_FOUND);
    expect(error(await call("read-text", ["data/binary"], ["data"]))).toBe(NOT_TEXT);
  });
});
