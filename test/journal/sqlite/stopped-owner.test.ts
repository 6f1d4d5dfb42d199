/** A process that sleeps while another takes its store over, and wakes (HAZARDS 27). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

import { openSqlite } from "../../../src/journal/sqlite/sqlite-store.node.ts";
import { temporaryFolder } from "../../host/temporary.ts";
import { note } from "../stores.ts";

const CHILD = fileURLToPath(new URL("stopped-child.ts", import.meta.url));
const hasProc = process.platform === "linux";
if (!hasProc) console.log("skipped: /proc not found, run it on Linux");

describe.runIf(hasProc)("an owner that was stopped (S4)", () => {
  it("keeps the store while it sleeps, and appends nothing when it wakes after it was replaced", async () => {
    await using folder = await temporaryFolder();
    const path = join(folder.path, "runs.db");
    const child = spawn(process.execPath, [CHILD, path], { stdio: ["ignore", "pipe", "inherit"] });
    const gone = once(child, "exit");
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (line) => said.push(line));
    await once(lines, "line");
    while (!(await isStopped(child.pid ?? 0))) await new Promise(setImmediate);

    await expect(openSqlite(path)).rejects.toMatchObject({ code: "store-locked" });

    // As a file system does that loses locks: the new owner has one of its own, and only the epoch is left.
    await rm(`${path}.lock`);
    {
      await using store = await openSqlite(path);
      expect((await store.open("a")).durable).toBe(2);
      child.kill("SIGCONT");
      await gone;
      await store.flushed("a", store.append("a", [note("mine")]));
    }
    expect(said).toEqual(["stops", expect.stringContaining("was taken over by another process")]);

    await using store = await openSqlite(path);
    expect(await store.verify()).toEqual([]);
    expect((await store.read("a", 2)).map(({ bytes }) => Buffer.from(bytes))).toEqual(
      ["before", "mine"].map((text) => Buffer.from(note(text))),
    );
  });
});

async function isStopped(pid: number): Promise<boolean> {
  return (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ").at(-1)?.startsWith("T") === true;
}
