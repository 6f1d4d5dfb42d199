import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { plainOptions } from "../../conformance/options.ts";
import type { FilePorts } from "../../../src/engine/std/files.node.ts";
import { fsPlugin, fsWorld } from "../../../src/engine/std/fs.node.ts";
import { worldFromText } from "../../../src/host/wit-source.ts";
import { formatWorld } from "../../../src/wit/text.ts";
import { CaseValue } from "../../../src/wit/value.ts";
import type { Value } from "../../../src/wit/value.ts";

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

async function call(
  fn: string,
  args: readonly Value[],
  grants: readonly string[],
  options: Partial<FilePorts> = {},
): Promise<CaseValue> {
  const given = grants.map((grant) => ({
    path: join(folder, grant.replace(/:ro$/, "")),
    readOnly: grant.endsWith(":ro"),
  }));
  const plugin = fsPlugin({ folder, grants: () => given, ...options });
  await using instance = await plugin.instantiate(plainOptions());
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
    const text = readFileSync(new URL("../../../wit/std/fs.wit", import.meta.url), "utf8");

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

  it("says no more of a file outside than that it is outside (S1)", async () => {
    for (const path of ["secret", "secret/below", "none", "none/below", "x".repeat(300), "\u{1f600}"]) {
      expect(error(await call("read-text", [join(outside, path)], ["data"])), path).toBe(DENIED);
    }
  });

  it("takes no other spelling of a name for the name: forms of Unicode, dots, spaces, backslashes", async () => {
    writeFileSync(join(outside, "é"), "outside");
    mkdirSync(join(folder, "dat\u00e9"));
    writeFileSync(join(folder, "dat\u00e9/a.txt"), "nfc");

    expect(await call("read-text", ["dat\u00e9/a.txt"], ["dat\u00e9"])).toEqual(new CaseValue(0, "nfc"));
    for (const path of [
      "dat\u0065\u0301/../../x",
      "data./a.txt",
      "data /a.txt",
      "data\u200b/a.txt",
      "DATA/a.txt",
      "..\\x",
      "\uff0e\uff0e/x",
      "data\u2215..\u2215x",
      "./..//./../x",
      "data/./../../data2",
      "\0",
      "data/a.txt\0.png",
    ]) {
      expect(error(await call("read-text", [path], ["data"])), path).toBe(DENIED);
    }
    // Whole names only, whatever they look like.
    writeFileSync(join(folder, "data/..."), "three dots");
    writeFileSync(join(folder, "data/..a"), "dots and a letter");
    expect(await call("read-text", ["data/..."], ["data"])).toEqual(new CaseValue(0, "three dots"));
    expect(await call("read-text", ["data/..a"], ["data"])).toEqual(new CaseValue(0, "dots and a letter"));
  });

  it("follows links that stay in the grant, and a grant that is a link", async () => {
    symlinkSync("a.txt", join(folder, "data/near"));
    symlinkSync(join(folder, "data"), join(folder, "alias"));

    expect(await call("read-text", ["data/near"], ["data"])).toEqual(new CaseValue(0, "grüße 😀"));
    expect(await call("read-text", ["alias/a.txt"], ["alias"])).toEqual(new CaseValue(0, "grüße 😀"));
    expect(await call("write-text", ["alias/new/b", "b"], ["alias"])).toEqual(new CaseValue(0, null));
    expect(readFileSync(join(folder, "data/new/b"), "utf8")).toBe("b");
  });

  it("does not follow a link that takes the place of what was granted, after the grant (S1)", async () => {
    const given = ["data", "none"].map((name) => ({ path: join(folder, name), readOnly: false }));
    const plugin = fsPlugin({ folder, grants: () => given });
    await using instance = await plugin.instantiate(plainOptions());
    rmSync(join(folder, "data"), { recursive: true });
    symlinkSync(outside, join(folder, "data"));
    symlinkSync(outside, join(folder, "none"));

    for (const name of ["data", "none"]) {
      const answer = await instance.call("read-text", [`${name}/secret`]);
      expect(error(answer as CaseValue), name).toBe(DENIED);
    }
  });

  it("looks at no path that is longer than any can be", async () => {
    expect((await call("read-text", [`data/${"a/".repeat(1_000_000)}`], ["data"])).index).toBe(1);
  });

  it("makes no file through a link that leads nowhere", async () => {
    symlinkSync(join(outside, "new"), join(folder, "data/dangling"));

    for (const path of ["data/dangling", "data/dangling/below"]) {
      expect((await call("write-text", [path, "x"], ["data"])).index, path).toBe(1);
    }
    expect(readdirSync(outside)).toEqual(["secret"]);
  });

  it.each(["data/deep/a.txt", "data/deep"])(
    "is not led out by a link that appears at %s between the check and the opening (O1)",
    async (victim) => {
      writeFileSync(join(folder, "data/deep/a.txt"), "inside");
      writeFileSync(join(outside, "a.txt"), "outside");
      const target = victim.endsWith(".txt") ? join(outside, "a.txt") : outside;
      const swap = (): void => {
        renameSync(join(folder, victim), join(folder, "data/moved"));
        symlinkSync(target, join(folder, victim));
      };
      const back = (): void => {
        rmSync(join(folder, victim));
        renameSync(join(folder, "data/moved"), join(folder, victim));
      };

      for (const [fn, args] of [
        ["read-text", ["data/deep/a.txt"]],
        ["write-text", ["data/deep/a.txt", "x"]],
        ["write-text", ["data/deep/new/b.txt", "x"]],
        ["list", ["data/deep"]],
      ] as const) {
        const answer = await call(fn, args, ["data"], { onJudged: swap });
        back();
        const isFileOnly = victim.endsWith(".txt") && args[0] !== "data/deep/a.txt";
        expect(answer.index, fn).toBe(isFileOnly ? 0 : 1);
        expect(JSON.stringify(answer)).not.toContain("outside");
      }
      expect(readdirSync(outside).toSorted()).toEqual(["a.txt", "secret"]);
      expect(readFileSync(join(outside, "a.txt"), "utf8")).toBe("outside");
      expect(readFileSync(join(folder, "data/deep/a.txt"), "utf8")).toBe("inside");
    },
  );

  it("reads and cuts nothing outside where folders have no handles, either (O2)", async () => {
    writeFileSync(join(folder, "data/deep/a.txt"), "inside");
    writeFileSync(join(outside, "a.txt"), "outside");
    const swap = (): void => {
      renameSync(join(folder, "data/deep"), join(folder, "data/moved"));
      symlinkSync(outside, join(folder, "data/deep"));
    };
    const back = (): void => {
      rmSync(join(folder, "data/deep"));
      renameSync(join(folder, "data/moved"), join(folder, "data/deep"));
    };

    for (const [fn, args] of [
      ["read-text", ["data/deep/a.txt"]],
      ["write-text", ["data/deep/a.txt", "x"]],
      ["write-text", ["data/deep/b.txt", "x"]],
      ["list", ["data/deep"]],
    ] as const) {
      expect(error(await call(fn, args, ["data"], { onJudged: swap, byHandles: false })), fn).toBe(DENIED);
      back();
    }
    expect(readFileSync(join(outside, "a.txt"), "utf8")).toBe("outside");
    expect(readFileSync(join(outside, "b.txt"), "utf8")).toBe("");
    const plain = { byHandles: false };
    expect(await call("write-text", ["data/new/b", "b"], ["data"], plain)).toEqual(new CaseValue(0, null));
    expect(await call("read-text", ["data/new/b"], ["data"], plain)).toEqual(new CaseValue(0, "b"));
    expect(await call("list", ["data/new"], ["data"], plain)).toEqual(new CaseValue(0, ["b"]));
  });

  it("is not led out when the granted folder itself becomes a link (O1)", async () => {
    const swap = (): void => {
      renameSync(join(folder, "data"), join(folder, "moved"));
      symlinkSync(outside, join(folder, "data"));
    };

    expect((await call("write-text", ["data/new", "x"], ["data"], { onJudged: swap })).index).toBe(1);
    expect(existsSync(join(outside, "new"))).toBe(false);
  });

  it("is not led out when a folder above the granted one becomes a link (O1)", async () => {
    mkdirSync(join(outside, "deep"));
    writeFileSync(join(outside, "deep/a.txt"), "outside");
    const swap = (): void => {
      renameSync(join(folder, "data"), join(folder, "moved"));
      symlinkSync(outside, join(folder, "data"));
    };

    expect(error(await call("read-text", ["data/deep/a.txt"], ["data/deep"], { onJudged: swap }))).toBe(DENIED);
  });

  it("reads and writes regular files only (O3)", async () => {
    execFileSync("mkfifo", [join(folder, "data/pipe")]);

    expect((await call("read-text", ["data/pipe"], ["data"])).index).toBe(1);
    expect((await call("write-text", ["data/pipe", "x"], ["data"])).index).toBe(1);
    expect((await call("read-text", ["data/deep"], ["data"])).index).toBe(1);
    expect((await call("list", ["data/a.txt"], ["data"])).index).toBe(1);
  });

  it("takes a grant of one file for that file", async () => {
    expect(await call("write-text", ["data/a.txt", "new"], ["data/a.txt"])).toEqual(new CaseValue(0, null));
    expect(await call("write-text", ["only/b.txt", "new"], ["only/b.txt"])).toEqual(new CaseValue(0, null));
    expect(readFileSync(join(folder, "only/b.txt"), "utf8")).toBe("new");
    expect(error(await call("write-text", ["data/b.txt", "x"], ["data/a.txt"]))).toBe(DENIED);
    expect(error(await call("list", ["data"], ["data/a.txt"]))).toBe(DENIED);
  });

  it("leaves a longer file not behind a shorter one", async () => {
    await call("write-text", ["data/a.txt", "x"], ["data"]);

    expect(readFileSync(join(folder, "data/a.txt"), "utf8")).toBe("x");
  });
});
