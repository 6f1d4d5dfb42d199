import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import type { Peer } from "../../src/host/python/peer.ts";
import { pythonPlugin } from "../../src/host/python/plugin.node.ts";
import { FAILED, frame, MORE, readFrame, RESULTS } from "../../src/host/python/worker/frame.ts";
import { called, MANY_FILES } from "./python-many-guest.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

describe("a worker that lies about several calls", () => {
  let plugin: Plugin;
  let forge: (answer: ArrayBuffer) => ArrayBuffer = (answer) => answer;
  beforeAll(async () => {
    const between = (peer: Peer): Peer => ({
      ...peer,
      listen: (receive) =>
        peer.listen((given) => {
          if (given?.kind !== RESULTS) return receive(given);
          const { kind, a, b, c, d, body } = given;
          receive(readFrame(forge(frame({ kind, a, b, c, d }, body))));
        }),
    });
    plugin = await pythonPlugin(pythonPackage(MANY_FILES), { between });
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  const set = (at: number, value: number) => (answer: ArrayBuffer) => {
    new DataView(answer).setUint32(at, value, true);
    return answer;
  };
  const [COUNT, FLAGS, LENGTH, FIRST_RESULT] = [8, 12, 24, 32];

  it.each<[string, (answer: ArrayBuffer) => ArrayBuffer]>([
    ["leaves one out", (answer) => set(COUNT, 1)(set(LENGTH, 9)(answer))],
    ["answers none", (answer) => set(COUNT, 0)(set(LENGTH, 0)(answer))],
    ["answers more than there are", set(COUNT, 3)],
    ["answers endlessly many", set(COUNT, 0xffff_ffff)],
    ["answers for others", set(4, 99)],
    ["skips one", (answer) => set(4, new DataView(answer).getUint32(4, true) + 1)(answer)],
    ["claims a length that is not there", set(FIRST_RESULT, 0x7fff_ffff)],
    ["fails without a record", set(FIRST_RESULT, (5 | FAILED) >>> 0)],
    ["never comes to its end", set(FLAGS, MORE)],
  ])("%s: the instance ends, and every call with it", async (name, lie) => {
    const python = await plugin.instantiate(surroundings());
    forge = lie;
    const calls = [called(python, "add", 1, 2), called(python, "add", 3, 4)];
    const settled = Promise.allSettled(calls);
    if (name === "never comes to its end") {
      expect(await Promise.all(calls)).toEqual([3, 7]); // all that was asked for is there
      forge = (answer) => answer;
      const next = Promise.allSettled([called(python, "add", 1, 1)]);
      await python[Symbol.asyncDispose]();
      expect(await next).toMatchObject([{ reason: { code: "plugin-lost" } }]);
      return;
    }
    const last = (await settled).at(-1);
    forge = (answer) => answer;
    if (name.startsWith("answers more") || name.startsWith("answers endlessly"))
      expect(last).toEqual({ status: "fulfilled", value: 7 }); // before the lie was seen
    else expect(last).toMatchObject({ reason: { code: expect.stringMatching(/^plugin-(lost|trapped)$/) as string } });
    expect(python.alive).toBe(false);
    await python[Symbol.asyncDispose]();
  });
});
