/** Instances in threads and processes: deadlines that a blocked engine thread does not delay, and blank realms. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type KeptThread, startKept } from "../../../src/host/keeper/keeper.node.ts";
import { openPlugin, warmRealms } from "../../../src/host/open.node.ts";
import type { Channel } from "../../../src/host/remote/ways/channel.ts";
import { remotePlugin } from "../../../src/host/remote/caller/plugin.node.ts";
import { startProcess } from "../../../src/host/remote/ways/process.node.ts";
import { HEAP_MEGABYTES, threadChannel, threadFlags } from "../../../src/host/remote/ways/thread.node.ts";
import { processes, startRealm, threads, Warm } from "../../../src/host/remote/ways/warm.node.ts";
import { faultOf, start } from "../component-fixtures.ts";
import { component, lua, sample, samplePackage } from "../remote/realms.ts";

const ENTRY = new URL("spinning-realm.ts", import.meta.url);
const TURNS = 7;

function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

describe("a call at L1 or L2 that does not come back", () => {
  it("is gone before the engine thread, which is blocked, goes on", async () => {
    let thread: KeptThread | undefined;
    const start1 = (): Channel => {
      thread = startKept({ entry: ENTRY, execArgv: threadFlags(ENTRY, ["lua"]), heapMegabytes: HEAP_MEGABYTES });
      return threadChannel(thread);
    };
    const files = lua("world w { export f: func(); }", "return { f = function() end }", { limits: { deadline: 100 } });
    await using plugin = await remotePlugin(files, { start: start1 });
    await using instance = await start(plugin);
    const call = faultOf(() => instance.call("f", []));
    block(1500); // the deadline, the grace, and some time
    const turns = Atomics.load(thread!.flight, TURNS);
    block(100);

    expect(turns).toBeGreaterThan(0);
    expect(Atomics.load(thread!.flight, TURNS)).toBe(turns);
    expect(await call).toMatchObject({ code: "deadline-exceeded" });
  });

  it("ends its process, too, which is said as what it was", async () => {
    const entry = new URL("../remote/realm-under-test.ts", import.meta.url);
    let channel: Channel | undefined;
    const files = await samplePackage("counter-rust");
    await using plugin = await remotePlugin(
      { ...files, manifest: { ...files.manifest, limits: { deadline: 100 } } },
      { start: () => (channel = startProcess("component", entry)) },
    );
    await using instance = await start(plugin);
    const call = faultOf(() => instance.call("trap", []));
    block(1500);

    expect(await call).toMatchObject({ code: "deadline-exceeded" });
    expect(await channel!.gone).toMatchObject({ code: "deadline-exceeded" }); // it was not this thread that killed it
  });
});

describe.each(["L1", "L2"] as const)("objects of the garbage-collected kind at %s", (isolation) => {
  it("are held to the heap of their realm", { timeout: 60_000 }, async () => {
    const files = await component(
      "world w { export f: func(); export ok: func() -> u32; }",
      `(module (type $a (array (mut i64))) (type $l (struct (field (ref null $l)) (field (ref $a))))
        (global $kept (mut (ref null $l)) (ref.null $l)) (memory (export "memory") 1)
        (func (export "f")
          (loop $more (global.set $kept (struct.new $l (global.get $kept) (array.new_default $a (i32.const 500000)))) (br $more)))
        (func (export "ok") (result i32) (array.get $a (array.new $a (i64.const 7) (i32.const 100)) (i32.const 1)) (i32.wrap_i64)))`,
      { limits: { deadline: 30_000 } },
    );
    await using plugin = await openPlugin(files, { isolation });
    await using bomb = await start(plugin, {}, { id: 1 });
    await using innocent = await start(plugin, {}, { id: 2 });

    expect(await faultOf(() => bomb.call("f", []))).toMatchObject({ code: "memory-limit" });
    expect(await innocent.call("ok", [])).toBe(7);
  });
});

describe("blank realms", () => {
  afterEach(() => warmRealms({}));

  it("are given to one package each, and replaced (W1, W2)", async () => {
    const marks = new Set<Channel>();
    const ended = new Set<Channel>();
    const blank = (): Channel => {
      const gone = Promise.withResolvers<{ code: "plugin-trapped"; why: string }>();
      const channel: Channel = {
        send: () => {},
        listen: () => {},
        kill: async () => {
          ended.add(channel);
          gone.resolve({ code: "plugin-trapped", why: "it was killed" });
        },
        gone: gone.promise,
      };
      marks.add(channel);
      return channel;
    };
    const warm = new Warm(blank);
    await warm.keep(2);
    expect([warm.ready, marks.size]).toEqual([2, 2]);
    const taken = [warm.take(), warm.take(), warm.take()];
    await taken[0]!.kill();
    taken.push(warm.take());
    expect(new Set(taken).size).toBe(4);
    expect(marks.size).toBe(6);

    const dying = [...marks].find((each) => !taken.includes(each));
    await dying!.kill();
    taken.push(warm.take());
    expect(taken).not.toContain(dying);

    await warm.keep(0);
    expect(warm.ready).toBe(0);
    expect([...marks].filter((each) => !taken.includes(each) && !ended.has(each))).toEqual([]);
  });

  it("serve as others do, and end when they are not wanted any more", async () => {
    await warmRealms({ thread: 1, process: 1 });
    for (const level of ["L1", "L2"] as const) {
      await using one = await sample("counter-rust", level);
      await using other = await sample("counter-lua", level);
      await using first = await start(one);
      await using second = await start(other);
      expect([await first.call("increment", []), await second.call("increment", [])]).toEqual([1, 1]);
    }
    expect([threads.ready, processes.ready]).toEqual([1, 1]);
    const blanks = [startRealm("L1", "component"), startRealm("L1", "lua")];
    expect(blanks[0]).not.toBe(blanks[1]);
    await Promise.all(blanks.map((each) => each.kill()));
    await warmRealms({});
    expect([threads.ready, processes.ready]).toEqual([0, 0]);
    await using plugin = await openPlugin(lua("world w { export f: func(); }", "return { f = function() end }"), {
      isolation: "L1",
    });
    await using instance = await start(plugin);
    expect(await instance.call("f", [])).toBeNull();
  });

  it("keep no process alive", async () => {
    const script = fileURLToPath(new URL("warm-process.ts", import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
    const [status] = (await once(child, "close")) as [number];

    expect([text, status]).toEqual(["done", 0]);
  });
});
