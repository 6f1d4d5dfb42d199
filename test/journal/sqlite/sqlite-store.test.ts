import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { link, ROOT } from "../../../src/journal/chain.ts";
import { Committer } from "../../../src/journal/sqlite/committer.ts";
import { nodeDriver } from "../../../src/journal/sqlite/driver.node.ts";
import { readSqlite } from "../../../src/journal/sqlite/sqlite-reader.node.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import type { Store } from "../../../src/journal/store.ts";
import { troubleWith } from "../../../src/journal/sqlite/trouble.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { newRun, note, sha256 } from "../stores.ts";

async function withFile(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await temporaryFolder();
  return { path: join(folder.path, "runs.db"), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** A store with the run `a` of so many entries, closed again. */
/** Each entry in a row of its own; or all but the first in one. */
async function written(path: string, entries: number, isOneRow = false): Promise<void> {
  await using store = await openSqlite(path);
  await store.create(newRun("a"));
  for (let lsn = 2; lsn <= entries; lsn++) {
    store.append("a", [note(`${lsn}`)]);
    if (!isOneRow || lsn === entries) await store.flushed("a", lsn);
  }
}

function damage(path: string, sql: string): void {
  const driver = nodeDriver(path);
  driver.exec(sql);
  driver.close();
}

/** The tables of a store as the first version made them. */
const FIRST = `
create table owner (only_one integer primary key check (only_one = 1), epoch integer not null) strict;
insert into owner values (1, 4);
create table run (n integer primary key, id text not null unique, state text not null, name text not null,
  created integer not null, updated integer not null, wake integer, reason text not null, ir text not null,
  queue text not null, priority integer not null, durable integer not null) strict;
create index run_by_wake on run (wake) where wake is not null;
create index run_by_state on run (state, queue, priority);
create index run_by_created on run (created);
create table entry (run integer not null, lsn integer not null, body blob not null, chain blob not null,
  primary key (run, lsn)) without rowid, strict;
create table blob (n integer primary key, digest blob not null unique, bytes blob not null) strict;
create table kept (run integer not null, blob integer not null, primary key (run, blob)) without rowid, strict;
create index kept_by_blob on kept (blob);
create table mark (run integer not null, reader text not null, lsn integer not null, primary key (run, reader))
  without rowid, strict;
create table sender (run integer not null, sender text not null, lsn integer not null, primary key (run, sender))
  without rowid, strict;
pragma application_id = ${0x53656e74};
pragma user_version = 1;`;

async function problemsOf(path: string): ReturnType<Store["verify"]> {
  await using store = await openSqlite(path);
  return await store.verify();
}

describe("a store's file", () => {
  it("is there again for the next owner, whose epoch is another", async () => {
    await using file = await withFile();
    await written(file.path, 3);
    await using store = await openSqlite(file.path);
    expect(store.epoch).toBe(2);
    expect((await store.read("a", 1)).map(({ bytes }) => bytes)).toEqual([note("first"), note("2"), note("3")]);
    await store.open("a");
    expect(store.append("a", [note("4")])).toBe(4);
    await store.flushed("a", 4);
    expect(await store.verify()).toEqual([]);
  });

  it("has one owner at a time", async () => {
    await using file = await withFile();
    await using store = await openSqlite(file.path);
    await expect(openSqlite(file.path)).rejects.toMatchObject({ code: "store-locked" });
    await store.create(newRun("a"));
  });

  it("lets nobody commit whose epoch is over, even past the lock", async () => {
    await using file = await withFile();
    const store = await openSqlite(file.path);
    await store.create(newRun("a"));
    const thief = new Committer(nodeDriver(file.path), { place: "it", hash: sha256, now: () => 0 });
    const waits = store.flushed("a", store.append("a", [note("2")]));
    await expect(waits).rejects.toMatchObject({ code: "store-lost" });
    expect(await store.lost).toMatchObject({ code: "store-lost" });
    expect(() => store.append("a", [note("3")])).toThrow(/taken over/);
    await expect(store.create(newRun("b"))).rejects.toMatchObject({ code: "store-lost" });
    thief.close();
    await store[Symbol.asyncDispose]();
    expect(await problemsOf(file.path)).toEqual([]);
  });

  it.each([
    ["a text", "store-unreadable", (path: string) => writeFile(path, "not a database, and long enough".repeat(40))],
    ["another program's", "store-unreadable", async (path: string) => damage(path, "create table t (x)")],
    [
      "of a newer version",
      "store-newer",
      async (path: string) => {
        await written(path, 1);
        damage(path, "pragma user_version = 99");
      },
    ],
  ])("that is %s is refused, and left as it is", async (_, code, make) => {
    await using file = await withFile();
    await make(file.path);
    const before = await readFile(file.path);
    await expect(openSqlite(file.path)).rejects.toMatchObject({ code });
    expect(Buffer.compare(await readFile(file.path), before)).toBe(0);
  });

  it("of the first format is brought to this one, and nothing of it is lost", async () => {
    await using file = await withFile();
    const effect = "0123456789abcdef".repeat(2);
    damage(file.path, FIRST);
    const driver = nodeDriver(file.path);
    const body = note("first");
    for (const [at, id] of ["a", `a.${effect}`, `a.${effect}.2`, `a.${effect}.${effect}`, `b.${effect}`].entries()) {
      driver.prepare("insert into run values (?, ?, 'waiting', 'n', 1, 2, 77, '', 'ab', 'q', 3, 1)").run(at + 1, id);
      driver.prepare("insert into entry values (?, 1, ?, ?)").run(at + 1, body, link(sha256, ROOT, 1, body));
    }
    driver.close();
    using reader = readSqlite(file.path);
    expect(await reader.list({ limit: 1 })).toMatchObject([{ id: `b.${effect}`, parent: null, key: "", snap: 0 }]);
    await using store = await openSqlite(file.path);
    const parents = (await store.list({})).map(({ parent }) => parent);
    expect(parents.toReversed()).toEqual([null, "a", "a", `a.${effect}`, null]);
    expect(await store.header("a")).toMatchObject({ state: "waiting", wake: 77, queue: "q", priority: 3 });
    expect(await store.verify()).toEqual([]);
    await store.set("x", new Uint8Array([1]));
    await store.open("a");
    expect(store.append("a", [note("2")])).toBe(2);
    await store.flushed("a", 2);
  });

  it("in a folder that is not there is refused", async () => {
    await using file = await withFile();
    const nowhere = join(file.path, "below", "runs.db");
    await expect(openSqlite(nowhere)).rejects.toMatchObject({ code: "store-readonly" });
  });

  it("that is read-only is refused to whoever wants to write, and can be read", async () => {
    await using file = await withFile();
    await written(file.path, 1);
    await chmod(file.path, 0o444);
    await chmod(join(file.path, ".."), 0o555);
    const before = await readFile(file.path);
    // Root may write every file: so this is somebody else.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const child = fileURLToPath(new URL("opening-child.ts", import.meta.url));
    const opened = spawnSync(process.execPath, [child, file.path], { encoding: "utf8", ...nobody });
    await chmod(join(file.path, ".."), 0o755);
    expect(opened.stdout).toBe("store-readonly\na\n");
    expect(Buffer.compare(await readFile(file.path), before)).toBe(0);
  });

  it("tells of a bit that flipped, and cuts the log when asked to", async () => {
    await using file = await withFile();
    await written(file.path, 5);
    damage(file.path, `update entry set body = x'${Buffer.from(note("0")).toString("hex")}' where lsn = 3`);
    expect(await problemsOf(file.path)).toMatchObject([{ run: "a", sound: 2, kind: "rotten" }]);
    await using store = await openSqlite(file.path);
    await store.cut("a", 2);
    expect(await store.verify()).toEqual([]);
    expect(await store.header("a")).toMatchObject({ durable: 2 });
  });

  it("tells of a row of several entries that is not what was written, and of how many", async () => {
    for (const change of ["body = cast(body || 'x' as blob)", "count = 3", "count = 1", "chain = x'00'"]) {
      await using file = await withFile();
      await written(file.path, 5, true);
      damage(file.path, `update entry set ${change} where lsn = 2`);
      expect(await problemsOf(file.path), change).toMatchObject([{ run: "a", sound: 1 }]);
      await using store = await openSqlite(file.path);
      await expect(store.read("a", 4)).rejects.toMatchObject({ code: "store-rotten" });
      await store.cut("a", 1);
      expect(await store.verify()).toEqual([]);
    }
  });

  it("tells of an end that is missing, and of a hole", async () => {
    await using file = await withFile();
    await written(file.path, 5);
    damage(file.path, "delete from entry where lsn = 5");
    expect(await problemsOf(file.path)).toMatchObject([{ run: "a", sound: 4, kind: "torn" }]);
    damage(file.path, "delete from entry where lsn = 3");
    expect(await problemsOf(file.path)).toMatchObject([{ run: "a", sound: 2, kind: "torn" }]);
  });

  it("tells of a value beside the log that is not what was written", async () => {
    await using file = await withFile();
    let digest = "";
    {
      await using store = await openSqlite(file.path);
      await store.create(newRun("a"));
      digest = store.keep("a", new Uint8Array(50_000));
      await store.flushed("a", store.append("a", [note("2")]));
    }
    damage(file.path, "update blob set bytes = x'00'");
    await using store = await openSqlite(file.path);
    await expect(store.blob(digest)).rejects.toMatchObject({ code: "blob-rotten" });
  });

  it("whose disk is full loses the store and nothing that was acknowledged", async () => {
    await using file = await withFile();
    await written(file.path, 2);
    const driver = nodeDriver(file.path);
    const committer = new Committer(driver, { place: "it", hash: sha256, now: () => 0 });
    driver.exec("pragma max_page_count = 1");
    const large = note("x".repeat(200_000));
    let failure: unknown;
    try {
      committer.commit({
        creates: [],
        blobs: [],
        marks: [],
        settings: [],
        appends: [{ run: "a", lsn: 3, entries: [large], change: {} }],
      });
    } catch (thrown) {
      failure = troubleWith("it", thrown);
    }
    expect(failure).toMatchObject({ code: "store-full" });
    committer.close();
    expect(await problemsOf(file.path)).toEqual([]);
  });

  it("is copied while it is written", async () => {
    await using file = await withFile();
    await using store = await openSqlite(file.path);
    await store.create(newRun("a"));
    store.append("a", [note("2")]);
    await store.backup(`${file.path}.copy`);
    await store.flushed("a", store.append("a", [note("3")]));
    await copyFile(`${file.path}.copy`, `${file.path}.other`);
    await using copy = await openSqlite(`${file.path}.other`);
    expect(await copy.read("a", 1)).toHaveLength(2);
    expect(await copy.verify()).toEqual([]);
  });

  it("gives space back", async () => {
    await using file = await withFile();
    await using store = await openSqlite(file.path);
    await store.create(newRun("a"));
    store.keep("a", new Uint8Array(3_000_000));
    await store.flushed("a", store.append("a", [note("2")]));
    await store.close("a");
    await store.remove("a");
    expect(await store.vacuum()).toBeGreaterThan(2_900_000);
    expect((await stat(file.path)).size).toBeLessThan(200_000);
  });

  it("has everything that was acknowledged to a process that is killed", { timeout: 60_000 }, async () => {
    await using file = await withFile();
    for (let round = 0; round < 8; round++) {
      const acknowledged = await killedWhile(file.path, 5 + round * 37);
      await using store = await openSqlite(file.path);
      expect(await store.verify()).toEqual([]);
      for (const [id, last] of acknowledged) {
        const entries = await store.read(id, 2);
        expect(entries.length + 1).toBeGreaterThanOrEqual(last);
        expect(entries.map(({ bytes }) => bytes)).toEqual(entries.map(({ lsn }) => note(`${id} ${lsn}`)));
      }
    }
  });
});

/** What a process had acknowledged, by run, when it was killed after so many lines. */
async function killedWhile(path: string, lines: number): Promise<ReadonlyMap<string, number>> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("kill-child.ts", import.meta.url)), path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.on("data", (data: Buffer) => {
    text += data.toString();
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  });
  await once(child, "close");
  const whole = text.split("\n").slice(0, -1);
  return new Map(whole.map((line) => [line.split(" ")[0] ?? "", Number(line.split(" ")[1])]));
}
