/** Workers that answer several calls as no honest one does: with what an honest one said, changed on its way. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Instance } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { pythonOver } from "../../src/host/python/over.node.ts";
import type { Peer } from "../../src/host/python/peer.ts";
import type { PythonPlugin } from "../../src/host/python/plugin.node.ts";
import {
  CALLS,
  FAILED,
  type Frame,
  frame,
  MORE,
  readFrame,
  RESULTS,
  WORDS,
} from "../../src/host/python/worker/frame.ts";
import { called, going, MANY_FILES } from "./python-many-guest.ts";
import { openPython } from "./python-opened.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

describe("a worker that lies about several calls", () => {
  let plugin: PythonPlugin;
  /** What an honest one says of its binding, and then of two calls. */
  const said: Frame[] = [];
  beforeAll(async () => {
    const between = (peer: Peer): Peer => ({
      ...peer,
      listen: (receive) =>
        peer.listen((given) => {
          if (given?.kind === RESULTS) said.push({ ...given, body: given.body.slice() });
          receive(given);
        }),
    });
    plugin = await openPython(pythonPackage(MANY_FILES), { between });
    await using honest = await plugin.instantiate(surroundings());
    const calls = [
      [1, 2],
      [3, 4],
    ];
    expect(await honest.callMany?.("add", calls, going())).toEqual([{ value: 3 }, { value: 7 }]);
    expect(said.map(({ a, b }) => [a, b])).toEqual([
      [1, 1],
      [2, 2],
    ]);
  });
  afterAll(async () => {
    await plugin[Symbol.asyncDispose]();
    expect(processAdmission.living).toBe(0);
  });

  /** An instance whose worker says what the honest one said, the second of it as `forge` makes it, and then no more. */
  async function lying(forge: (answer: ArrayBuffer) => ArrayBuffer): Promise<Instance> {
    const { port1: port, port2 } = new MessageChannel();
    const { promise: gone, resolve } = Promise.withResolvers<null>();
    const answers = said.map(({ kind, a, b, c, d, body }, at) => {
      const answer = frame({ kind, a, b, c, d }, body);
      return at === 0 ? answer : forge(answer);
    });
    port2.on("message", (message: unknown) => {
      const answer = readFrame(message)?.kind === CALLS ? answers.shift() : undefined;
      if (answer !== undefined) port2.postMessage(answer);
    });
    const stops = new Int32Array(new SharedArrayBuffer(4 * WORDS));
    const over = pythonOver(plugin, async () => ({ port, stops, gone, terminate: async () => resolve(null) }));
    return over.instantiate(surroundings());
  }

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
    const python = await lying(lie);
    const calls = [called(python, "add", 1, 2), called(python, "add", 3, 4)];
    const settled = Promise.allSettled(calls);
    if (name === "never comes to its end") {
      expect(await Promise.all(calls)).toEqual([3, 7]); // all that was asked for is there
      const next = Promise.allSettled([called(python, "add", 1, 1)]);
      await python[Symbol.asyncDispose]();
      expect(await next).toMatchObject([{ reason: { code: "plugin-lost" } }]);
      return;
    }
    const last = (await settled).at(-1);
    if (name.startsWith("answers more") || name.startsWith("answers endlessly"))
      expect(last).toEqual({ status: "fulfilled", value: 7 }); // before the lie was seen
    else expect(last).toMatchObject({ reason: { code: expect.stringMatching(/^plugin-(lost|trapped)$/) as string } });
    expect(python.alive).toBe(false);
    await python[Symbol.asyncDispose]();
  });
});
