/**
 * What the QuickJS toolchain (componentize-qjs 0.4.5) cannot do, as conformance-js shows it. When one of these fails,
 * the toolchain has learnt it: say so in plugins/samples/README.md and let the conformance suite ask for it.
 */
import { afterAll, beforeAll, expect, it } from "vitest";

import type { Plugin } from "../../src/host/plugin.ts";
import { instantiate, openSample, outcome } from "./packages.ts";

const ECHO = "sample:conformance/echo@1.0.0#";
const STORE = "sample:conformance/store@1.0.0#";

let plugin: Plugin;
beforeAll(async () => {
  plugin = await openSample("conformance-js");
});
afterAll(() => plugin[Symbol.asyncDispose]());

it("integers up to 2⁵³ are exact, larger ones are rounded", async () => {
  await using instance = await instantiate(plugin);
  for (const exact of [2 ** 53 - 1, -(2 ** 53 - 1)])
    expect(await outcome(instance, `${ECHO}echo-s64`, [exact])).toBe(exact);
  expect(await outcome(instance, `${ECHO}echo-s64`, [2n ** 53n + 1n])).toBe(2n ** 53n);
});

it("an integer that is rounded out of its range traps", async () => {
  await using instance = await instantiate(plugin);
  expect(await outcome(instance, `${ECHO}echo-u64`, [2n ** 64n - 1n])).toEqual({ fault: "plugin-trapped" });
});

it("a resource can be lent back to its component, but not given back", async () => {
  await using instance = await instantiate(plugin);
  const made = await instance.call(`${STORE}[constructor]accumulator`, [5]);
  expect(await outcome(instance, `${STORE}peek`, [made])).toBe(5);
  expect(await outcome(instance, `${STORE}drain`, [[made]])).toEqual({ fault: "plugin-trapped" });
});
