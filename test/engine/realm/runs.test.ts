/** Runs in one worker: apart from each other, slowed down by whoever follows them, and gone when they are over. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { load } from "../../../src/engine/embedding/run-program.node.ts";
import { type ShownEvent } from "../../../src/engine/embedding/run-program.node.ts";
import { runWorkers } from "../../../src/engine/realm/place.node.ts";
import { warmRealms } from "../../../src/engine/platform/warm.node.ts";
import { project, seen } from "./programs.ts";

const LUA = 'require "sample:counter-lua" as lua;';

const SPIN = {
  "spin/sennit.toml":
    '[package]\nname = "acme:spin"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "spin.lua"\nwit = "spin.wit"\n' +
    "[package.limits]\ndeadline = 200\n",
  "spin/spin.wit": "package acme:spin@1.0.0; world w { export forever: func(); export one: func() -> u32; }",
  "spin/spin.lua": "return { forever = function() while true do end end, one = function() return 1 end }",
};

describe("runs in a worker", { timeout: 60_000 }, () => {
  it("have instances of their own, also at once, one after the other, and across packages", async () => {
    await using folder = await project('default = "L1"');
    const file = join(folder.path, "main.sennit");
    const source = `${LUA} param n: Int; lua.increment(); sleep(1ms); (n, lua.increment());`;
    await using program = await load(source, { file });
    const one = (n: number): Promise<unknown> => program.run({ params: { n } });
    expect(await Promise.all([1, 2, 3].map(one))).toEqual([
      [1, 2],
      [2, 2],
      [3, 2],
    ]);
    expect(await one(4)).toEqual([4, 2]);
  });

  it("wait for who follows them, and lose nothing", async () => {
    await using folder = await project('default = "L1"');
    let next = 0;
    const source = `${LUA} lua.increment(); for i in range(100000) { print i; } "end";`;
    const file = join(folder.path, "main.sennit");
    await using program = await load(source, { file });
    const result = await program.run({
      onPrint: (line) => {
        if (line !== String(next++)) throw new Error(`${line} came out of its turn`);
      },
    });
    expect(result).toBe("end");
    expect(next).toBe(100_000);
  });

  it("show lines of any size, before whatever comes after them", async () => {
    await using folder = await project('default = "L1"');
    const said: unknown[] = [];
    const file = join(folder.path, "main.sennit");
    const source = `require tell; ${LUA} lua.increment(); s = "x"; for i in range(20) { s = s + s; }
      print "before"; tell("told"); print s; print "after";`;
    await using program = await load(source, { file, functions: { tell: (text: string) => void said.push(text) } });
    await program.run({ onPrint: (line) => said.push(line.length > 20 ? line.length : line) });
    expect(said).toEqual(["before", "told", 2 ** 20, "after"]);
  });

  it("go on after an endless loop of a guest, which costs its instance only", async () => {
    await using folder = await project('default = "L1"', SPIN, { "acme:spin": "spin" }, "");
    const source = `require "acme:spin" as spin; ${LUA} print spin.one(); lua.increment();
      try { spin.forever(); } catch (e) { print e.code; } try { spin.one(); } catch (e) { print e.code; }
      lua.increment();`;
    const { events, result } = await seen(folder, source);
    expect(events.map((event: ShownEvent) => (event.kind === "print" ? event.text : event.kind))).toEqual([
      "1",
      "deadline-exceeded",
      "plugin-lost",
    ]);
    expect(result).toBe(2);
  });

  it("are cancelled, with their `finally`, and by disposing their program", async () => {
    await using folder = await project('default = "L1"');
    const file = join(folder.path, "main.sennit");
    const lines: string[] = [];
    const source = `${LUA} try { lua.increment(); print "in"; sleep(1h); } finally { print "out"; }`;
    const program = await load(source, { file });
    const running = program.run({
      onPrint: (line) => {
        lines.push(line);
        if (line === "in") void program[Symbol.asyncDispose]();
      },
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(lines).toEqual(["in", "out"]);
    await expect(program.run()).rejects.toMatchObject({ code: "plugin-lost" });
  });

  it("are the same in a worker that was started ahead, which serves one domain", async () => {
    await using folder = await project('default = "L1"');
    const file = join(folder.path, "main.sennit");
    await warmRealms({ run: 1 });
    try {
      for (const principal of ["a", "b"]) {
        const before = runWorkers.blanks;
        await using program = await load(`${LUA} lua.increment();`, { file, principal });
        expect([await program.run(), await program.run()]).toEqual([1, 1]);
        expect([before, runWorkers.blanks]).toEqual([1, 1]);
      }
    } finally {
      await warmRealms({});
    }
    expect(runWorkers.blanks).toBe(0);
  });

  it("are refused with the place of the package that cannot be opened", async () => {
    const broken = { ...SPIN, "spin/spin.lua": "return {" };
    await using folder = await project('default = "L1"', broken, { "acme:spin": "spin" });
    await using same = await project('default = "L0"', broken, { "acme:spin": "spin" });
    const source = 'require "acme:spin" as spin; print spin.one();';
    const [there, here] = await Promise.all([folder, same].map((each) => seen(each, source)));
    const place = (of: unknown, path: string): string => JSON.stringify(of).replaceAll(path, "");
    expect(place(there, folder.path)).toEqual(place(here, same.path));
    expect(there?.error).toMatchObject({ code: "refused" });
  });
});
