/** Files that come with a run from anybody: what is made of them here, and what is refused before anything is made. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { decodePack, encodePack, PACK_LIMITS } from "../../../src/engine/history/pack.ts";
import type { Pack } from "../../../src/engine/history/pack.ts";
import { clashIn, isSafePath } from "../../../src/engine/history/safe-paths.ts";
import { packagesOf, removeUnused, unpack } from "../../../src/engine/history/unpack.node.ts";
import { Fault } from "../../../src/fault.ts";
import { readProject } from "../../../src/host/package/package.node.ts";
import { levelOf } from "../../../src/host/package/project.ts";
import { Blob } from "../../../src/journal/entry/entry.ts";
import { hexOfBytes } from "../../../src/journal/entry/hex.ts";
import { encodeAny } from "../../../src/wit/cbor.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { sha256 } from "./recorded-run.ts";

const MANIFEST = '[package]\nname = "a:b"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "b.lua"\nwit = "b.wit"\n';
const FILES = { "app/p/b.lua": "return {}", "app/p/b.wit": "package a:b;", "app/p/sennit.toml": MANIFEST };

interface Packed {
  readonly pack: Pack;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

function packed(files: Readonly<Record<string, string>>, more: Partial<Pack> = {}): Packed {
  const contents = Object.entries(files).map(([path, text]) => [path, new TextEncoder().encode(text)] as const);
  const named = contents.map(([path, bytes]) => [path, new Blob(hexOfBytes(sha256(bytes)), bytes.length)] as const);
  const sorted = named.toSorted(([a], [b]) => (a < b ? -1 : 1));
  const pack = { program: "app/wf.sennit", dependencies: [], packages: [], files: new Map(sorted), ...more };
  return { pack, blobs: new Map(contents.map(([, bytes]) => [hexOfBytes(sha256(bytes)), bytes])) };
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return "fine";
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown.code;
    throw thrown;
  }
}

describe("a path from anybody", () => {
  it.each(["a", "a/b.lua", "ä/ß.wit", "日本/x", ".hidden", "a b", "com10", "a~1"])("may be %j", (path) => {
    expect(isSafePath(path)).toBe(true);
  });

  it.each([
    ..."/a|a/|a//b|.|..|../a|a/../../b|a/..|./a|a.|a |C:/x|C:|a:b|a\\b|..\\b|nul|NUL.txt|con|a/CoM1.lua|lpt9 .x|aux.".split(
      "|",
    ),
    "",
    "a\0b",
    "a\nb",
    "a\u200Db",
    "a\u202Eb",
    "a\uFEFF",
    "a\uD800",
    "a*",
    "a?",
    'a"',
    "<a",
    "a|b",
    "x".repeat(201),
    "COM¹",
    Array.from({ length: 40 }, () => "a").join("/"),
  ])("may not be %j (R1)", (path) => {
    expect(isSafePath(path)).toBe(false);
  });

  it("stays in its folder when it is safe, whatever it is", () => {
    const part = fc.constantFrom("..", ".", "a", "b.c", "/", "\\", "C:", " ", "con", "é", "");
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string({ unit: "binary", maxLength: 4 })), { maxLength: 6 }), (parts) => {
        const path = parts.join("/");
        fc.pre(isSafePath(path));
        const place = relative("/top", resolve("/top", ...path.split("/")));
        expect(place.replaceAll(sep, "/")).toBe(path);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [["a", "A"]],
    [["é", "e\u0301"]],
    [["straße", "STRASSE"]],
    [["a/x", "A/y"]],
    [["a", "a/b"]],
    [["a/b", "A"]],
    [["a", "a"]],
    [["ﬁ", "fi"]],
  ])("is in the way of another one: %j (R2)", (paths) => {
    expect(clashIn(paths)).toBe(paths[1]);
    expect(clashIn(["a/x", "a/y", "b"])).toBeNull();
  });
});

describe("a pack", () => {
  const whole = packed(FILES, { packages: ["app/p"], dependencies: [["a:b", "app/p"]] });

  it("is the same again when it is written and read", () => {
    expect(decodePack(encodePack(whole.pack))).toEqual(whole.pack);
  });

  it.each<[string, Packed]>([
    ["a path that leads out", packed({ "../x": "" })],
    ["a device", packed({ "a/nul": "" })],
    ["an absolute path", packed({ "/etc/x": "" })],
    ["a program that leads out", packed({}, { program: "../wf.sennit" })],
    ["a program in place of a file", packed({ "app/WF.sennit": "" })],
    ["a package that leads out", packed(FILES, { packages: ["app/p", ".."] })],
    ["a package that is not there", packed({}, { packages: ["q"] })],
    ["a package twice", packed(FILES, { packages: ["app/p", "app/p"] })],
    ["a bare file that is no component", packed({ "q.lua": "" }, { packages: ["q.lua"] })],
    ["the manifest of no package", packed({ "app/sennit.toml": "" })],
    ["such a one in other letters", packed({ "app/Sennit.TOML": "" })],
    ["one in a folder of a package", packed({ ...FILES, "app/p/in/package.json": "{}" }, { packages: ["app/p"] })],
    ["a lock file", packed({ "sennit.lock": "" })],
    ["a folder of that name", packed({ "app/sennit.toml/x": "" })],
    ["a name that is none", packed(FILES, { packages: ["app/p"], dependencies: [["A b", "app/p"]] })],
    ["a name of nothing", packed(FILES, { packages: ["app/p"], dependencies: [["a:b", "x"]] })],
    [
      "a name twice",
      packed(FILES, {
        packages: ["app/p"],
        dependencies: [
          ["a:b", "app/p"],
          ["a:b", "app/p"],
        ],
      }),
    ],
  ])("with %s is refused (K1, K2)", (_, { pack }) => {
    expect(codeOf(() => decodePack(encodePack(pack)))).toBe("import-invalid");
  });

  it("whose files are in another order is refused", () => {
    const pack = { ...whole.pack, files: new Map([...whole.pack.files].toReversed()) };
    expect(codeOf(() => decodePack(encodePack(pack)))).toBe("import-invalid");
  });

  it.each([[{ bytes: 10 }], [{ files: 2 }], [{ packages: 0 }]])("holds no more than it may: %j", (less) => {
    expect(codeOf(() => decodePack(encodePack(whole.pack), { ...PACK_LIMITS, ...less }))).toBe("limit-exceeded");
  });

  it("cannot hide what it holds behind sizes", () => {
    const huge = {
      ...whole.pack,
      files: new Map([["x", new Blob("0".repeat(64), Number.MAX_SAFE_INTEGER)]]),
      packages: [],
      dependencies: [],
    };
    expect(codeOf(() => decodePack(encodePack(huge)))).toBe("limit-exceeded");
  });

  it("of any data is refused or safe", () => {
    const text = fc.oneof(fc.constantFrom("..", "a", "app/p", "a:b", "sennit.toml", "x.wasm", "/"), fc.string());
    const list = fc.array(fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.nat()), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(fc.oneof(text, list), { maxLength: 5 }), (data) => {
        const code = codeOf(() => decodePack(encodeAny(data)));
        expect(["fine", "import-invalid", "limit-exceeded"]).toContain(code);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = encodePack(whole.pack).slice();
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
        const code = codeOf(() => {
          const pack = decodePack(bytes);
          for (const path of [pack.program, ...pack.files.keys()]) expect(isSafePath(path)).toBe(true);
        });
        expect(["fine", "import-invalid", "limit-exceeded"]).toContain(code);
      }),
      { numRuns: 500 },
    );
  });
});

describe("what is unpacked", () => {
  it("is plain files of its user only, in a folder of its own, and nothing when it is undone (U1)", async () => {
    await using folder = await temporaryFolder();
    const under = join(folder.path, "runs.db.packages");
    const { pack, blobs } = packed(FILES, { packages: ["app/p"], dependencies: [["a:b", "app/p"]] });
    const made = await unpack(pack, "1;", blobs, under);
    const top = join(under, readdirSync(under)[0] ?? "");

    expect(made.file).toBe(join(top, "app", "wf.sennit"));
    expect(readFileSync(made.file, "utf8")).toBe("1;");
    expect(readdirSync(join(top, "app"), { recursive: true }).map(String).toSorted()).toEqual(
      ["p", "p/b.lua", "p/b.wit", "p/sennit.toml", "sennit.toml", "wf.sennit"].map((path) => path.replaceAll("/", sep)),
    );
    expect(lstatSync(made.file).mode & 0o777).toBe(0o600);
    await made.undo();
    expect(existsSync(under)).toBe(false);
  });

  it("is shared by runs of the same packages, and stays while another one uses it", async () => {
    await using folder = await temporaryFolder();
    const { pack, blobs } = packed(FILES, { packages: ["app/p"] });
    const first = await unpack(pack, "1;", blobs, folder.path);
    const second = await unpack(pack, "1;", blobs, folder.path);
    const other = await unpack(pack, "2;", blobs, folder.path);

    expect(second.file).toBe(first.file);
    expect(other.file).not.toBe(first.file);
    await first.undo();
    await second.undo();
    await other.undo();
    expect(existsSync(first.file)).toBe(true);
    expect(existsSync(other.file)).toBe(false);
  });

  it("made at once is made once", async () => {
    await using folder = await temporaryFolder();
    const { pack, blobs } = packed(FILES, { packages: ["app/p"] });
    const all = await Promise.all(Array.from({ length: 5 }, () => unpack(pack, "1;", blobs, folder.path)));

    expect(new Set(all.map(({ file }) => file)).size).toBe(1);
    expect(readdirSync(folder.path)).toHaveLength(1);
  });

  it("has a project that grants nothing, and processes of their own for packages (U2)", async () => {
    await using folder = await temporaryFolder();
    const { pack, blobs } = packed(FILES, { packages: ["app/p"], dependencies: [["a:b", "app/p"]] });
    const { file } = await unpack(pack, "1;", blobs, folder.path);
    const project = await readProject(join(file, ".."));

    expect(project.folder).toBe(join(file, ".."));
    expect([...project.dependencies]).toEqual([["a:b", { kind: "path", path: "p" }]]);
    expect([project.programGrants, [...project.grants]]).toEqual([[], []]);
    for (const name of ["a:b", "./p"]) {
      expect(levelOf(project, { names: [name, "a:b"], place: join(file, "..", "p") })).toBe("L2");
    }
  });

  it("may be beside a program that stands in its own package", async () => {
    await using folder = await temporaryFolder();
    const { pack, blobs } = packed({ "sennit.toml": MANIFEST }, { program: "wf.sennit", packages: [""] });
    const { file } = await unpack(pack, "1;", blobs, folder.path);

    expect(readFileSync(join(file, "..", "sennit.toml"), "utf8")).toContain('name = "a:b"');
    expect((await readProject(join(file, ".."))).isolation?.default).toBe("L2");
  });

  it.each([
    ["grants", `${MANIFEST}[grants]\nprogram = ["run:sh"]\n`],
    ["trust", `${MANIFEST}[policy]\ntrust = ["a:b"]\n`],
    ["no package", "[limits]\n"],
    ["nothing", ""],
    ["what is no TOML", "[[["],
  ])("is nothing when a manifest has %s (K2)", async (_, manifest) => {
    await using folder = await temporaryFolder();
    const { pack, blobs } = packed({ "app/p/sennit.toml": manifest }, { packages: ["app/p"] });

    await expect(unpack(pack, "1;", blobs, folder.path)).rejects.toMatchObject({ code: "import-invalid" });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it("where nothing can be written is a clear error", async () => {
    await using folder = await temporaryFolder({ file: "" });
    const { pack, blobs } = packed(FILES, { packages: ["app/p"] });

    await expect(unpack(pack, "1;", blobs, join(folder.path, "file"))).rejects.toMatchObject({ code: "unpack-failed" });
  });

  it("goes when no run needs it any more, unless it is fresh", async () => {
    await using folder = await temporaryFolder();
    const store = join(folder.path, "runs.db");
    const { pack, blobs } = packed(FILES, { packages: ["app/p"] });
    const [needed, unused] = await Promise.all(
      ["1;", "2;"].map((text) => unpack(pack, text, blobs, packagesOf(store))),
    );
    const runs = {
      list: async () =>
        [
          { id: "a", name: needed?.file },
          { id: "b", name: "wf.sennit" },
        ] as never,
    };

    expect(await removeUnused(runs, store, Date.now())).toBe(0);
    expect(await removeUnused(runs, store, Date.now() + 4_000_000)).toBe(1);
    expect([needed, unused].map((each) => existsSync(each?.file ?? ""))).toEqual([true, false]);
    expect(await removeUnused({ list: async () => [] }, store, Date.now() + 4_000_000)).toBe(1);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(await removeUnused(runs, store, Date.now())).toBe(0);
  });
});
