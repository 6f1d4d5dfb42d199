/** Components that call others: another plugin's functions, and functions of the workflow. */
import { describe, expect, it } from "vitest";

import { Fault } from "../../src/fault.ts";
import { decodeAny, encodeAny } from "../../src/wit/cbor.ts";
import { Callback, CaseValue, OK, type Value } from "../../src/wit/value.ts";
import { instantiate, openSample, outcome } from "./packages.ts";

const asText = (value: Value | undefined): string => {
  if (typeof value !== "string") throw new TypeError("a string was expected");
  return value;
};

describe("imports-c", () => {
  const TEXT = {
    "acme:text/case@1.0.0#upper": {
      colour: "sync",
      call: ([s]: readonly Value[]): Value => asText(s).toUpperCase(),
    },
    "acme:text/arithmetic@1.0.0#add": {
      colour: "sync",
      call: ([a, b]: readonly Value[]): Value => Number(a) + Number(b),
    },
  } as const;

  it("gets its answers from what it imports", async () => {
    await using plugin = await openSample("imports-c");
    await using instance = await instantiate(plugin, TEXT);
    expect(await outcome(instance, "shout", ["größe"])).toBe("GRÖSSE!");
    expect(await outcome(instance, "shout", [""])).toBe("!!");
  });

  it("is not linked without them", async () => {
    await using plugin = await openSample("imports-c");
    const { "acme:text/case@1.0.0#upper": upper } = TEXT;
    const linked = instantiate(plugin, { "acme:text/case@1.0.0#upper": upper });
    await expect(linked).rejects.toMatchObject({ code: "link-failed" });
  });
});

describe("callback-rust", () => {
  const doubling = new Callback(async ([x]) => {
    if (x === undefined) throw new Fault("wrong-arity", "one argument is needed");
    return encodeAny(2 * Number(decodeAny(x)));
  });
  const failing = new Callback(async () => {
    throw new Fault("raised", "no luck", { source: "program" });
  });

  it("apply calls a borrowed function with 0, 1, … and gives what it gave", async () => {
    await using plugin = await openSample("callback-rust");
    await using instance = await instantiate(plugin);
    const result = await outcome(instance, "apply", [doubling, 300]);
    if (!(result instanceof CaseValue) || !Array.isArray(result.payload)) throw new TypeError(String(result));
    expect(result.index).toBe(OK);
    expect(result.payload.map((bytes) => decodeAny(bytes as Uint8Array))).toEqual(
      Array.from({ length: 300 }, (_, i) => 2 * i),
    );
  });

  it("iterate hands each answer to the next call", async () => {
    await using plugin = await openSample("callback-rust");
    await using instance = await instantiate(plugin);
    const result = await outcome(instance, "iterate", [doubling, encodeAny(1), 10]);
    expect(result).toEqual(new CaseValue(OK, encodeAny(1024)));
  });

  it("a function's error comes through as it is", async () => {
    await using plugin = await openSample("callback-rust");
    await using instance = await instantiate(plugin);
    const result = await outcome(instance, "apply", [failing, 2]);
    expect(result).toMatchObject({ index: 1, payload: expect.arrayContaining(["raised", "program", "no luck"]) });
  });

  it("recall calls the function that was remembered, until it is forgotten", async () => {
    await using plugin = await openSample("callback-rust");
    await using instance = await instantiate(plugin);
    const nothing = { index: 1, payload: expect.arrayContaining(["nothing-remembered"]) };
    expect(await outcome(instance, "recall", [[]])).toMatchObject(nothing);
    expect(await outcome(instance, "remember", [doubling])).toBe(null);
    expect(await outcome(instance, "recall", [[encodeAny(21)]])).toEqual(new CaseValue(OK, encodeAny(42)));
    expect(await outcome(instance, "forget", [])).toBe(null);
    expect(await outcome(instance, "recall", [[]])).toMatchObject(nothing);
  });
});
