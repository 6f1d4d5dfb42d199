/** States that cross walls: saved and taken up in threads (L1) and in processes (L2), and from one level to another. */
import { describe, expect, it } from "vitest";

import type { Plugin } from "../../../src/host/plugin.ts";
import { RemoteInstance } from "../../../src/host/remote/caller/instance.node.ts";
import { serveToStranger } from "../../../src/host/remote/server/serve.ts";
import { START } from "../../../src/host/remote/frames/kinds.ts";
import { Writer } from "../../../src/host/remote/frames/writer.ts";
import { writeStart } from "../../../src/host/remote/frames/start.ts";
import { start } from "../component-fixtures.ts";
import { component, type Level, LEVELS, lua, sample } from "../remote/realms.ts";
import { openPlugin } from "../../../src/host/open.node.ts";
import { refusalOf, stateOf } from "./continued.ts";
import { surroundings } from "../python-package.ts";

const LONG = process.env.SENNIT_LONG !== undefined;
const SAMPLES: readonly (readonly [string, Level])[] = [
  ["counter-rust", "L1"],
  ["counter-lua", "L1"],
  ["counter-rust", "L2"],
  ...(LONG
    ? LEVELS.flatMap((level) => ["counter-c", "counter-go", "counter-python"].map((name) => [name, level] as const))
    : []),
  ...(LONG ? [["counter-lua", "L2"] as const] : []),
];

async function increments(plugin: Plugin, state?: Uint8Array): Promise<readonly [unknown, Uint8Array]> {
  await using instance = await start(plugin, {}, state === undefined ? {} : { state });
  const answer = await instance.call("increment", []);
  return [answer, await stateOf(instance)];
}

describe.each(SAMPLES)("%s at %s", (name, level) => {
  it("goes on where it was, here or elsewhere, and says what it depends on as it does here", async () => {
    await using there = await sample(name, level);
    await using here = await sample(name, "L0");
    expect(there.stateOf).toEqual(here.stateOf);
    const [, first] = await increments(there);
    const [second, state] = await increments(there, first);
    const [third, back] = await increments(here, state);
    const [fourth] = await increments(there, back);
    expect([second, third, fourth]).toEqual([2, 3, 4]);
    expect(await refusalOf(there, surroundings({}, { state: back.subarray(1) }))).toBe("state-invalid");
  }, 60_000);
});

it("what is not saved here is not saved elsewhere, without a question", async () => {
  const wit = "world w { export f: func(); }";
  const core = `(module (table 1 funcref) (memory (export "memory") 1)
    (func (export "f") (table.set (i32.const 0) (ref.null func))))`;
  await using plugin = await openPlugin(await component(wit, core), { isolation: "L1" });
  await using instance = await start(plugin);
  expect([plugin.stateOf, instance.save]).toEqual([undefined, undefined]);
});

it("while a call is on its way, or the guest keeps what is others', nothing is saved", async () => {
  const wit = `interface others { resource thing; make: func() -> thing; }
    world w { import others; export keep: func(); export forget: func(); }`;
  const guest = `local others, sennit, kept = require("acme:sample/others"), require("sennit")
    return { keep = function() kept = others.make() end, forget = function() sennit.drop(kept); kept = nil end }`;
  await using plugin = await openPlugin(lua(wit, guest), { isolation: "L1" });
  const { Handle } = await import("../../../src/wit/value.ts");
  await using instance = await start(plugin, {
    "acme:sample/others@1.0.0#make": () => new Handle(9, 1),
    "acme:sample/others@1.0.0#[resource-drop]thing": () => null,
  });
  expect(instance).toBeInstanceOf(RemoteInstance);
  const call = instance.call("keep", []);
  expect(await instance.save?.()).toBeNull();
  await call;
  expect(await instance.save?.()).toBeNull();
  await instance.call("forget", []);
  expect(await instance.save?.()).toBeInstanceOf(Uint8Array);
});

it("a caller that may lie can give no state to what has none (S4)", async () => {
  await using plugin = await sample("counter-rust", "L0");
  const broken: string[] = [];
  const calls = { run: <T>(_: number, work: () => T): T => work(), current: () => undefined };
  const serving = serveToStranger(plugin, () => {}, calls, { broke: ({ message }) => void broken.push(message) });
  const writer = new Writer({ give: () => 0, take: () => null }).start(START, 1);
  writeStart(writer, surroundings({}, { state: new Uint8Array(9) }));
  serving.receive(writer.finish());
  expect(broken).toEqual(["a state of what has none"]);
  await serving.close();
});
