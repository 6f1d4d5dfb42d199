/** Kept threads and processes (K1–K4 of keeper.node.ts, W1–W4 of watch.ts, T1 of keeper-thread.node.ts). */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { FLIGHT } from "../../../src/host/keeper/flight.ts";
import { type KeptThread, startKept, watchProcess } from "../../../src/host/keeper/keeper.node.ts";
import { threadFlags } from "../../../src/host/remote/ways/thread.node.ts";

const ENTRY = new URL("kept-under-test.ts", import.meta.url);
const TURNS = 7;

/** The threads that this one started itself. */
const running = new Set<Worker>();
process.on("worker", (worker) => {
  running.add(worker);
  worker.once("exit", () => running.delete(worker));
});

type Started = KeptThread & AsyncDisposable;

function started(options: { heapMegabytes?: number; longest?: number } = {}): Started {
  const { heapMegabytes = 64, longest } = options;
  const execArgv = [...threadFlags(ENTRY, ["component"])];
  const watch = longest === undefined ? {} : { watch: { longest } };
  const thread = startKept({ entry: ENTRY, execArgv, heapMegabytes, ...watch });
  return { ...thread, [Symbol.asyncDispose]: () => thread.kill() };
}

async function ask({ port }: KeptThread, name: string, milliseconds = 0): Promise<unknown> {
  const answered = once(port, "message");
  port.postMessage([name, milliseconds]);
  const [{ answer }] = (await answered) as [{ answer: unknown }];
  return answer;
}

/** Nothing of this thread runs for so long. */
function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Whether the thread spun, and then turned no more, although nothing of this one ran: for ten seconds at most. */
function blockedUntilStill(flight: Int32Array): boolean {
  let last = 0;
  for (let left = 40; left > 0; left--) {
    block(250);
    const turns = Atomics.load(flight, TURNS);
    if (turns > 0 && turns === last) return true;
    last = turns;
  }
  return false;
}

describe("a kept thread", () => {
  it("has the walls of its flags, no environment, and nobody to print to (K2)", async () => {
    await using thread = started();

    expect(await ask(thread, "look")).toEqual({
      env: [],
      argv: [],
      main: false,
      read: "ERR_ACCESS_DENIED",
      here: "ERR_ACCESS_DENIED",
      thread: "ERR_ACCESS_DENIED",
    });
    expect(await ask(thread, "print")).toBe("printed");
  });

  it("that spins is gone when it is killed; twice is once (K3)", async () => {
    const thread = started();
    await ask(thread, "look");
    thread.port.postMessage(["spin"]);
    await Promise.all([thread.kill(), thread.kill()]);

    expect(await thread.gone).toEqual({ code: "plugin-trapped", why: "its thread ended" });
  });

  it("that ends or fails by itself says how", async () => {
    const [ends, fails] = [started(), started()];
    ends.port.postMessage(["end"]);
    fails.port.postMessage(["fail"]);

    expect(await ends.gone).toEqual({ code: "plugin-trapped", why: "its thread ended" });
    expect(await fails.gone).toEqual({ code: "plugin-trapped", why: "on purpose" });
  });

  it("that cannot be started is gone, and the others live", async () => {
    await using other = started();
    const bad = startKept({ entry: ENTRY, execArgv: ["--no-such-flag"], heapMegabytes: 64 });

    expect(await bad.gone).toMatchObject({ code: "plugin-trapped", why: expect.stringContaining("did not start") });
    expect(await ask(other, "print")).toBe("printed");
  });

  it("that is out of memory ends alone", async () => {
    await using other = started();
    await using full = started({ heapMegabytes: 32 });
    full.port.postMessage(["fill"]);

    expect(await full.gone).toEqual({ code: "memory-limit", why: "its thread needs more than 32 MB" });
    expect(await ask(other, "print")).toBe("printed");
  });

  it("that says something to the keeper is ended by its first word (T1)", async () => {
    await using other = started();
    const code = "import { parentPort } from 'node:worker_threads'; for (;;) parentPort.postMessage(1);";
    const talks = startKept({ entry: new URL(`data:text/javascript,${code}`), execArgv: [], heapMegabytes: 64 });

    expect(await talks.gone).toMatchObject({ code: "plugin-trapped" });
    expect(await ask(other, "print")).toBe("printed");
  });

  it("has no way to the keeper once it has asked what it was given", async () => {
    await using thread = started();
    await ask(thread, "tellTheKeeper");

    expect(await ask(thread, "print")).toBe("printed");
  });
});

describe("what takes longer than it was allowed", () => {
  it("is killed while the thread that waits for it is blocked", async () => {
    await using thread = started();
    await ask(thread, "look");
    thread.port.postMessage(["spin"]);
    thread.allow(100);
    expect(blockedUntilStill(thread.flight)).toBe(true);
    expect(await thread.gone).toMatchObject({ code: "deadline-exceeded" });
  });

  it("is told to stop first, and lives when it does (W2, W3)", async () => {
    await using thread = started();
    await ask(thread, "look");
    thread.allow(50);
    expect(await ask(thread, "spinSoftly")).toBe("stopped");
    thread.allow(null);

    await expect.poll(() => Atomics.load(thread.flight, FLIGHT.stop)).toBe(0);
    expect(await ask(thread, "print")).toBe("printed");
  });

  it("is judged by what is allowed now, not by what was before", async () => {
    await using thread = started();
    await ask(thread, "look");
    thread.allow(60);
    thread.allow(60_000);
    expect(await ask(thread, "block", 300)).toBe("timed-out");
    thread.allow(1);
    thread.allow(null);
    expect(await ask(thread, "block", 300)).toBe("timed-out");
  });

  it("ends as a process, too, while this one is blocked", async () => {
    const child = spawn(process.execPath, ["--eval", "process.stdout.write('.'); for (;;);"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const watched = watchProcess(child.pid ?? 0);
    await once(child.stdout, "data");
    watched.allow(50);
    for (let left = 100; left > 0 && !watched.wasKilled(); left--) block(50);
    expect(watched.wasKilled()).toBe(true);
    const [, signal] = (await once(child, "exit")) as [number | null, string | null];
    watched.forget();

    expect(signal).toBe("SIGKILL");
  });
});

describe("a thread that is watched", () => {
  it("is killed when no call begins and its event loop does not turn, also while this thread is blocked (W1)", async () => {
    await using thread = started({ longest: 100 });
    await ask(thread, "look");
    await expect.poll(() => Atomics.load(thread.flight, FLIGHT.beat)).toBeGreaterThan(0);
    thread.port.postMessage(["spin"]);
    expect(blockedUntilStill(thread.flight)).toBe(true);
    expect(await thread.gone).toMatchObject({ code: "deadline-exceeded" });
  });

  it("lives while calls begin, and while it waits", async () => {
    await using thread = started({ longest: 100 });
    await expect.poll(() => Atomics.load(thread.flight, FLIGHT.beat)).toBeGreaterThan(0);

    expect(await ask(thread, "callOften", 400)).toBe("called");
    const beat = Atomics.load(thread.flight, FLIGHT.beat);
    await expect.poll(() => Atomics.load(thread.flight, FLIGHT.beat)).toBeGreaterThan(beat + 8); // two times of 100 ms
    expect(await ask(thread, "print")).toBe("printed");
  });
});

describe("the process", () => {
  it("has one keeper while something is kept, and none a while after (K1)", async () => {
    const keepers: Worker[] = [];
    const note = (worker: Worker): void => void keepers.push(worker);
    await expect.poll(() => running.size, { timeout: 5000 }).toBe(0); // that of the tests before
    process.on("worker", note);
    const threads = [started(), started()];
    await Promise.all(threads.map((thread) => ask(thread, "look")));
    expect(keepers.length).toBe(1);
    await Promise.all(threads.map((thread) => thread.kill()));
    await expect.poll(() => running.size, { timeout: 5000 }).toBe(0);
    process.off("worker", note);
  });

  it("goes on while something is kept, and ends when it was let go (K1, K4)", async () => {
    const script = fileURLToPath(new URL("keeping-process.ts", import.meta.url));
    const outcome = async (mode: string): Promise<string> => {
      const child = spawn(process.execPath, [script, mode], { stdio: ["ignore", "pipe", "inherit"] });
      let text = "";
      child.stdout.on("data", (bytes: Buffer) => (text += bytes.toString()));
      const [status] = (await once(child, "close")) as [number];
      return `${text}${status}`;
    };

    expect(await Promise.all(["killed", "let-go", "let-go-and-killed", "exits"].map(outcome))).toEqual([
      "started gone 0",
      "started 0",
      "started gone 0",
      "started 3",
    ]);
  });
});
