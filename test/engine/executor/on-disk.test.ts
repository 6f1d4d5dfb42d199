import { mkdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { openExecutor } from "../../../src/engine/executor/node.node.ts";
import type { ExecutorOptions } from "../../../src/engine/executor/node.node.ts";
import type { Executor } from "../../../src/engine/executor/executor.ts";
import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { never } from "./world.ts";

const YESTERDAY = new Date(Date.now() - 86_400_000);

/** A project with a Lua package, older than today. */
async function project(path: string, answer: number): Promise<string> {
  const folder = join(path, "counter");
  await mkdir(folder, { recursive: true });
  const files = {
    "counter/sennit.toml": `[package]\nname = "test:counter"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "counter.lua"\nworld = "counter"\nwit = "counter.wit"\n`,
    "counter/counter.wit": `package test:counter;\nworld counter { export answer: func() -> s32; }\n`,
    "counter/counter.lua": `return { answer = function() return ${answer} end }\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(path, name), text);
    await utimes(join(path, name), YESTERDAY, YESTERDAY);
  }
  return join(path, "program.sennit");
}

async function lines(executor: Executor, id: string): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { event } of executor.follow(id, { until: never })) {
    if (event.kind === "print") found.push(event.text);
  }
  return found;
}

/** The work of one process with a store. */
async function withExecutor<T>(
  path: string,
  work: (executor: Executor) => Promise<T>,
  options: ExecutorOptions = {},
): Promise<T> {
  await using store = await openSqlite(path);
  await using executor = await openExecutor(store, { sleepAfter: 5, ...options });
  return await work(executor);
}

/** Until it holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  for (;;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe("an executor over a file", () => {
  it("takes params of their types, and says what is wrong with a program", { timeout: 30_000 }, async () => {
    await using folder = await temporaryFolder();
    await withExecutor(join(folder.path, "runs.db"), async (executor) => {
      const file = join(folder.path, "a.sennit");
      const source = `param n: Int; param name: String = "you"; print name; n * 2;`;
      const one = await executor.submit({ file, source, params: { n: 2n ** 60n } });
      expect(await executor.wait(one.id, never)).toEqual({ state: "done", value: 2n ** 61n });
      const two = await executor.submit({ file, source, texts: ["n=3", "name=Ada"], id: "two" });
      expect(await executor.wait(two.id, never)).toEqual({ state: "done", value: 6 });
      expect(await lines(executor, "two")).toEqual(["Ada"]);
      const same = { file, source, params: { n: 3, name: "Ada" }, id: "two" };
      expect(await executor.submit(same)).toEqual({ id: "two", isNew: false });
      const taken = executor.submit({ ...same, params: { n: 4 } });
      await expect(taken).rejects.toMatchObject({ code: "id-taken" });
      await expect(executor.submit({ file, source })).rejects.toMatchObject({ code: "bad-param" });
      await expect(executor.submit({ file, source: "nothing;" })).rejects.toMatchObject({ code: "refused" });
      const ungranted = executor.submit({ file, source: "`ls`;" });
      await expect(ungranted).rejects.toMatchObject({ code: expect.stringMatching(/refused|denied/) as string });
    });
  });

  it("goes on where the last one left off, with plugins, children and webhooks", { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    const file = await project(folder.path, 42);
    const source = `require answer from "./counter";
      workflow child() -> Int { wait signal("child"); answer() }
      h = webhook(); print h.url; t = spawn child(); print await h; print await t; "over";`;
    const options = { webhook: (token: string) => `http://127.0.0.1/hooks/${token}` };
    const url = await withExecutor(
      path,
      async (executor) => {
        await executor.submit({ file, source, id: "r" });
        await until(async () => (await executor.list({ states: ["waiting"] })).length === 2);
        const first = await executor.follow("r", { until: never })[Symbol.asyncIterator]().next();
        return first.done === true || first.value.event.kind !== "print" ? "" : first.value.event.text;
      },
      options,
    );
    await withExecutor(
      path,
      async (executor) => {
        expect(await executor.webhook(url.slice(url.lastIndexOf("/") + 1), { value: "posted", sender: "x" })).toBe(
          true,
        );
        const [child] = await executor.list({ parent: "r" });
        await executor.signal(child?.id ?? "", { name: "child", value: 1, sender: "me" });
        expect(await executor.wait("r", never)).toEqual({ state: "done", value: "over" });
        expect((await lines(executor, "r")).slice(1)).toEqual(["posted", "42"]);
      },
      options,
    );
    await withExecutor(path, async (executor) => {
      expect(await executor.wait("r", never)).toEqual({ state: "done", value: "over" });
      expect(await executor.show("r")).toMatchObject({ packages: ["test:counter"], parent: null });
    });
  });

  it("names packages that changed on disk; reloaded, new runs take them", { timeout: 60_000 }, async () => {
    await using folder = await temporaryFolder();
    const file = await project(folder.path, 1);
    const source = `require answer from "./counter"; wait signal("go"); answer();`;
    const go = { name: "go", value: 1, sender: "me" };
    await withExecutor(join(folder.path, "runs.db"), async (executor) => {
      await executor.submit({ file, source, id: "before" });
      expect(executor.stale()).toEqual([]);
      await project(folder.path, 2);
      await writeFile(join(folder.path, "counter", "counter.lua"), `return { answer = function() return 2 end }\n`);
      await until(async () => executor.stale().length > 0);
      expect(executor.stale()).toEqual(["test:counter"]);
      expect(await executor.reload()).toEqual(["test:counter"]);
      await executor.submit({ file, source, id: "after" });
      for (const [id, value] of [
        ["before", 1],
        ["after", 2],
      ] as const) {
        await executor.signal(id, go);
        expect(await executor.wait(id, never)).toEqual({ state: "done", value });
      }
    });
  });
});
