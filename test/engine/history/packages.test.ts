/** A run with the packages that it counts with, exported where it began and brought in where nothing of them is. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { beginRun, resumeRun, startOf } from "../../../src/engine/durable/durable-run.ts";
import type { Taken } from "../../../src/engine/durable/durable-run.ts";
import { follow } from "../../../src/engine/durable/follow.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { bringIn } from "../../../src/engine/history/bring.node.ts";
import type { Brought, BringRequest } from "../../../src/engine/history/bring.node.ts";
import { exportRun } from "../../../src/engine/history/export.ts";
import { encodePack } from "../../../src/engine/history/pack.ts";
import { withPackages } from "../../../src/engine/history/pack-files.node.ts";
import { readPortable, writePortable } from "../../../src/engine/history/portable.ts";
import type { Portable } from "../../../src/engine/history/portable.ts";
import { Fault } from "../../../src/fault.ts";
import { loadProgram } from "../../../src/engine/load/load.node.ts";
import type { Loaded } from "../../../src/engine/load/load.node.ts";
import { Blob } from "../../../src/journal/entry/entry.ts";
import { hexOfBytes } from "../../../src/journal/entry/hex.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { PassingClock, portsOf } from "../durable/crash.ts";
import { TestServer } from "../std/http-server.ts";
import { sha256 } from "./recorded-run.ts";

const SAMPLES = fileURLToPath(new URL("../../../plugins/samples", import.meta.url));

const TEXT = `require increment as lua from "./plugins/counter-lua";
require increment as rust from "sample:counter-rust@^1.0";
require increment as bare from "../shared/tally.wasm";
require "./lib/util.sennit";
print $"{lua()} {rust()} {bare()} {twice(1)}";
x = wait signal("go");
print $"{lua()} {rust()} {bare()} {twice(2)}";
`;
const PROJECT = `[dependencies]
"sample:counter-rust" = { path = "../../elsewhere/rust" }
"sample:unused" = { path = "../../elsewhere/unused" }
[grants]
program = ["run:date"]
"sample:counter-lua" = ["log"]
[policy]
isolation = { default = "L0" }
trust = ["sample:counter-lua"]
`;

function store(): MemoryStore {
  return new MemoryStore({ hash: sha256, now: () => 5 });
}

async function loaded(
  file: string,
  text: string,
  { grants = [], secrets = {} }: { grants?: readonly string[]; secrets?: Readonly<Record<string, string>> } = {},
): Promise<Extract<Loaded, { ok: true }>> {
  const request = { isolation: "L0", besideVm: false, warn: () => {} } as const;
  const found = await loadProgram({ ...request, file, text, grants, secrets });
  if (!found.ok) throw new Error(found.diagnostics.map(({ title }) => title).join("\n"));
  return found;
}

async function taken(kept: MemoryStore, program: Extract<Loaded, { ok: true }>["program"]): Promise<Taken> {
  const grants = { allowsCommand: () => false };
  return await resumeRun(kept, program, "run", portsOf(new PassingClock()), { grants, sleepAfter: 1 });
}

/** Begins a run of a file, and takes it as far as it goes. */
async function begun(file: string, text: string, how: Parameters<typeof loaded>[2] = {}): Promise<MemoryStore> {
  const kept = store();
  const found = await loaded(file, text, how);
  await using program = found.program;
  const more = { source: text, function: 0, args: [], seed: new Uint8Array(32), created: 1 };
  await beginRun(kept, program, { id: "run", name: file, grants: how.grants ?? [], ...more });
  await taken(kept, program);
  return kept;
}

async function goesOn(kept: MemoryStore): Promise<Taken> {
  const name = (await kept.header("run"))?.name ?? "";
  const { program: source } = await startOf(kept, "run");
  const found = await loaded(name, new TextDecoder().decode(source as Uint8Array));
  await using program = found.program;
  return await taken(kept, program);
}

async function lines(kept: MemoryStore): Promise<readonly string[]> {
  const shown: string[] = [];
  for await (const { event } of follow(kept, "run", new ValueBytes(null)))
    if (event.kind === "print") shown.push(event.text);
  return shown;
}

function exported(kept: MemoryStore): Promise<Portable> {
  return exportRun(kept, "run").then((runs) => withPackages(kept, runs, { warn: () => {} }));
}

function bytesOf(portable: Portable): Uint8Array {
  return Buffer.concat([...writePortable(portable, sha256)]);
}

function brought(
  portable: Portable,
  kept: MemoryStore,
  beside: string,
  more: Partial<BringRequest> = {},
): Promise<Brought> {
  return bringIn({
    bytes: bytesOf(portable),
    beside,
    grants: [],
    isolation: "L0",
    warn: () => {},
    withStore: (work) => work(kept),
    ...more,
  });
}

/** A project whose packages lie in three places. */
async function projected(): Promise<Awaited<ReturnType<typeof temporaryFolder>> & { readonly file: string }> {
  const folder = await temporaryFolder({
    "work/app/wf.sennit": TEXT,
    "work/app/sennit.toml": PROJECT,
    "work/app/lib/util.sennit": "function twice(n: Int) -> Int { n * 2; }\n",
    "work/app/secret.txt": "not for others",
    "elsewhere/rust/build/huge.bin": "not for others",
  });
  const at = (...names: string[]): string => join(folder.path, ...names);
  cpSync(join(SAMPLES, "counter-lua"), at("work", "app", "plugins", "counter-lua"), { recursive: true });
  for (const name of ["counter.wasm", "sennit.toml"])
    cpSync(join(SAMPLES, "counter-rust", name), at("elsewhere", "rust", name));
  mkdirSync(at("work", "shared"));
  cpSync(join(SAMPLES, "counter-rust", "counter.wasm"), at("work", "shared", "tally.wasm"));
  return { ...folder, file: at("work", "app", "wf.sennit") };
}

/** One such run for every test that changes nothing of it. */
let one:
  | Promise<{
      readonly from: Awaited<ReturnType<typeof projected>>;
      readonly kept: MemoryStore;
      readonly portable: Portable;
    }>
  | undefined;

function whole(): NonNullable<typeof one> {
  return (one ??= (async () => {
    const from = await projected();
    const kept = await begun(from.file, TEXT);
    return { from, kept, portable: await exported(kept) };
  })());
}

afterAll(async () => await (await one)?.from[Symbol.asyncDispose]());

describe("an exported run with packages", () => {
  it("goes on counting in an empty folder", async () => {
    await using from = await projected();
    const kept = await begun(from.file, TEXT);
    const portable = await exported(kept);
    await using to = await temporaryFolder();
    const other = store();
    const { file } = await brought(readPortable(bytesOf(portable), sha256), other, join(to.path, "runs.db"));
    await from[Symbol.asyncDispose](); // nothing of it is needed any more
    await sendSignal(other, "run", { name: "go", value: 1, sender: "s" });

    expect(file.startsWith(join(to.path, "runs.db.packages"))).toBe(true);
    expect(await goesOn(other)).toMatchObject({ state: "done" });
    expect(await lines(other)).toEqual(["1 1 1 2", "2 2 2 4"]);
  });

  it("has what opening its packages takes, each content once, and no more", async () => {
    const { from, portable } = await whole();
    const { pack, blobs } = portable;

    expect(pack?.program).toBe("app/wf.sennit");
    expect([...(pack?.files.keys() ?? [])]).toEqual([
      "app/lib/util.sennit",
      "app/plugins/counter-lua/counter.lua",
      "app/plugins/counter-lua/counter.wit",
      "app/plugins/counter-lua/sennit.toml",
      "packages/sample.counter-rust/counter.wasm",
      "packages/sample.counter-rust/sennit.toml",
      "shared/tally.wasm",
    ]);
    expect(pack?.dependencies).toEqual([["sample:counter-rust", "packages/sample.counter-rust"]]);
    expect(new Set([...(pack?.files.values() ?? [])].map(({ digest }) => digest)).size).toBe(6);
    const text = Buffer.concat([...blobs.values()]).toString("latin1");
    for (const part of ["not for others", "[grants]", "run:date", "trust", from.path]) expect(text).not.toContain(part);
    expect(readPortable(bytesOf(portable), sha256)).toEqual(portable);
  });

  it("gives nothing that its project granted, and trusts nothing (U2)", async () => {
    await using from = await projected();
    const portable = await exported(await begun(from.file, `${TEXT}if (false) { shell { "date" }; }`));
    await using to = await temporaryFolder();
    const beside = join(to.path, "runs.db");

    await expect(brought(portable, store(), beside)).rejects.toMatchObject({
      code: "denied",
      hint: expect.stringContaining("--grant run:date") as string,
    });
    expect(readdirSync(to.path)).toEqual([]);
    const { file } = await brought(portable, store(), beside, { grants: ["run:date"] });
    expect(readFileSync(join(dirname(file), "sennit.toml"), "utf8")).not.toMatch(/grants|trust|L0/);
  });

  it("is of the first version without files, and the program is found where it is said to be", async () => {
    const { from, kept } = await whole();
    const bytes = bytesOf(await exportRun(kept, "run"));
    expect(Buffer.from(bytes.subarray(0, 13)).toString()).toBe("sennit run 1\n");
    await using to = await temporaryFolder();
    const beside = join(to.path, "runs.db");
    const bare = readPortable(bytes, sha256);

    await expect(brought(bare, store(), beside)).rejects.toMatchObject({ code: "refused" });
    expect(await brought(bare, store(), beside, { file: from.file })).toMatchObject({ file: from.file });
    expect(readdirSync(to.path)).toEqual([]);
  });

  it("takes the packages beside `file` rather than its own", async () => {
    const { from, portable } = await whole();
    await using to = await temporaryFolder();

    expect(await brought(portable, store(), join(to.path, "runs.db"), { file: from.file })).toMatchObject({
      file: from.file,
    });
    expect(readdirSync(to.path)).toEqual([]);
  });

  it("is not exported with packages that are not what it began with, and is without them", async () => {
    await using from = await projected();
    const kept = await begun(from.file, TEXT);
    const code = join(from.path, "work", "app", "plugins", "counter-lua", "counter.lua");
    writeFileSync(code, `${readFileSync(code, "utf8")}\n-- changed\n`);

    await expect(exported(kept)).rejects.toMatchObject({
      code: "export-refused",
      hint: expect.stringContaining("--no-packages") as string,
    });
    expect((await exportRun(kept, "run")).pack).toBeNull();
  });

  it("may be of a program that stands in the package that it requires", async () => {
    await using from = await temporaryFolder({ "p/examples/wf.sennit": "" });
    const text = `require increment from "../"; require increment as rust from "sample:counter-rust";
      print $"{increment()} {rust()}"; wait signal("go"); print $"{increment()} {rust()}";`;
    cpSync(join(SAMPLES, "counter-lua"), join(from.path, "p"), { recursive: true });
    const own = join(from.path, "p", "sennit.toml");
    const rust = JSON.stringify(join(SAMPLES, "counter-rust"));
    writeFileSync(own, `${readFileSync(own, "utf8")}\n[dependencies]\n"sample:counter-rust" = { path = ${rust} }\n`);
    const portable = await exported(await begun(join(from.path, "p", "examples", "wf.sennit"), text));
    await using to = await temporaryFolder();
    const other = store();
    await brought(portable, other, join(to.path, "runs.db"));
    await sendSignal(other, "run", { name: "go", value: 1, sender: "s" });

    expect(portable.pack?.packages).toEqual(["p", "packages/sample.counter-rust"]);
    expect(await goesOn(other)).toMatchObject({ state: "done" });
    expect(await lines(other)).toEqual(["1 1", "2 2"]);
  });
});

describe("a hostile file with packages", () => {
  it.each(["/etc/wf.sennit", "../../wf.sennit", "a/wf.sennit", "..", "", "nul", "C:\\wf.sennit"])(
    "does not choose the project that grants it something: %j",
    async (name) => {
      await using from = await temporaryFolder();
      const runs = await exportRun(await begun(join(from.path, "wf.sennit"), "1;"), "run");
      const [first] = runs.runs;
      const bare = { ...runs, runs: [{ ...first!, name }] };
      const asked = brought(bare, store(), join(from.path, "runs.db"), { folder: from.path });

      await expect(asked).rejects.toMatchObject({ code: "import-refused" });
    },
  );

  /** With the code of the Lua package changed, and every digest of the file made anew. */
  function tampered(portable: Portable, change: (text: string) => string): Portable {
    const { pack, blobs } = portable;
    if (pack === null) throw new Error("it has no packages");
    const files = new Map(pack.files);
    const all = new Map(blobs);
    for (const [path, { digest }] of pack.files) {
      if (!path.endsWith(".lua")) continue;
      const bytes = new TextEncoder().encode(change(new TextDecoder().decode(blobs.get(digest))));
      all.delete(digest);
      all.set(hexOfBytes(sha256(bytes)), bytes);
      files.set(path, new Blob(hexOfBytes(sha256(bytes)), bytes.length));
    }
    return { ...portable, pack: { ...pack, files }, blobs: all };
  }

  it("whose packages are not those that the run began with is refused, and nothing is left", async () => {
    const { portable } = await whole();
    await using to = await temporaryFolder();
    const marker = join(to.path, "was-run");
    const other = store();
    for (const change of [
      (text: string) => `${text}\n`,
      (text: string) => `io.open(${JSON.stringify(marker)}, "w"):close()\n${text}`,
      () => "return nonsense(",
    ]) {
      await expect(brought(tampered(portable, change), other, join(to.path, "runs.db"))).rejects.toMatchObject({
        code: expect.stringMatching(/^(diverged|refused)$/) as string,
      });
    }
    expect(readdirSync(to.path)).toEqual([]);
    expect(await other.list({})).toEqual([]);
  });

  it("makes no file outside of its folder, whatever its files are called and whatever they hold", async () => {
    const { portable } = await whole();
    const digests = [...(portable.pack?.files.values() ?? [])];
    const name = fc.constantFrom(
      "..",
      ".",
      "",
      "a",
      "A",
      "app",
      "con",
      "x.wasm",
      "sennit.toml",
      "Sennit.toml",
      "é",
      "b:c",
      "b\\c",
    );
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
    const pack = fc.record({
      program: fc.oneof(path, fc.constant("app/wf.sennit")),
      dependencies: fc.array(fc.tuple(fc.constantFrom("a:b", "x", "sample:counter-rust"), path), { maxLength: 2 }),
      packages: fc.array(path, { maxLength: 3 }),
      files: fc.array(fc.tuple(path, fc.constantFrom(...digests)), { maxLength: 5 }),
    });
    await using top = await temporaryFolder({ "in/here/keep.txt": "kept" });
    const beside = join(top.path, "in", "here", "runs.db");
    const codes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(pack, async ({ files, ...more }) => {
        const named = new Map(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
        const used = new Set([...named.values()].map(({ digest }) => digest));
        const blobs = new Map([...portable.blobs].filter(([digest]) => used.has(digest)));
        const hostile = { ...portable, pack: { ...more, files: named }, blobs };
        const thrown: unknown = await brought(hostile, store(), beside).catch((why: unknown) => why);
        expect(thrown).toBeInstanceOf(Fault);
        codes.add((thrown as Fault).code);
        expect(readdirSync(top.path, { recursive: true }).map(String)).toHaveLength(3);
      }),
      { numRuns: process.env["SENNIT_LONG"] ? 20_000 : 150 },
    );
    expect(
      [...codes].filter((code) => !["import-invalid", "diverged", "refused", "limit-exceeded"].includes(code)),
    ).toEqual([]);
    expect(readFileSync(join(top.path, "in", "here", "keep.txt"), "utf8")).toBe("kept");
  });

  it("that was damaged anywhere in them is refused", async () => {
    const { portable } = await whole();
    const bytes = bytesOf(portable);
    const start = Buffer.from(bytes).indexOf(Buffer.from(encodePack(portable.pack!)));
    expect(start).toBeGreaterThan(0);
    for (let n = 0; n < 200; n++) {
      const damaged = bytes.slice();
      const at = start + ((n * 7919) % (bytes.length - start));
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (n % 8));
      expect(() => readPortable(damaged, sha256)).toThrow(/cannot be imported|at most/);
    }
  });

  it("of the first version cannot have packages, nor one of the second none", async () => {
    const { kept, portable } = await whole();
    for (const each of [portable, await exportRun(kept, "run")]) {
      const bytes = bytesOf(each).slice();
      bytes[11] = (bytes[11] ?? 0) ^ 3; // 1 for 2, and 2 for 1
      expect(() => readPortable(bytes, sha256)).toThrow("do not stand where they should");
    }
  });
});

it("nothing of a secret that a run used is in its export", async () => {
  const SECRET = "value-of-a-secret-5f1c";
  await using server = await TestServer.start((_, response) => void response.end("welcome"));
  await using folder = await temporaryFolder();
  const text = `require get from "std:http";
    r = get("http://127.0.0.1:${server.port}/", ["authorization": bearer("TOKEN")]);
    print text(r.body); wait signal("go");`;
  const how = { grants: [`net:127.0.0.1:${server.port}`, "secret:TOKEN"], secrets: { TOKEN: SECRET } };
  const kept = await begun(join(folder.path, "wf.sennit"), text, how);
  const bytes = Buffer.from(bytesOf(await exported(kept)));

  expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`]);
  expect(await lines(kept)).toEqual(["welcome"]);
  expect(bytes.includes("welcome")).toBe(true);
  for (const encoded of [
    SECRET,
    Buffer.from(SECRET).toString("base64").slice(0, 20),
    Buffer.from(SECRET).toString("hex"),
  ]) {
    expect(bytes.includes(encoded)).toBe(false);
  }
  expect(existsSync(join(folder.path, "runs.db.packages"))).toBe(false);
});
