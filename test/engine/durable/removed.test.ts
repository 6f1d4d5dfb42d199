/** Whoever follows a run that is removed meanwhile is told so, and does not wait for ever. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { follow } from "../../../src/engine/durable/follow.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import { encodeEntry } from "../../../src/journal/entry/entry-codec.ts";
import { readSqlite } from "../../../src/journal/sqlite/sqlite-reader.node.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import type { Store } from "../../../src/journal/store.ts";
import { temporaryFolder } from "../../host/temporary.ts";

const NULL = new ValueBytes(null).encode(null);
const never = new AbortController().signal;

async function begun(store: Store, id: string): Promise<void> {
  const entries = [encodeEntry({ kind: "NOTE", what: "first", at: 1, text: "" })];
  await store.create({ id, name: "n", created: 1, ir: "ab", queue: "", priority: 0, entries });
  await store.close(id);
}

async function all(of: ReturnType<typeof follow>): Promise<unknown> {
  for (;;) {
    const next = await of.next();
    if (next.done === true) return next.value;
  }
}

describe("a reader of somebody else's store", () => {
  it("is told that the run is gone", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    await using store = await openSqlite(path);
    await begun(store, "a");
    using reader = readSqlite(path);
    const following = all(follow(reader, "a", new ValueBytes(null), { until: never }));
    const seen = Promise.withResolvers<void>();
    using watching = reader.watch(() => seen.resolve()); // it looks at intervals, and has to have seen the run
    void watching;
    await seen.promise;
    await store.remove("a");

    await expect(following).rejects.toMatchObject({
      code: "run-removed",
      message: expect.stringContaining("a was removed"),
    });
  });

  it("is told that it was cancelled, though such runs are not watched", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    await using store = await openSqlite(path);
    await begun(store, "a");
    using reader = readSqlite(path);
    const following = all(follow(reader, "a", new ValueBytes(null), { until: never }));
    const seen = Promise.withResolvers<void>();
    using watching = reader.watch(() => seen.resolve());
    void watching;
    await seen.promise;
    await store.open("a");
    const end = encodeEntry({ kind: "END", ending: "cancelled", value: NULL });
    await store.flushed("a", store.append("a", [end], { state: "cancelled" }));
    await store.close("a");

    expect(await following).toBe("cancelled");
  });

  it("of a run that was never there says that", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    await using store = await openSqlite(path);
    await expect(all(follow(store, "a", new ValueBytes(null), { until: never }))).rejects.toMatchObject({
      code: "unknown-run",
    });
  });
});
