/** The file that keeps runs, looked after at the command line: damage, copies, space. */
import { cpSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Folder } from "./sennit.ts";

const STORE = ["--store", "runs.db"];

/** A store with a run that waits for a signal after two lines, stopped there. */
let original: Folder;
beforeAll(async () => {
  original = new Folder({ "wf.sennit": 'print "one"; print "two"; wait signal("go"); print "three";' });
  await original.sennit(["run", "wf.sennit", ...STORE, "--id", "a"], {
    onLine: (line, kill) => {
      if (line === "two") kill("SIGKILL");
    },
  });
});
afterAll(() => original[Symbol.dispose]());

/** A copy of it: nobody has the files of a killed process open. */
function stopped(): Folder {
  const folder = new Folder({});
  cpSync(original.path, folder.path, { recursive: true });
  return folder;
}

/** Flips one bit of the bytes that were written after START; gives the position of the first entry among them. */
function rot(folder: Folder): number {
  const database = new DatabaseSync(join(folder.path, "runs.db"));
  const row = database.prepare("select n, lsn, body from entry where lsn > 1 order by lsn limit 1").get();
  const body = Uint8Array.from(row?.["body"] as Uint8Array);
  body[body.length - 1] = (body.at(-1) ?? 0) ^ 1;
  database.prepare("update entry set body = ? where n = ?").run(body, row?.["n"] ?? null);
  database.close();
  return Number(row?.["lsn"]);
}

describe("a store at the command line", { timeout: 60_000 }, () => {
  it("is sound until a bit of it flips; what is not sound is cut with consent, and the run goes on", async () => {
    using folder = stopped();
    expect(await folder.shared(["store", "verify", ...STORE])).toEqual({ status: 0, stdout: "sound\n", stderr: "" });

    const lsn = rot(folder);
    const found = await folder.shared(["store", "verify", "a", ...STORE]);
    expect(found).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(
        new RegExp(`^The log of a is rotten: entry ${lsn} is [^]*; up to entry ${lsn - 1} it is sound\n$`),
      ) as unknown,
    });
    expect(await folder.shared(["resume", "a", ...STORE])).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/store-rotten[^]*`sennit store cut a/) as unknown,
    });
    const asked = await folder.shared(["store", "cut", "a", ...STORE]);
    expect(asked.status).toBe(1);
    expect(asked.stdout).toMatch(
      new RegExp(`^The log of a is rotten[^]*entries ${lsn} to \\d+ would be cut off; --yes does it\n$`),
    );
    expect((await folder.shared(["store", "cut", "a", ...STORE, "--yes"])).stdout).toMatch(/are cut off\n$/);

    expect((await folder.shared(["store", "verify", ...STORE])).stdout).toBe("sound\n");
    await folder.shared(["signal", "a", "go", ...STORE]);
    expect((await folder.shared(["resume", "a", ...STORE])).stdout).toMatch(/three\n$/);
    expect((await folder.shared(["logs", "a", ...STORE])).stdout).toBe("one\ntwo\nthree\n");
  });

  it("has nothing to cut when it is sound", async () => {
    using folder = stopped();
    const cut = await folder.shared(["store", "cut", "a", ...STORE, "--yes"]);
    expect(cut).toEqual({ status: 0, stdout: "sound: there is nothing to cut\n", stderr: "" });
  });

  it("is copied to a new file only, and the copy is a store", async () => {
    using folder = stopped();
    writeFileSync(join(folder.path, "there.db"), "something else");

    expect(await folder.shared(["store", "backup", "there.db", ...STORE])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("is there already") as unknown,
    });
    expect((await folder.shared(["store", "backup", "copy.db", ...STORE])).status).toBe(0);

    expect((await folder.shared(["logs", "a", "--store", "copy.db"])).stdout).toBe("one\ntwo\n");
    expect((await folder.shared(["store", "verify", "--store", "copy.db"])).stdout).toBe("sound\n");
    expect((await folder.shared(["store", "vacuum", "--store", "copy.db"])).stdout).toMatch(
      /^[\d,]+ bytes given back\n$/,
    );
  });

  it("is not made by a mistyped name, and unknown runs are told", async () => {
    using folder = stopped();
    for (const command of [["verify"], ["cut", "a"], ["backup", "b.db"], ["vacuum"]]) {
      const ended = await folder.shared(["store", ...command, "--store", "ruins.db"]);
      expect(ended).toMatchObject({ status: 2, stderr: expect.stringContaining("There is no store") as unknown });
    }
    expect(readdirSync(folder.path).filter((name) => name.startsWith("ruins"))).toEqual([]);
    const unknown = { status: 2, stderr: expect.stringContaining("no run b") as unknown };
    expect(await folder.shared(["store", "verify", "b", ...STORE])).toMatchObject(unknown);
    expect(await folder.shared(["store", "cut", "b", ...STORE])).toMatchObject(unknown);
  });
});
