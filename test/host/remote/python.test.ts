/** Python in a process of its own (L2): where it starts from, and its limits there. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPlugin } from "../../../src/host/open.node.ts";
import type { Plugin } from "../../../src/host/plugin.ts";
import { processImages } from "../../../src/host/python/image.node.ts";
import { pythonRuntime } from "../../../src/host/python/runtime.node.ts";
import { imageToSend, sentImage } from "../../../src/host/python/sent-image.node.ts";
import { prepare } from "../../../src/host/remote/caller/prepare.node.ts";
import { plainImage } from "../python-opened.ts";
import { pythonPackage, surroundings } from "../python-package.ts";

const WIT =
  "package test:plugin; world w { export count: func() -> u32; export endless: func(); export hog: func() -> u32; }";
const APP = `
class WitWorld:
    def __init__(self):
        self.counted = 0
    def count(self):
        self.counted += 1
        return self.counted
    def endless(self):
        while True:
            try:
                while True: pass
            except BaseException: pass
    def hog(self):
        return len(bytearray(10**9))
`;
const PACKAGE = pythonPackage({ "app.py": APP, "world.wit": WIT }, { limits: { memory: 96 << 20 } });

describe("Python in a process", () => {
  let plugin: Plugin;
  beforeAll(async () => {
    plugin = await openPlugin(PACKAGE, { isolation: "L2" });
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  it("keeps its state to itself, as everywhere", async () => {
    await using one = await plugin.instantiate(surroundings());
    await using two = await plugin.instantiate(surroundings());
    expect([await one.call("count", []), await one.call("count", []), await two.call("count", [])]).toEqual([1, 2, 1]);
  });

  it("has a deadline and fuel", { timeout: 240_000 }, async () => {
    await using late = await plugin.instantiate(surroundings({}, { limits: { deadline: 300 } }));
    expect(await late.call("count", [])).toBe(1);
    await expect(late.call("endless", [])).rejects.toMatchObject({ code: "deadline-exceeded" });
    await using spent = await plugin.instantiate(surroundings({}, { limits: { fuel: 1_000_000 } }));
    expect(await spent.call("count", [])).toBe(1);
    await expect(spent.call("endless", [])).rejects.toMatchObject({ code: "fuel-exhausted" });
  });

  it("is told how much memory it has", async () => {
    await using instance = await plugin.instantiate(surroundings());
    await expect(instance.call("hog", [])).rejects.toMatchObject({
      code: "memory-limit",
      message: expect.stringMatching(/MemoryError .*: not enough memory, of which it has 96 MiB$/) as string,
      hint: expect.stringContaining('`"test:plugin" = { memory = … }` under [limits]') as string,
    });
  });
});

describe("the start image that travels to a process", () => {
  beforeAll(plainImage);

  it("is the runtime's, and goes with the package (Z1)", async () => {
    const runtime = await pythonRuntime();
    const { parcel } = await prepare(PACKAGE, undefined);
    const image = await sentImage(runtime, async (name) => parcel.kept.get(name));
    const made = await processImages.ofRuntime(runtime, undefined);
    expect(Buffer.compare(image ?? expect.fail("it did not come"), made)).toBe(0); // 30 MB are much for toEqual
  });

  it("is not used when it is not whole, or another's (Z2)", async () => {
    const runtime = await pythonRuntime();
    const [name, bytes] = (await imageToSend(undefined)) ?? expect.fail("there is none");
    const damaged = bytes.with(bytes.length >> 1, (bytes[bytes.length >> 1] ?? 0) ^ 1);
    expect(await sentImage(runtime, async () => damaged)).toBeUndefined();
    expect(await sentImage(runtime, async () => new Uint8Array(3))).toBeUndefined();
    const other = { ...runtime, identity: `${runtime.identity} metered` };
    expect(await sentImage(other, async (wanted) => (wanted === name ? bytes : undefined))).toBeUndefined();
  });
});
