import { describe, expect, it } from "vitest";

import { beginRun, resumeRun } from "../../../src/engine/durable/durable-run.ts";
import { follow } from "../../../src/engine/durable/follow.ts";
import { ValueBytes } from "../../../src/engine/durable/value-bytes.ts";
import type { LoadedProgram } from "../../../src/engine/load/loaded.ts";
import { MemoryStore } from "../../../src/journal/memory-store.ts";
import { sha256 } from "../../journal/stores.ts";
import { directInstance, stubProgram } from "../stub-program.ts";
import { portsOf } from "./crash.ts";

const TEXT = `print "a"; log("b"); emit("c", ["x": 1]); progress(1, 2, "d"); sleep (1ms); print "e";`;

async function begun(held: boolean): Promise<{ store: MemoryStore; program: LoadedProgram; values: ValueBytes }> {
  const program = stubProgram(TEXT, [], () => directInstance(() => null));
  const store = new MemoryStore({ hash: sha256, now: () => 0, held });
  const seed = new Uint8Array(32);
  const made = beginRun(store, program, {
    id: "r",
    name: "",
    source: "",
    function: 0,
    args: [],
    seed,
    grants: [],
    created: 0,
  });
  while (held && !store.release()) await new Promise((resolve) => void setImmediate(resolve));
  await made;
  return { store, program, values: new ValueBytes(program.ir) };
}

const ALL = [
  { kind: "print", text: "a" },
  { kind: "log", level: "info", source: "program", text: "b" },
  { kind: "emit", name: "c", value: new Map([["x", 1]]) },
  { kind: "progress", done: 1, total: 2, text: "d" },
  { kind: "print", text: "e" },
];

describe("a follower", () => {
  it("gets everything once, in order, and how it ended", async () => {
    const { store, program, values } = await begun(false);
    const running = resumeRun(store, program, "r", portsOf(), { grants: { allowsCommand: () => false } });
    const seen: unknown[] = [];
    const events = follow(store, "r", values, { until: new AbortController().signal });
    let next = await events.next();
    for (; next.done !== true; next = await events.next()) seen.push(next.value.event);
    expect(seen).toEqual(ALL);
    expect(next.value).toBe("done");
    await running;
  });

  it("begins where it is told to, and is through with what is there", async () => {
    const { store, program, values } = await begun(false);
    await resumeRun(store, program, "r", portsOf(), { grants: { allowsCommand: () => false } });
    const first = [];
    for await (const { lsn } of follow(store, "r", values)) first.push(lsn);
    const rest = [];
    for await (const { event } of follow(store, "r", values, { from: (first[2] ?? 0) + 1 })) rest.push(event);
    expect(rest).toEqual(ALL.slice(3));
  });

  it("sees nothing that is not durable (I4), and can be stopped", async () => {
    const { store, program, values } = await begun(true);
    const running = resumeRun(store, program, "r", portsOf(), { grants: { allowsCommand: () => false } });
    await new Promise((resolve) => void setImmediate(resolve));
    const stop = new AbortController();
    const events = follow(store, "r", values, { until: stop.signal });
    const next = events.next();
    let isThere = false;
    void next.then(() => (isThere = true));
    await new Promise((resolve) => void setImmediate(resolve));
    expect(isThere).toBe(false);
    while (!isThere) {
      store.release();
      await new Promise((resolve) => void setImmediate(resolve));
    }
    expect((await next).value).toMatchObject({ event: ALL[0] });
    stop.abort();
    store.crash();
    await expect(running).rejects.toMatchObject({ code: "store-lost" });
  });
});
