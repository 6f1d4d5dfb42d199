/** Files of earlier formats, and of the released version, have the tables of this one once they were opened. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { ROOT, link } from "../../../src/journal/chain.ts";
import { nodeDriver } from "../../../src/journal/sqlite/driver.node.ts";
import { sha256 } from "../../../src/journal/sqlite/owned.node.ts";
import { FORMAT, MIGRATIONS } from "../../../src/journal/sqlite/sql.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { PassingClock, portsOf } from "../../engine/durable/crash.ts";
import { readable } from "../../engine/history/recorded-run.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { FIRST_FORMAT } from "./first-format.ts";

const RELEASED = fileURLToPath(new URL("../../recordings/0.1.0/store.db", import.meta.url));

/** Every table with its columns, and every index with what it says, without regard to how they were made. */
function shapeOf(path: string): unknown {
  const driver = nodeDriver(path, { readOnly: true });
  try {
    const rows = driver.prepare("select type, name, tbl_name, sql from sqlite_schema order by name").all();
    return rows.map(({ type, name, tbl_name: table, sql }) => {
      if (type !== "table") return [name, table, String(sql).replaceAll(/\s+/g, " ")];
      const columns = driver.prepare(
        `select name, type, "notnull", dflt_value, pk from pragma_table_info('${String(name)}') order by name`,
      );
      return [name, columns.all()];
    });
  } finally {
    driver.close();
  }
}

async function fresh(path: string): Promise<unknown> {
  await (await openSqlite(path))[Symbol.asyncDispose]();
  return shapeOf(path);
}

describe("a store's file of an earlier format", () => {
  it("can be brought to this one from every format before", () => {
    expect(MIGRATIONS).toHaveLength(FORMAT - 1);
  });

  it("is of the same tables as a new one then", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "first.db");
    const driver = nodeDriver(path);
    driver.exec(FIRST_FORMAT);
    driver.close();

    expect(await fresh(path)).toEqual(await fresh(join(folder.path, "new.db")));
  });

  it("keeps its runs, which go on", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "first.db");
    const text = "sleep (1ms); 42;";
    const { program } = readable(text);
    // A log of now, in the tables of then.
    const source = await openSqlite(join(folder.path, "now.db"));
    const more = { source: text, function: 0, args: [], seed: new Uint8Array(32), grants: [], created: 1 };
    await beginRun(source, program, { id: "a", name: "wf.sennit", ...more });
    const [start] = await source.read("a", 1);
    const ir = (await source.header("a"))?.ir ?? "";
    await source[Symbol.asyncDispose]();
    const driver = nodeDriver(path);
    driver.exec(FIRST_FORMAT);
    const bytes = start?.bytes ?? new Uint8Array();
    driver.prepare("insert into run values (1, 'a', 'running', 'wf.sennit', 1, 1, null, '', ?, '', 0, 1)").run(ir);
    driver.prepare("insert into entry values (1, 1, ?, ?)").run(bytes, link(sha256, ROOT, 1, bytes));
    driver.close();

    await using store = await openSqlite(path);
    const grants = { allowsCommand: () => false };
    expect(await resumeRun(store, program, "a", portsOf(new PassingClock()), { grants })).toEqual({
      state: "done",
      value: 42,
    });
    expect(await store.verify()).toEqual([]);
  });
});

describe("the store of the released version", () => {
  it("is of the tables of this one, and sound", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "released.db");
    await copyFile(RELEASED, path);

    expect(await fresh(path)).toEqual(await fresh(join(folder.path, "new.db")));
    await using store = await openSqlite(path);
    expect(await store.verify()).toEqual([]);
    expect((await store.list({})).length).toBeGreaterThan(0);
  });
});
