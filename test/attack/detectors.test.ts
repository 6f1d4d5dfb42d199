/** That each detector can fail: a suite whose detectors see nothing would always be green. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import type { Instance } from "../../src/host/plugin.ts";
import { GROUPS } from "./all.ts";
import { contained, ended, neverStarts, refused } from "./attack.ts";
import { Canaries, changes, heldMemory, hostState, leftHeld, leftOpen, openResources } from "./detectors.ts";
import { LISTED } from "./listed.ts";
import { expectEnding } from "./suite.ts";

describe("the host's state (D1)", () => {
  it.each<readonly [string, object, string]>([
    ["a global", globalThis, "globalThis.polluted"],
    ["Object's prototype", Object.prototype, "Object.prototype.polluted"],
    ["Array's prototype", Array.prototype, "Array.prototype.polluted"],
    ["Function's prototype", Function.prototype, "Function.prototype.polluted"],
    ["Promise's prototype", Promise.prototype, "Promise.prototype.polluted"],
    ["Promise", Promise, "Promise.polluted"],
    ["Error", Error, "Error.polluted"],
    ["JSON", JSON, "JSON.polluted"],
  ])("a new property of %s is seen", (_, target, name) => {
    const before = hostState();
    Reflect.set(target, "polluted", 1);
    try {
      expect(changes(before, hostState())).toEqual([name]);
    } finally {
      Reflect.deleteProperty(target, "polluted");
    }
    expect(changes(before, hostState())).toEqual([]);
  });

  it("a replaced method is seen", () => {
    const before = hostState();
    const { map } = Array.prototype;
    Object.defineProperty(Array.prototype, "map", { value: () => [], configurable: true, writable: true });
    const seen = changes(before, hostState());
    Object.defineProperty(Array.prototype, "map", { value: map, configurable: true, writable: true });

    expect(seen).toEqual(["Array.prototype.map"]);
  });

  it("an environment variable, and the exit status, are seen", () => {
    const before = hostState();
    process.env["SENNIT_LEFT"] = "1";
    process.exitCode = 3;
    const seen = changes(before, hostState());
    delete process.env["SENNIT_LEFT"];
    process.exitCode = undefined;

    expect(seen.toSorted()).toEqual(["env SENNIT_LEFT", "process.exitCode"]);
  });
});

describe("open resources (D2)", () => {
  it("a thread is seen, and not when it has ended", async () => {
    const base = openResources();
    const worker = new Worker("setInterval(() => {}, 1000)", { eval: true });
    await new Promise((resolve) => worker.once("online", resolve));

    expect(await leftOpen(base, 0)).not.toEqual([]);
    await worker.terminate();
    expect(await leftOpen(base)).toEqual([]);
  });

  it("a socket and a timer are seen", async () => {
    const base = openResources();
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, resolve));
    const timer = setTimeout(() => {}, 100_000);
    const seen = await leftOpen(base, 0);
    clearTimeout(timer);
    await new Promise((resolve) => server.close(resolve));

    expect(seen).toContain("TCPServerWrap");
    expect(seen).toContain("Timeout");
  });
});

describe("processes (D2)", () => {
  it("one is seen, and not when it has ended", async () => {
    const base = openResources();
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");

    const seen = await leftOpen(base, 0);
    child.kill();
    await once(child, "close");
    expect(seen).toContain("ProcessWrap");
    if (process.platform === "linux") expect(seen).toContain("child process");
    expect(await leftOpen(base)).toEqual([]);
  });
});

describe("memory (D4)", () => {
  it.each([
    ["buffers", () => new ArrayBuffer(2 ** 28)],
    ["memories of WebAssembly", () => new Uint8Array(new WebAssembly.Memory({ initial: 8192 }).buffer).fill(1)],
    ["objects", () => Array.from({ length: 2 ** 21 }, (_, at) => ({ at, next: [at] }))],
  ])("%s are seen while they are kept", async (_, make) => {
    const base = heldMemory();
    const kept: unknown[] = [make()];

    expect(await leftHeld(base, 0)).not.toEqual([]);
    kept.pop();
    expect(await leftHeld(base)).toEqual([]);
  });
});

describe("the canaries (D3)", () => {
  it("a leaked secret, a made file and a changed one are seen", async () => {
    await using canaries = await Canaries.open();
    expect(await canaries.harm(["nothing"])).toEqual([]);

    const [inFile = "", inEnvironment = ""] = canaries.secrets;
    expect(process.env[Canaries.variable]).toBe(inEnvironment);
    expect(await canaries.harm([`x ${inFile} y`])).toEqual([`leaked: ${inFile}`]);
    expect(await canaries.harm(["a", inEnvironment])).toEqual([`leaked: ${inEnvironment}`]);
    await writeFile(canaries.touched, "x");
    expect(await canaries.harm([])).toEqual(["made: touched"]);
    await writeFile(canaries.file, "x");
    expect(await canaries.harm([])).toEqual(["made: touched", "the canary file was changed"]);
  });
});

describe("endings (A1)", () => {
  const dead = { instances: [{ alive: false } as Instance] };
  const alive = { instances: [{ alive: true } as Instance] };
  const none = { instances: [] };
  const trapped = { fault: new Fault("plugin-trapped", "x") };

  it.each([
    ["refused, but it answered otherwise", refused(/Error/), { said: "42" }, alive],
    ["refused, but the instance is gone", refused(/Error/), { said: "Error" }, dead],
    ["refused, but it was a fault", refused(/plugin-trapped/), trapped, alive],
    ["contained, but it said a secret", contained(/^nothing$/), { said: "secret" }, alive],
    ["ended, but it answered", ended("plugin-trapped"), { said: "42" }, dead],
    ["ended, but by another fault", ended("memory-limit"), trapped, dead],
    ["ended, but the instance lives", ended("plugin-trapped"), trapped, alive],
    ["never starts, but it did", neverStarts("plugin-trapped"), trapped, dead],
    ["never starts, but it answered", neverStarts("link-failed"), { said: "42" }, none],
  ] as const)("%s", (_, ends, outcome, stage) => {
    expect(() => expectEnding(ends, outcome, stage)).toThrow(/expected/);
  });
});

it("every attack has an id of its own", () => {
  const ids = [...GROUPS.flatMap(({ attacks }) => attacks), ...LISTED].map(({ id }) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});
