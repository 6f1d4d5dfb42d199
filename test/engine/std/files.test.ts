/** `sennit:host/files`, under the grants of one package. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Grants } from "../../../src/engine/load/grants.ts";
import type { FilePorts } from "../../../src/engine/std/files.node.ts";
import { offeredFiles } from "../../../src/engine/std/offered-files.node.ts";
import { packageProvider } from "../../../src/engine/std/standard.node.ts";
import { parseCapability } from "../../../src/host/capability.ts";
import { FILE_ERRORS, FILE_KINDS } from "../../../src/host/offers.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import { CaseValue } from "../../../src/wit/value.ts";
import type { Value } from "../../../src/wit/value.ts";

const made: string[] = [];
let folder = "";
let outside = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sennit-files-"));
  outside = mkdtempSync(join(tmpdir(), "sennit-files-out-"));
  made.push(folder, outside);
  mkdirSync(join(folder, "data/deep"), { recursive: true });
  writeFileSync(join(folder, "data/a"), "abcdef");
  writeFileSync(join(outside, "secret"), "secret");
});
afterAll(() => {
  for (const each of made) rmSync(each, { recursive: true, force: true });
});

const never = new AbortController().signal;

/** A payload, or `case: text` of an error. */
function told(answer: Value): Value {
  if (!(answer instanceof CaseValue)) return answer;
  if (answer.index === 0) return answer.payload;
  const { index, payload } = answer.payload as CaseValue;
  return `${FILE_ERRORS[index]}: ${String(payload)}`;
}

type Ask = (fn: string, ...args: readonly Value[]) => Promise<Value>;

/** Calls under grants such as `data:ro`. */
function asking(grants: readonly string[], ports: Partial<FilePorts> = {}): Ask {
  const given = grants.map((grant) => ({
    path: join(folder, grant.replace(/:ro$/, "")),
    readOnly: grant.endsWith(":ro"),
  }));
  const calls = offeredFiles({ holder: "a:b=", written: () => [], folder, grants: () => given, ...ports });
  return async (fn, ...args) => told((await calls[fn]?.(args, never)) ?? null);
}

/** The case of an error, or `ok`. */
async function outcome(answer: Promise<Value>): Promise<string> {
  const value = await answer;
  const [name = ""] = typeof value === "string" ? value.split(":") : [];
  return (FILE_ERRORS as readonly string[]).includes(name) ? name : "ok";
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const kind = (name: (typeof FILE_KINDS)[number]): number => FILE_KINDS.indexOf(name);

async function instanceOf(grants: Grants): Promise<Instance> {
  const plugin = packageProvider(["files"], "a:b", { folder, grants, secrets: {} });
  return await plugin.instantiate({
    id: 1,
    imports: new Map(),
    seed: new Uint8Array(32),
    now: () => 0,
    sleep: () => Promise.resolve(),
    log: () => {},
  });
}

describe.each([true, false])("sennit:host/files, with handles of folders: %s", (byHandles) => {
  const all = (grants: readonly string[] = ["data"]): Ask => asking(grants, { byHandles });

  it("reads and writes whole files and parts of them", async () => {
    const ask = all();

    expect(await ask("read", "data/a")).toEqual(bytes("abcdef"));
    expect(await ask("read-at", "data/a", 2, 3)).toEqual(bytes("cde"));
    expect(await ask("read-at", "data/a", 4, 100)).toEqual(bytes("ef"));
    expect(await ask("read-at", "data/a", 100, 4_000_000_000)).toEqual(bytes(""));
    expect(await ask("write-at", "data/a", 4, bytes("EFGH"))).toBe(null);
    expect(await ask("append", "data/a", bytes("!"))).toBe(null);
    expect(await ask("read", "data/a")).toEqual(bytes("abcdEFGH!"));
    expect(await ask("set-size", "data/a", 2)).toBe(null);
    expect(await ask("write-at", "data/a", 3, bytes("x"))).toBe(null);
    expect(await ask("read", "data/a")).toEqual(bytes("ab\0x"));
    expect(await ask("write", "data/new/b", bytes("b"))).toBe(null);
    expect(await ask("sync", "data/new/b")).toBe(null);
    expect(await ask("sync", "data/new")).toBe(null);
    expect(readFileSync(join(folder, "data/new/b"), "utf8")).toBe("b");
  });

  it("makes, moves and removes files and folders, and says what is in the way", async () => {
    const ask = all();

    expect(await ask("create", "data/new")).toBe(null);
    expect(await outcome(ask("create", "data/new"))).toBe("exists");
    expect(await ask("make-folder", "data/folder")).toBe(null);
    expect(await outcome(ask("make-folder", "data/folder"))).toBe("exists");
    expect(await outcome(ask("make-folder", "data/none/folder"))).toBe("not-found");
    expect(await ask("rename", "data/new", "data/folder/moved")).toBe(null);
    expect(await outcome(ask("remove-folder", "data/folder"))).toBe("not-empty");
    expect(await outcome(ask("remove-folder", "data/a"))).toBe("not-a-folder");
    expect(await outcome(ask("remove", "data/folder"))).toBe("is-a-folder");
    expect(await outcome(ask("remove", "data/none"))).toBe("not-found");
    expect(await outcome(ask("write-at", "data/none", 0, bytes("x")))).toBe("not-found");
    expect(await outcome(ask("append", "data/none", bytes("x")))).toBe("not-found");
    expect(await outcome(ask("read", "data/deep"))).toBe("is-a-folder");
    expect(await outcome(ask("list", "data/a"))).toBe("not-a-folder");
    expect(await ask("remove", "data/folder/moved")).toBe(null);
    expect(await ask("remove-folder", "data/folder")).toBe(null);
    expect(readdirSync(join(folder, "data"))).toEqual(["a", "deep"]);
  });

  it("tells what a file is, of a link what it leads to or itself", async () => {
    const ask = all();
    symlinkSync("a", join(folder, "data/link"));
    linkSync(join(folder, "data/a"), join(folder, "data/same"));
    const [a, link, itself, same, deep] = (await Promise.all([
      ask("status-of", "data/a"),
      ask("status-of", "data/link"),
      ask("link-status", "data/link"),
      ask("status-of", "data/same"),
      ask("status-of", "data/deep"),
    ])) as unknown as readonly (readonly [number, number, bigint, number | bigint])[];

    expect(a?.slice(0, 2)).toEqual([kind("file"), 6]);
    expect(link).toEqual(a);
    expect(same).toEqual(a);
    expect(itself?.slice(0, 2)).toEqual([kind("link"), 0]);
    expect(deep?.slice(0, 2)).toEqual([kind("folder"), 0]);
    expect(deep?.[3]).not.toEqual(a?.[3]);
    expect(BigInt(a?.[2] ?? 0) > 1_700_000_000_000_000_000n).toBe(true);
    expect(await ask("list", "data")).toEqual([
      ["a", kind("file")],
      ["deep", kind("folder")],
      ["link", kind("link")],
      ["same", kind("file")],
    ]);
    expect(((await ask("status-of", "data")) as readonly Value[])[0]).toBe(kind("folder"));
  });

  it("leaves what was granted as a whole where it is (S4)", async () => {
    const ask = all(["data", "data/a", "only"]);
    writeFileSync(join(folder, "only"), "only");

    expect(await outcome(ask("remove", "only"))).toBe("denied");
    expect(await outcome(ask("rename", "only", "data/b"))).toBe("denied");
    expect(await outcome(ask("rename", "data/a", "only"))).toBe("denied");
    expect(await outcome(ask("remove-folder", "data"))).toBe("denied");
    expect(await outcome(ask("rename", "data", "data/x"))).toBe("denied");
    expect(await ask("remove", "data/a")).toBe(null); // it is in a folder that was granted
    expect(readFileSync(join(folder, "only"), "utf8")).toBe("only");
  });

  it("changes nothing under a grant to read (S3)", async () => {
    const ask = all(["data:ro"]);
    const changes: readonly (readonly [string, ...Value[]])[] = [
      ["write", "data/a", bytes("x")],
      ["write-at", "data/a", 0, bytes("x")],
      ["append", "data/a", bytes("x")],
      ["create", "data/new"],
      ["set-size", "data/a", 0],
      ["make-folder", "data/new"],
      ["remove", "data/a"],
      ["remove-folder", "data/deep"],
      ["rename", "data/a", "data/b"],
    ];
    for (const [fn, ...args] of changes) expect(await outcome(ask(fn, ...args)), fn).toBe("denied");

    expect(await ask("read", "data/a")).toEqual(bytes("abcdef"));
    expect(readdirSync(join(folder, "data"))).toEqual(["a", "deep"]);
  });

  it("is not led out by links, whatever it does, and removes a link alone (S1)", async () => {
    const ask = all();
    symlinkSync(join(outside, "secret"), join(folder, "data/file"));
    symlinkSync(outside, join(folder, "data/folder"));
    symlinkSync(join(outside, "new"), join(folder, "data/dangling"));
    for (const path of ["data/file", "data/folder/secret", "data/dangling", "data/folder/new"]) {
      const calls: readonly (readonly [string, ...Value[]])[] = [
        ["read", path],
        ["write", path, bytes("x")],
        ["read-at", path, 0, 1],
        ["write-at", path, 0, bytes("x")],
        ["append", path, bytes("x")],
        ["set-size", path, 0],
        ["status-of", path],
        ["sync", path],
      ];
      for (const [fn, ...args] of calls) expect(await outcome(ask(fn, ...args)), `${fn} ${path}`).toBe("denied");
    }
    for (const path of ["data/folder/secret", "data/folder/new"]) {
      for (const fn of ["create", "make-folder", "remove", "remove-folder", "link-status"])
        expect(await outcome(ask(fn, path)), `${fn} ${path}`).toBe("denied");
      expect(await outcome(ask("rename", "data/a", path))).toBe("denied");
      expect(await outcome(ask("rename", path, "data/taken"))).toBe("denied");
    }
    expect(await outcome(ask("create", "data/dangling"))).toBe("exists");
    expect(await outcome(ask("list", "data/dangling"))).not.toBe("ok");
    expect(await outcome(ask("list", "data/folder"))).toBe("denied");
    expect(await ask("rename", "data/file", "data/deep/file")).toBe(null);
    expect(readlinkSync(join(folder, "data/deep/file"))).toBe(join(outside, "secret"));
    expect(await outcome(ask("read", "data/deep/file"))).toBe("denied");
    expect(await ask("remove", "data/folder")).toBe(null);
    expect(await ask("remove", "data/deep/file")).toBe(null);
    expect(readdirSync(outside)).toEqual(["secret"]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });

  it("is not led out by a link that takes a folder's place between the check and the deed", async () => {
    const swap = (): void => {
      renameSync(join(folder, "data/deep"), join(folder, "data/moved"));
      symlinkSync(outside, join(folder, "data/deep"));
    };
    const back = (): void => {
      rmSync(join(folder, "data/deep"));
      renameSync(join(folder, "data/moved"), join(folder, "data/deep"));
    };
    writeFileSync(join(folder, "data/deep/secret"), "inside");
    const calls: readonly (readonly [string, ...Value[]])[] = [
      ["read-at", "data/deep/secret", 0, 100],
      ["write-at", "data/deep/secret", 0, bytes("x")],
      ["append", "data/deep/secret", bytes("x")],
      ["set-size", "data/deep/secret", 0],
      ["status-of", "data/deep/secret"],
      ["make-folder", "data/deep/new"],
      ["remove", "data/deep/secret"],
      ["sync", "data/deep/secret"],
    ];
    for (const [fn, ...args] of calls) {
      expect(await outcome(asking(["data"], { byHandles, onJudged: swap })(fn, ...args)), fn).not.toBe("ok");
      back();
    }
    let judged = 0;
    const second = (): void => void (++judged === 2 && swap());
    const moving = asking(["data"], { byHandles, onJudged: second });
    expect(await outcome(moving("rename", "data/a", "data/deep/taken"))).not.toBe("ok");

    expect(readdirSync(outside)).toEqual(["secret"]);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });
});

describe("sennit:host/files", () => {
  it("takes no more at once than it says", async () => {
    const ask = asking(["data"]);
    writeFileSync(join(folder, "data/huge"), "");
    truncateSync(join(folder, "data/huge"), 2 ** 29);

    expect(await outcome(ask("read", "data/huge"))).toBe("too-large");
    expect((await ask("read-at", "data/huge", 0, 4_000_000_000)) as Uint8Array).toHaveLength(16 * 1024 * 1024);
    for (const far of [2 ** 53, 2n ** 64n - 1n]) {
      expect(await outcome(ask("read-at", "data/a", far, 1))).toBe("invalid");
      expect(await outcome(ask("write-at", "data/a", far, bytes("x")))).toBe("invalid");
      expect(await outcome(ask("set-size", "data/a", far))).toBe("invalid");
    }
    expect(await outcome(ask("read", `data/${"x".repeat(300)}`))).toBe("invalid");
    expect(await outcome(ask("read", `data/${"a/".repeat(100_000)}`))).toBe("invalid");
    expect(await ask("read", "data/a")).toEqual(bytes("abcdef"));
  });

  it("shows nothing of this process, whatever was granted (S5)", async () => {
    const grants = new Grants();
    grants.add("a:b", "fs:/");
    await using instance = await instanceOf(grants);
    const ask = async (fn: string, path: string): Promise<Value> =>
      told(await instance.call(`sennit:host/files@0.2.0#${fn}`, [path]));

    symlinkSync("/proc/self/environ", join(folder, "data/environ"));
    for (const path of ["/proc/self/environ", "/proc/self/fd", "/dev/zero", "/sys", join(folder, "data/environ")]) {
      expect(await outcome(ask("read", path)), path).toBe("denied");
      expect(await outcome(ask("list", path)), path).toBe("denied");
    }
    expect(await ask("read", join(folder, "data/a"))).toEqual(bytes("abcdef"));
    expect(await outcome(ask("list", "/"))).toBe("ok");
    expect(await outcome(ask("status-of", "/"))).toBe("ok");
    expect(await outcome(ask("remove-folder", "/"))).toBe("denied");
  });

  it("asks for the grants at each call, and says which there are (V1)", async () => {
    const grants = new Grants();
    grants.add("a:b", "fs:data:ro");
    grants.add("b:c", "fs:.");
    await using instance = await instanceOf(grants);
    const ask = async (fn: string, ...args: readonly Value[]): Promise<Value> =>
      told(await instance.call(`sennit:host/files@0.2.0#${fn}`, args));

    expect(await ask("grants")).toEqual([["data", false]]);
    expect(await ask("read", "data/a")).toEqual(bytes("abcdef"));
    expect(grants.revoke("a:b", parseCapability("fs:data:ro"))).toBe(true);
    expect(await ask("read", "data/a")).toBe("denied: data/a: no grant covers it (--grant a:b=fs:<path>)");
    expect(await ask("grants")).toEqual([]);
    grants.add("a:b", "fs:data");
    expect(await ask("grants")).toEqual([["data", true]]);
    expect(await ask("write", "data/a", bytes("x"))).toBe(null);
  });

  it("keeps to what a grant meant when it was seen first (S1)", async () => {
    const grants = new Grants();
    grants.add("a:b", "fs:data");
    await using instance = await instanceOf(grants);
    renameSync(join(folder, "data"), join(folder, "moved"));
    symlinkSync(outside, join(folder, "data"));

    expect(await outcome(told2(instance, "read", "data/secret"))).toBe("denied");
    expect(await outcome(told2(instance, "remove", "data/secret"))).toBe("denied");
    expect(existsSync(join(outside, "secret"))).toBe(true);
  });

  it("never leaves what was granted, by whatever path", async () => {
    mkdirSync(join(folder, "other"));
    writeFileSync(join(folder, "other/secret"), "secret");
    symlinkSync("../other", join(folder, "data/up"));
    const ask = asking(["data"]);
    const part = fc.oneof(
      fc.constantFrom(
        "..",
        ".",
        "",
        "data",
        "deep",
        "up",
        "other",
        "secret",
        "a",
        "...",
        "~",
        "\\",
        "%2e%2e",
        "\uff0e\uff0e",
        "\u2025",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.boolean(), async (parts, absolute) => {
        const path = `${absolute ? "/" : ""}${parts.join("/")}`.toWellFormed();
        for (const fn of ["read", "write", "create", "remove"]) {
          await ask(fn, path, ...(fn === "write" ? [bytes("x")] : []));
        }
        expect(readdirSync(join(folder, "other"))).toEqual(["secret"]);
        expect(readFileSync(join(folder, "other/secret"), "utf8")).toBe("secret");
        expect(readdirSync(folder).toSorted()).toEqual(["data", "other"]);
      }),
      { numRuns: 25 },
    );
  });
});

async function told2(instance: Instance, fn: string, path: string): Promise<Value> {
  return told(await instance.call(`sennit:host/files@0.2.0#${fn}`, [path]));
}
