import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { expect, it } from "vitest";

import { collects } from "../../../src/host/meter/collects.ts";

const component = (core: string): string => `(component (core module ${core}))`;

it.each([
  ["functions only", component("(type (func (param i32 (ref null func)) (result i64))) (memory 1)"), false],
  ["no core at all", "(component)", false],
  ["a structure", component("(type (struct (field i32)))"), true],
  ["an array after a function", component("(type (func)) (type (array i8))"), true],
  ["a group of types", component("(rec (type (func)) (type (struct)))"), true],
  ["a structure in an inner component", `(component ${component("(type (struct))")})`, true],
  ["functions in an inner component", `(component ${component("(type (func))")} ${component("")})`, false],
])("a component with %s", async (_, text, expected) => {
  expect(collects(await parse(text))).toBe(expected);
});

it("what cannot be read is taken for one that does", async () => {
  const bytes = await parse(component("(type (func (param i32)))"));

  expect(collects(bytes.slice(0, -2))).toBe(true);
  expect(collects(new Uint8Array(3))).toBe(true);
});
