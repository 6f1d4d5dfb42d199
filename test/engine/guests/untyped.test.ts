/** Untyped data that a plugin forged, or that is too much, ends a call and not the host. */
import { describe, expect, it } from "vitest";
import { readAny, writeAny } from "../../../src/engine/guests/untyped.ts";
import type { AnyValue } from "../../../src/wit/any.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, runStub, stubProgram } from "../stub-program.ts";

const ANY = {
  kind: "list",
  element: { kind: "u8" },
  alias: { interface: "sennit:host/values", name: "value" },
} as const;

describe("an Any that cannot be read", () => {
  it.each([
    ["at once", (bytes: Uint8Array): Value | Promise<Value> => bytes],
    ["later", (bytes: Uint8Array) => Promise.resolve(bytes as Value)],
  ])("is an error of the call that it is the answer to: %s", async (_, answer) => {
    const instance = directInstance((_fn, [n]) => answer(n === 0 ? Uint8Array.of(1) : Uint8Array.of(0x82, 1)));
    const text = `require give; print give(0); try { give(1); } catch (e) { print (e.code, e.source); } print give(0);`;
    const { lines } = await runStub(stubProgram(text, [witFunction("give", [S32], ANY)], () => instance));

    expect(lines).toEqual(["1", '("plugin-invalid-value", "program")', "1"]);
  });

  it("is refused with the plugin's name", () => {
    expect(() => readAny(Uint8Array.of(0xff), "acme:x")).toThrow(/^acme:x gave an untyped value that cannot be read/);
  });
});

describe("an Any that cannot be written", () => {
  it("is refused as what it is", () => {
    let deep: AnyValue = 1;
    for (let i = 0; i < 300; i++) deep = [deep];

    expect(() => writeAny(deep)).toThrow(expect.objectContaining({ code: "out-of-range" }));
    expect(() => writeAny("\ud800")).toThrow(expect.objectContaining({ code: "type-mismatch" }));
    expect(readAny(writeAny([1, "a", null]), "x")).toEqual([1, "a", null]);
  });
});
