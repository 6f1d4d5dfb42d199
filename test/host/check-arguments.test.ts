import { describe, expect, it } from "vitest";
import { argumentCheck, valueCheck } from "../../src/host/check-arguments.ts";
import type { WitFunction } from "../../src/wit/types.ts";

const PAY: WitFunction = {
  name: "pay",
  shape: "function",
  resource: null,
  params: [
    { name: "to", type: { kind: "string" } },
    { name: "cents", type: { kind: "list", element: { kind: "u8" } } },
  ],
  result: null,
  async: false,
};

describe("argumentCheck()", () => {
  const check = argumentCheck("acme:bank/pay", PAY);

  it("lets through what is of the parameters' types", () => {
    expect(check(["Ada", Uint8Array.of(1)])).toBeUndefined();
  });

  it("names the argument and the place", () => {
    expect(() => check(["Ada", [1, 300]])).toThrow("argument `cents` of acme:bank/pay: a list of 2 is not a list<u8>");
    expect(() => check(["\ud800", Uint8Array.of(1)])).toThrow(
      "argument `to` of acme:bank/pay: the text has a lone surrogate",
    );
  });

  it("counts the arguments", () => {
    expect(() => check(["Ada"])).toThrow("acme:bank/pay takes 2 arguments, got 1");
  });
});

describe("valueCheck()", () => {
  it("lets through or says why not", () => {
    const check = valueCheck("answer of acme:clock/now#now", { kind: "u8" });

    expect(check(255)).toBeUndefined();
    expect(() => check(256)).toThrow(
      expect.objectContaining({
        code: "out-of-range",
        message: "answer of acme:clock/now#now: 256 is not a u8 (0 to 255)",
      }),
    );
  });
});
