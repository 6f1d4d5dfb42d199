import { describe, expect, it } from "vitest";

import fc from "../../../fast-check.ts";
import { codeNumber, type ErrorCode } from "../../../../src/host/component/wasi/files/error-code.ts";
import { LARGEST, MOST_WRITTEN } from "../../../../src/host/component/wasi/files/files.ts";
import { resolve } from "../../../../src/host/component/wasi/files/paths.ts";
import { wasiFunctions } from "../../../../src/host/component/wasi/functions.ts";
import { MOST_OBJECTS } from "../../../../src/host/component/wasi/holdings.ts";
import { functionsOf } from "../../../../src/wit/types.ts";
import { CaseValue, ERR, OK, type Value } from "../../../../src/wit/value.ts";
import { errorOf, type FakeGuest, guestWith, unwrap, wasiWorld } from "./guest.ts";
import { MemoryFiles } from "./memory-files.ts";

const D = "filesystem/types#[method]descriptor";
const FOLLOW = 1;
const CREATE = 1;
const DIRECTORY = 2;
const EXCLUSIVE = 4;
const TRUNCATE = 8;
const READ = 1;
const WRITE = 2;

const text = (written: string): Uint8Array => new TextEncoder().encode(written);
const failure = (code: ErrorCode): CaseValue => new CaseValue(ERR, codeNumber(code));
const done = new CaseValue(OK, null);

interface Opened {
  readonly guest: FakeGuest;
  readonly files: MemoryFiles;
  /** The first granted folder. */
  readonly root: Value;
  readonly open: (path: string, how?: number, flags?: number, follow?: number) => Promise<Value>;
}

async function opened(files = new MemoryFiles([["data", true]])): Promise<Opened> {
  const guest = await guestWith(files.imports());
  const [first] = (await guest.call("filesystem/preopens#get-directories")) as readonly (readonly [Value, string])[];
  const root = first?.[0] ?? null;
  const open: Opened["open"] = (path, how = 0, flags = READ, follow = FOLLOW) =>
    guest.call(`${D}.open-at`, root, follow, path, how, flags);
  return { guest, files, root, open };
}

describe("folders that were granted", () => {
  it("are there under their names; a file that was granted alone is not (F3)", async () => {
    const files = new MemoryFiles([
      ["data", true],
      ["more/in", false],
      ["one.txt", false],
    ]).put("one.txt", "x");
    const { guest } = await opened(files);

    const all = (await guest.call("filesystem/preopens#get-directories")) as readonly (readonly [Value, string])[];

    expect(all.map(([, name]) => name)).toEqual(["data", "more/in"]);
  });

  it("answer at once which they are and what may be done in them: start code may ask (W2)", async () => {
    const { guest, root, files } = await opened();
    files.asked.length = 0;

    expect(guest.colour("filesystem/preopens#get-directories")).toBe("sync");
    expect(guest.colour(`${D}.get-type`)).toBe("sync");
    expect(guest.colour(`${D}.get-flags`)).toBe("sync");
    expect(await guest.call(`${D}.get-type`, root)).toEqual(new CaseValue(OK, 3));
    expect(await guest.call(`${D}.get-flags`, root)).toEqual(new CaseValue(OK, READ | 32));
    expect(files.asked).toEqual([]);
  });

  it.each([
    ["nothing is given", [] as readonly string[], ["fs:data"]],
    ["the package wants nothing", ["data"], []],
    ["only a file was granted", ["one.txt"], ["fs:one.txt"]],
  ])("are none when %s, and nothing waits (Q2)", async (_, granted, wants) => {
    const files = new MemoryFiles(granted.map((path) => [path, true]));
    if (granted.includes("one.txt")) files.put("one.txt", "x");
    const guest = await guestWith(granted.length === 0 ? {} : files.imports(), wants);

    expect(await guest.call("filesystem/preopens#get-directories")).toEqual([]);
    expect(guest.colour(`${D}.stat`)).toBe("sync");
    expect(guest.colour("io/streams#[method]input-stream.read")).toBe("sync");
    expect(guest.colour("io/poll#poll")).toBe("sync");
  });

  it("are none when part of what they are made of is missing", async () => {
    const imports = new MemoryFiles([["data", true]]).imports();
    delete imports["sennit:host/files@0.2.0#link-status"];

    expect(await (await guestWith(imports)).call("filesystem/preopens#get-directories")).toEqual([]);
  });
});

it("a granted folder that is not there yet comes about with the first thing in it", async () => {
  for (const how of ["file", "folder"]) {
    const { guest, files, root, open } = await opened();
    files.nodes.delete("data");

    expect(await open("a.txt")).toEqual(failure("no-entry"));
    expect(await open("no/a.txt", CREATE, WRITE)).toEqual(failure("no-entry"));
    files.nodes.delete("data");
    if (how === "file") unwrap(await open("a.txt", CREATE, WRITE));
    else unwrap(await guest.call(`${D}.create-directory-at`, root, "sub"));
    expect([...files.nodes.keys()]).toEqual(["data", how === "file" ? "data/a.txt" : "data/sub"]);
  }
});

describe("descriptors", () => {
  it("have every function as WASI types it", async () => {
    const { guest } = await opened();
    const functions = wasiFunctions(guest.context);

    const all = [...functionsOf((await wasiWorld()).imports)];
    expect(all.length).toBeGreaterThan(80);
    for (const [key, fn] of all) {
      expect(functions(key, fn), key).toBeDefined();
      if (/incoming-request|io\/poll/.test(key)) continue; // of which there are no objects
      expect(functions(key, { ...fn, result: { kind: "char" } }), key).toBeUndefined();
    }
  });

  it("read and write at offsets", async () => {
    const { guest, files, open } = await opened();
    const file = unwrap(await open("a.txt", CREATE, READ | WRITE));

    expect(await guest.call(`${D}.write`, file, text("hello"), 2)).toEqual(new CaseValue(OK, 5));
    expect(files.text("data/a.txt")).toBe("\0\0hello");
    expect(await guest.call(`${D}.read`, file, 3, 2)).toEqual(new CaseValue(OK, [text("hel"), false]));
    expect(await guest.call(`${D}.read`, file, 100, 5)).toEqual(new CaseValue(OK, [text("lo"), true]));
    expect(await guest.call(`${D}.set-size`, file, 3)).toEqual(done);
    expect(files.text("data/a.txt")).toBe("\0\0h");
    expect(await guest.call(`${D}.sync`, file)).toEqual(done);
  });

  it("tell what is there: type, size, one of the times, and a hash that stays", async () => {
    const { guest, files, root, open } = await opened();
    files.put("data/a.txt", "four");
    const file = unwrap(await open("a.txt"));
    const stat = [6, 1, 4, null, [1_700_000_000, 500_000_000], null];

    expect(await guest.call(`${D}.stat`, file)).toEqual(new CaseValue(OK, stat));
    expect(await guest.call(`${D}.stat-at`, root, FOLLOW, "./a.txt")).toEqual(new CaseValue(OK, stat));
    expect(await guest.call(`${D}.stat-at`, root, FOLLOW, "a.txt/")).toEqual(new CaseValue(OK, stat));
    expect(await guest.call(`${D}.metadata-hash`, file)).toEqual(
      await guest.call(`${D}.metadata-hash-at`, root, FOLLOW, "a.txt"),
    );
    const again = unwrap(await open("x/../a.txt"));
    expect(await guest.call(`${D}.is-same-object`, file, again)).toBe(true);
    expect(await guest.call(`${D}.is-same-object`, file, root)).toBe(false);
  });

  it.each([
    ["what is not there", "no.txt", 0, READ, "no-entry"],
    ["what is there, exclusively", "a.txt", CREATE | EXCLUSIVE, WRITE, "exist"],
    ["a file as a folder", "a.txt", DIRECTORY, READ, "not-directory"],
    ["a file with a slash behind it", "a.txt/", 0, READ, "not-directory"],
    ["a folder for writing", "sub", 0, WRITE, "is-directory"],
    ["a folder to cut", "sub", TRUNCATE, WRITE, "is-directory"],
    ["a new folder", "new", CREATE | DIRECTORY, READ, "invalid"],
    ["something that is neither", "device", 0, READ, "not-permitted"],
    ["a file below a folder that is not there", "no/a.txt", CREATE, WRITE, "no-entry"],
    ["a path of nothing", "", 0, READ, "no-entry"],
  ] as const)("do not open %s", async (_, path, how, flags, code) => {
    const { files, open } = await opened();
    files.put("data/a.txt", "x").nodes.set("data/sub", { kind: "folder" });
    files.nodes.set("data/device", { kind: "other" });

    expect(await open(path, how, flags)).toEqual(failure(code));
  });

  it("do only what they were opened for", async () => {
    const { guest, files, open } = await opened();
    files.put("data/a.txt", "x");
    const reader = unwrap(await open("a.txt", 0, READ));
    const writer = unwrap(await open("a.txt", 0, WRITE));

    expect(await guest.call(`${D}.write`, reader, text("y"), 0)).toEqual(failure("bad-descriptor"));
    expect(await guest.call(`${D}.write-via-stream`, reader, 0)).toEqual(failure("bad-descriptor"));
    expect(await guest.call(`${D}.read`, writer, 1, 0)).toEqual(failure("bad-descriptor"));
    expect(await guest.call(`${D}.read-via-stream`, writer, 0)).toEqual(failure("bad-descriptor"));
    expect(await guest.call(`${D}.open-at`, reader, 0, "b", CREATE, WRITE)).toEqual(failure("not-directory"));
    expect(await guest.call(`${D}.read-directory`, reader)).toEqual(failure("not-directory"));
  });

  it("of a folder granted `:ro` change nothing, however they are asked (D1)", async () => {
    const files = new MemoryFiles([["data", false]]).put("data/a.txt", "x");
    files.nodes.set("data/sub", { kind: "folder" });
    const { guest, root, open } = await opened(files);
    const sub = unwrap(await open("sub", DIRECTORY));
    const file = unwrap(await open("a.txt"));
    files.asked.length = 0;

    for (const folder of [root, sub]) {
      expect(await guest.call(`${D}.open-at`, folder, 0, "a.txt", 0, WRITE)).toEqual(failure("read-only"));
      expect(await guest.call(`${D}.open-at`, folder, 0, "n.txt", CREATE, READ)).toEqual(failure("read-only"));
      expect(await guest.call(`${D}.open-at`, folder, 0, "a.txt", TRUNCATE, READ)).toEqual(failure("read-only"));
      expect(await guest.call(`${D}.create-directory-at`, folder, "n")).toEqual(failure("read-only"));
      expect(await guest.call(`${D}.remove-directory-at`, folder, "sub")).toEqual(failure("read-only"));
      expect(await guest.call(`${D}.unlink-file-at`, folder, "a.txt")).toEqual(failure("read-only"));
      expect(await guest.call(`${D}.rename-at`, folder, "a.txt", folder, "b.txt")).toEqual(failure("read-only"));
    }
    expect(await guest.call(`${D}.write`, file, text("y"), 0)).toEqual(failure("read-only"));
    expect(await guest.call(`${D}.set-size`, file, 0)).toEqual(failure("read-only"));
    expect(await guest.call(`${D}.append-via-stream`, file)).toEqual(failure("read-only"));
    expect(files.asked).toEqual([]);
    expect(files.text("data/a.txt")).toBe("x");
  });

  it("make, move and remove, and tell why not", async () => {
    const { guest, files, root } = await opened(
      new MemoryFiles([
        ["data", true],
        ["other", false],
      ]),
    );
    files.put("data/a.txt", "x");
    const all = (await guest.call("filesystem/preopens#get-directories")) as readonly (readonly [Value, string])[];
    const readOnly = all[1]?.[0] ?? null;

    expect(await guest.call(`${D}.create-directory-at`, root, "sub")).toEqual(done);
    expect(await guest.call(`${D}.create-directory-at`, root, "sub")).toEqual(failure("exist"));
    expect(await guest.call(`${D}.create-directory-at`, root, ".")).toEqual(failure("exist"));
    expect(await guest.call(`${D}.rename-at`, root, "a.txt", root, "sub/b.txt")).toEqual(done);
    expect(await guest.call(`${D}.rename-at`, root, "sub/b.txt", readOnly, "b.txt")).toEqual(failure("read-only"));
    expect(await guest.call(`${D}.rename-at`, root, ".", root, "sub/x")).toEqual(failure("busy"));
    expect(await guest.call(`${D}.remove-directory-at`, root, "sub")).toEqual(failure("not-empty"));
    expect(await guest.call(`${D}.unlink-file-at`, root, "sub")).toEqual(failure("is-directory"));
    expect(await guest.call(`${D}.remove-directory-at`, root, "sub/b.txt")).toEqual(failure("not-directory"));
    expect(await guest.call(`${D}.unlink-file-at`, root, "sub/b.txt")).toEqual(done);
    expect(await guest.call(`${D}.remove-directory-at`, root, "sub")).toEqual(done);
    expect(await guest.call(`${D}.remove-directory-at`, root, ".")).toEqual(failure("busy"));
    expect([...files.nodes.keys()]).toEqual(["data", "other"]);
  });

  it("make no links, read none, and set no times (W3)", async () => {
    const { guest, files, root } = await opened();
    files.nodes.set("data/link", { kind: "link", to: "data/a.txt" });
    const refused = failure("not-permitted");

    expect(await guest.call(`${D}.symlink-at`, root, "../x", "l")).toEqual(refused);
    expect(await guest.call(`${D}.link-at`, root, 0, "a", root, "b")).toEqual(refused);
    expect(await guest.call(`${D}.readlink-at`, root, "link")).toEqual(refused);
    expect(await guest.call(`${D}.set-times`, root, new CaseValue(1, null), new CaseValue(1, null))).toEqual(
      failure("unsupported"),
    );
  });

  it("follow a link only when asked, and only to where the engine lets it lead", async () => {
    const { files, open, guest, root } = await opened();
    files.put("data/a.txt", "x");
    files.nodes.set("data/in", { kind: "link", to: "data/a.txt" });
    files.nodes.set("data/out", { kind: "link", to: "/etc/passwd" });

    expect(await open("in", 0, READ, 0)).toEqual(failure("loop"));
    expect(await open("in")).toMatchObject({ index: OK });
    expect(await open("out")).toEqual(failure("not-permitted"));
    expect(await guest.call(`${D}.stat-at`, root, 0, "out")).toMatchObject({ index: OK });
    expect(await guest.call(`${D}.stat-at`, root, FOLLOW, "out")).toEqual(failure("not-permitted"));
  });

  it("of a file that was exchanged for a link reach what the engine lets the link lead to, and no more (D2)", async () => {
    const { files, open, guest } = await opened();
    const file = unwrap(await open("a.txt", CREATE, READ | WRITE));
    files.nodes.set("data/a.txt", { kind: "link", to: "/etc/passwd" });

    expect(await guest.call(`${D}.read`, file, 10, 0)).toEqual(failure("not-permitted"));
    expect(await guest.call(`${D}.write`, file, text("x"), 0)).toEqual(failure("not-permitted"));
  });
});

describe("streams of files", () => {
  const IN = "io/streams#[method]input-stream";
  const OUT = "io/streams#[method]output-stream";

  it("read on to the end, and skip", async () => {
    const { files, open, guest } = await opened();
    files.put("data/a.txt", "0123456789");
    const stream = unwrap(await guest.call(`${D}.read-via-stream`, unwrap(await open("a.txt")), 1));

    expect(await guest.call(`${IN}.read`, stream, 3)).toEqual(new CaseValue(OK, text("123")));
    expect(await guest.call(`${IN}.read`, stream, 0)).toEqual(new CaseValue(OK, text("")));
    expect(await guest.call(`${IN}.blocking-skip`, stream, 2)).toEqual(new CaseValue(OK, 2));
    expect(await guest.call(`${IN}.blocking-read`, stream, 99)).toEqual(new CaseValue(OK, text("6789")));
    for (let n = 0; n < 3; n++)
      expect(errorOf(await guest.call(`${IN}.blocking-read`, stream, 99))).toEqual(new CaseValue(1, null));
  });

  it("write on from an offset, and at the end", async () => {
    const { files, open, guest } = await opened();
    files.put("data/a.txt", "0123");
    const file = unwrap(await open("a.txt", 0, WRITE));
    const within = unwrap(await guest.call(`${D}.write-via-stream`, file, 1));
    const behind = unwrap(await guest.call(`${D}.append-via-stream`, file));

    expect(await guest.call(`${OUT}.write`, within, text("a"))).toEqual(done);
    expect(await guest.call(`${OUT}.blocking-write-and-flush`, behind, text("z"))).toEqual(done);
    expect(await guest.call(`${OUT}.blocking-write-and-flush`, within, text("b"))).toEqual(done);
    expect(await guest.call(`${OUT}.blocking-write-zeroes-and-flush`, behind, 2)).toEqual(done);
    expect(await guest.call(`${OUT}.blocking-flush`, behind)).toEqual(done);
    expect(files.text("data/a.txt")).toBe("0ab3z\0\0");
  });

  it("copy from one to another", async () => {
    const { files, open, guest } = await opened();
    files.put("data/a.txt", "copy me");
    const from = unwrap(await guest.call(`${D}.read-via-stream`, unwrap(await open("a.txt")), 0));
    const to = unwrap(await guest.call(`${D}.write-via-stream`, unwrap(await open("b.txt", CREATE, WRITE)), 0));

    expect(await guest.call(`${OUT}.blocking-splice`, to, from, 4)).toEqual(new CaseValue(OK, 4));
    expect(await guest.call(`${OUT}.splice`, to, from, 99)).toEqual(new CaseValue(OK, 3));
    expect(files.text("data/b.txt")).toBe("copy me");
    expect(errorOf(await guest.call(`${OUT}.splice`, to, from, 99))).toEqual(new CaseValue(1, null));
    expect(await guest.call(`${OUT}.check-write`, to)).toMatchObject({ index: OK });
  });

  it("that fail while they are copied to have ended, and those copied from have not", async () => {
    const { files, open, guest } = await opened();
    files.put("data/a.txt", "copy me");
    const from = unwrap(await guest.call(`${D}.read-via-stream`, unwrap(await open("a.txt")), 0));
    const to = unwrap(await guest.call(`${D}.write-via-stream`, unwrap(await open("b.txt", CREATE, WRITE)), 0));
    files.nodes.delete("data/b.txt");

    expect(errorOf(await guest.call(`${OUT}.splice`, to, from, 4))).toMatchObject({ index: 0 });
    expect(errorOf(await guest.call(`${OUT}.check-write`, to))).toEqual(new CaseValue(1, null));
    expect(await guest.call(`${IN}.read`, from, 9)).toEqual(new CaseValue(OK, text(" me")));
  });

  it("say once why they failed, by a code of files, and have ended then (T1)", async () => {
    const { files, open, guest } = await opened();
    files.put("data/a.txt", "x");
    const stream = unwrap(await guest.call(`${D}.read-via-stream`, unwrap(await open("a.txt")), 0));
    files.nodes.delete("data/a.txt");

    const failed = errorOf(await guest.call(`${IN}.read`, stream, 9)) as CaseValue;

    expect(failed.index).toBe(0);
    expect(await guest.call("filesystem/types#filesystem-error-code", failed.payload)).toBe(codeNumber("no-entry"));
    expect(await guest.call("http/types#http-error-code", failed.payload)).toBeNull();
    expect(await guest.call("io/error#[method]error.to-debug-string", failed.payload)).toContain("not-found");
    expect(errorOf(await guest.call(`${IN}.read`, stream, 9))).toEqual(new CaseValue(1, null));
  });

  it("of folders list each entry once, and end for good", async () => {
    const { files, guest, root } = await opened();
    files.put("data/a.txt", "x").nodes.set("data/sub", { kind: "folder" });
    files.nodes.set("data/l", { kind: "link", to: "data" });
    const entries = unwrap(await guest.call(`${D}.read-directory`, root));
    const next = (): Promise<Value> =>
      guest.call("filesystem/types#[method]directory-entry-stream.read-directory-entry", entries);

    expect([unwrap(await next()), unwrap(await next()), unwrap(await next())]).toEqual([
      [6, "a.txt"],
      [3, "sub"],
      [5, "l"],
    ]);
    for (let n = 0; n < 1000; n++) expect(unwrap(await next())).toBeNull();
  });
});

describe("paths", () => {
  it.each([
    ["/etc/passwd", "not-permitted"],
    ["//data", "not-permitted"],
    ["..", "not-permitted"],
    ["../data/a.txt", "not-permitted"],
    ["sub/../../x", "not-permitted"],
    ["./.././x", "not-permitted"],
    ["a\0b", "illegal-byte-sequence"],
    ["..\\x", "illegal-byte-sequence"],
    ["C:\\x", "illegal-byte-sequence"],
    ["a".repeat(256), "name-too-long"],
    ["a/".repeat(2049), "name-too-long"],
  ] as const)("%.20j never reaches the engine (P1, P2)", async (path, code) => {
    const { guest, files, root, open } = await opened();
    files.asked.length = 0;

    expect(await open(path, CREATE, READ | WRITE)).toEqual(failure(code));
    expect(await guest.call(`${D}.stat-at`, root, FOLLOW, path)).toEqual(failure(code));
    expect(await guest.call(`${D}.create-directory-at`, root, path)).toEqual(failure(code));
    expect(await guest.call(`${D}.rename-at`, root, "a", root, path)).toEqual(failure(code));
    expect(await guest.call(`${D}.rename-at`, root, path, root, "a")).toEqual(failure(code));
    expect(await guest.call(`${D}.unlink-file-at`, root, path)).toEqual(failure(code));
    expect(files.asked).toEqual([]);
  });

  it("of a folder that was opened lead nowhere above it", async () => {
    const { guest, files, open } = await opened();
    files.put("data/secret.txt", "x").nodes.set("data/sub", { kind: "folder" });
    const sub = unwrap(await open("sub", DIRECTORY));

    expect(await guest.call(`${D}.open-at`, sub, FOLLOW, "../secret.txt", 0, READ)).toEqual(failure("not-permitted"));
    expect(await guest.call(`${D}.stat-at`, sub, FOLLOW, "x/../../secret.txt")).toEqual(failure("not-permitted"));
  });

  it("stay below their base, whatever is written (P1)", () => {
    const step = fc.oneof(
      fc.constantFrom("..", ".", "", "a", "…", "ﬀ", "．．", "‥", "%2e%2e"),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), fc.constantFrom("", "base", "base/deep"), (steps, base) => {
        const written = steps.join("/");
        let resolved: string;
        try {
          resolved = resolve(base, written).steps;
        } catch {
          return;
        }
        expect(resolved === base || resolved.startsWith(base === "" ? "" : `${base}/`)).toBe(true);
        expect(resolved.split("/")).not.toContain("..");
        expect(resolved.startsWith("/")).toBe(false);
      }),
    );
  });
});

describe("what one guest may have", () => {
  it("is no file beyond the largest, gaps included, and no more written than allowed (F2)", async () => {
    const { guest, files, open } = await opened();
    const file = unwrap(await open("bomb", CREATE, WRITE));
    files.asked.length = 0;

    expect(await guest.call(`${D}.write`, file, text("x"), LARGEST)).toEqual(failure("file-too-large"));
    expect(await guest.call(`${D}.write`, file, text("x"), 2n ** 63n)).toEqual(failure("invalid"));
    expect(await guest.call(`${D}.set-size`, file, LARGEST + 1)).toEqual(failure("file-too-large"));
    expect(files.asked).toEqual([]);
    guest.context.powers.files?.admit(0, MOST_WRITTEN);
    expect(await guest.call(`${D}.write`, file, text("x"), 0)).toEqual(failure("quota"));
  });

  it("is so many open things and no more, and none once it has let go of them (K1, K2)", async () => {
    const { guest, files, open } = await opened();
    files.put("data/a.txt", "x");
    const before = guest.context.holdings.count;
    const kept: Value[] = [];
    while (guest.context.holdings.count < MOST_OBJECTS) kept.push(unwrap(await open("a.txt")));

    await expect(open("a.txt")).rejects.toMatchObject({ code: "memory-limit" });
    for (const each of kept) guest.drop(each);
    for (const each of kept) guest.drop(each);
    expect(guest.context.holdings.count).toBe(before);
    expect(await open("a.txt")).toMatchObject({ index: OK });
    guest.context.close();
    expect([guest.context.holdings.count, guest.context.holdings.bytes]).toEqual([0, 0]);
  });

  it("counts what listings hold", async () => {
    const { guest, files, root } = await opened();
    for (let n = 0; n < 100; n++) files.put(`data/${n}`, "");

    const entries = unwrap(await guest.call(`${D}.read-directory`, root));

    expect(guest.context.holdings.bytes).toBeGreaterThan(6_000);
    guest.drop(entries);
    expect(guest.context.holdings.bytes).toBe(0);
  });
});
