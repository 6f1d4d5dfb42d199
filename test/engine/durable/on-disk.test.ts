import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { follow } from "../../../src/engine/durable/follow.ts";
import { sendSignal } from "../../../src/engine/durable/effects/send.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import type { Store } from "../../../src/journal/store.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { portsOf, VirtualClock } from "./crash.ts";

const TEXT = `require count;
  workflow child(n: Int) -> Int { sleep (1ms * n); n * 10 }
  task = spawn child(2);
  print count(1);
  print wait signal("go");
  print count(2);
  print await task;`;

/** What it gives is the sum of all it was told. */
function program(): LoadedProgram {
  let total = 0;
  const counting = () => directInstance((_, args) => (total += Number(args[0])));
  return stubProgram(TEXT, [witFunction("count", [S32], S32)], counting, { manifest: { language: "component" } });
}

async function lines(store: Store, values: ValueBytes): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  for await (const { event } of follow(store, "r", values)) if (event.kind === "print") seen.push(event.text);
  return seen;
}

describe("a run on disk", () => {
  it("is stopped, sent a signal while nothing runs it, and goes on when the store is opened again", async () => {
    const place = await mkdtemp(join(tmpdir(), "durable-"));
    const path = join(place, "runs.db");
    const values = new ValueBytes(program().ir);
    try {
      {
        await using store = await openSqlite(path);
        const seed = new Uint8Array(32);
        const run = { id: "r", name: "", source: TEXT, function: 0, args: [], seed, grants: [], created: 0 };
        expect(await beginRun(store, program(), run)).toBe(true);
        const stop = new AbortController();
        const still = portsOf(new VirtualClock());
        const options = { grants: { allowsCommand: () => false }, stop: stop.signal };
        const running = resumeRun(store, program(), "r", still, options);
        const events = follow(store, "r", values, { until: new AbortController().signal });
        expect((await events.next()).value).toMatchObject({ event: { text: "1" } });
        await events.return(null);
        stop.abort();
        await expect(running).rejects.toMatchObject({ code: "stopped" });
      }
      {
        await using store = await openSqlite(path);
        expect(await sendSignal(store, "r", { name: "go", value: "went", sender: "me" })).toMatchObject({
          isNew: true,
        });
      }
      await using store = await openSqlite(path);
      const options = { grants: { allowsCommand: () => false } };
      expect(await resumeRun(store, program(), "r", portsOf(), options)).toMatchObject({ state: "done" });
      expect(await lines(store, values)).toEqual(["1", "went", "3", "20"]);
      expect((await store.list({})).map(({ state }) => state)).toEqual(["done", "done"]);
    } finally {
      await rm(place, { recursive: true });
    }
  });
});
