/** WIT types and names as the language has them. */
import { describe, expect, it } from "vitest";
import { sennitName, shortInterface, untypedFunction, WitTypes } from "../../../src/lang/check/wit-types.ts";
import { close, show } from "../../../src/lang/check/infer-types.ts";
import type { WitType } from "../../../src/wit/types.ts";

const types = new WitTypes("acme:tools");
const u8: WitType = { kind: "u8" };
const named = (interfaceId: string, name: string): { alias: { interface: string; name: string } } => ({
  alias: { interface: interfaceId, name },
});

describe("names (N1)", () => {
  it.each([
    ["bin-count", "bin_count"],
    ["get-URL", "get_URL"],
    ["x", "x"],
  ])("%s is %s", (wit, ours) => expect(sennitName(wit)).toBe(ours));

  it.each([
    ["acme:shapes/geometry-2d@1.0.0", "geometry_2d"],
    ["inline-one", "inline_one"],
  ])("the interface %s is %s", (id, ours) => expect(shortInterface(id)).toBe(ours));
});

describe("types", () => {
  const cases: readonly (readonly [WitType, string])[] = [
    [{ kind: "s8" }, "Int"],
    [{ kind: "u64" }, "Int"],
    [{ kind: "f32" }, "Float"],
    [{ kind: "char" }, "Char"],
    [{ kind: "list", element: u8 }, "Bytes"],
    [{ kind: "list", element: { kind: "list", element: u8 } }, "[Bytes]"],
    [{ kind: "option", some: { kind: "option", some: { kind: "bool" } } }, "Bool??"],
    [{ kind: "result", ok: null, err: { kind: "string" } }, "Result<Nil, String>"],
    [{ kind: "map", key: { kind: "string" }, value: u8 }, "Map<String, Int>"],
    [{ kind: "tuple", items: [u8] }, "&(Int)"],
    [{ kind: "stream", element: null }, "Stream<Nil>"],
  ];
  it.each(cases)("%j is %s", (wit, ours) => expect(show(types.of(wit))).toBe(ours));

  const clocks: readonly (readonly [WitType, string])[] = [
    [{ kind: "u64", ...named("wasi:clocks/monotonic-clock@0.2.3", "duration") }, "Duration"],
    [{ kind: "u64", ...named("wasi:clocks/monotonic-clock@0.2.3", "instant") }, "Int"],
    [{ kind: "u64", ...named("acme:clocks/monotonic-clock", "duration") }, "Int"],
    [{ kind: "list", element: u8, ...named("sennit:host/values@0.1.0", "value") }, "Any"],
    [{ kind: "list", element: u8, ...named("acme:host/values", "value") }, "Bytes"],
  ];
  it.each(clocks)("%j is %s: only the named types of the named interfaces mean more (N2)", (wit, ours) =>
    expect(show(types.of(wit))).toBe(ours),
  );

  it("a nominal type's id has its interface, or the package for the world's own", () => {
    const cases = ["a-b"];
    const own = types.of({ kind: "enum", name: { interface: null, name: "my-enum" }, cases });
    const other = types.of({ kind: "enum", name: { interface: "acme:x/y@1.0.0", name: "my-enum" }, cases });

    expect(own).toEqual({ kind: "enum", id: "acme:tools#my-enum", name: "my_enum", cases: ["a_b"] });
    expect(other).toMatchObject({ id: "acme:x/y@1.0.0#my-enum" });
  });

  it("a call of an untyped function is one from Anys to an Any", () => {
    const fn = untypedFunction("f", 2);

    expect(fn.params.map((p) => close(types.of(p.type)).kind)).toEqual(["Any", "Any"]);
    expect(types.of(fn.result).kind).toBe("Any");
  });
});
