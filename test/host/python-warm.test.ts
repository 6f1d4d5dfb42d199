import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import type { OwnPeer } from "../../src/host/python/peer.node.ts";
import { openPython, plainImage } from "./python-opened.ts";
import type { Peer } from "../../src/host/python/peer.ts";
import { pythonCode } from "../../src/host/python/code.ts";
import { Names } from "../../src/host/python/names.ts";
import { Workers, type WorkersParts } from "../../src/host/python/workers.node.ts";
import { readWit, worldOf } from "../../src/host/package-text.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

const WIT = "package test:plugin; world w { export count: func() -> u32; }";
const APP = `class WitWorld:
    def __init__(self):
        self.counted = 0
    def count(self):
        self.counted += 1
        return self.counted
`;
const PACKAGE = pythonPackage({ "app.py": APP, "world.wit": WIT });

describe("workers that are started ahead of time", () => {
  beforeAll(plainImage);
  afterAll(() => expect(processAdmission.living).toBe(0));

  async function workers(parts: Partial<WorkersParts> = {}): Promise<Workers> {
    const world = await worldOf(PACKAGE, await readWit(PACKAGE));
    return new Workers({
      name: "test:plugin",
      code: ({ guest }) => pythonCode("test:plugin", world, new Names(world), guest, new Map([["app.py", APP]]), "app"),
      task: { memory: 1 << 28, waits: false, overlap: false },
      limits: {},
      warm: 1,
      cacheFolder: undefined,
      images: undefined,
      runtimeImage: undefined,
      warn: (line) => expect.fail(line),
      ...parts,
    });
  }

  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it("are taken once, and others take their place (V1)", async () => {
    await using warm = await workers();
    warm.fill();
    warm.fill(); // what is on its way counts
    await until(() => warm.waiting === 1);
    const taken: OwnPeer[] = [await warm.take({})];
    expect(warm.waiting).toBe(0);
    warm.fill();
    await until(() => warm.waiting === 1);
    taken.push(await warm.take({}));
    expect(taken[0]).not.toBe(taken[1]);
    await Promise.all(taken.map((peer) => peer.terminate()));
    expect(warm.waiting).toBe(0);
  });

  it("are let go when they end, and when the pool is closed (V2, V3)", async () => {
    const warm = await workers();
    warm.fill();
    await until(() => warm.waiting === 1);
    const ended = await warm.take({});
    warm.fill();
    await until(() => warm.waiting === 1);
    await warm[Symbol.asyncDispose]();
    expect(warm.waiting).toBe(0);
    await expect(warm.take({})).rejects.toMatchObject({ code: "plugin-lost" });
    warm.fill();
    expect(warm.waiting).toBe(0);
    await ended.terminate();
  });

  it("serve one instance each: nothing of one is in the next (I2)", async () => {
    const peers = new Set<Peer>();
    const between = (peer: Peer): Peer => (peers.add(peer), peer);
    await using plugin = await openPython(PACKAGE, { warm: 2, between });
    for (const id of [1, 2, 3]) {
      await using python = await plugin.instantiate(surroundings({}, { id }));
      expect([await python.call("count", []), await python.call("count", [])]).toEqual([1, 2]);
    }
    expect(peers.size).toBe(3);
  });
});
