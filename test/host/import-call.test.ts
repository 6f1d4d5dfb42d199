import { describe, expect, it } from "vitest";

import type { Guest } from "../../src/host/component/guest.ts";
import { importCall } from "../../src/host/component/import-call.ts";
import type { ImportedFunction } from "../../src/host/plugin.ts";
import type { WitFunction } from "../../src/wit/types.ts";
import type { Value } from "../../src/wit/value.ts";

const fn: WitFunction = {
  name: "ask",
  shape: "function",
  resource: null,
  params: [],
  result: { kind: "u8" },
  async: false,
};

function guest(): Guest & { alive: boolean } {
  return {
    source: "acme:asker",
    alive: true,
    outside: (work) => work(),
    refuseWhenDead: () => {},
    importFailed: (thrown) => thrown,
  };
}

function calling(imported: ImportedFunction, of: Guest): Value | Promise<Value> {
  const imports = { functions: new Map([["ask", imported]]), own: new Set<string>(), dropped: () => () => {} };
  return importCall("ask", fn, imports, of)([]);
}

describe("importCall()", () => {
  it("checks what is answered, at once and later (I2)", async () => {
    const wrong = { code: "out-of-range", message: "answer of ask: 300 is not a u8 (0 to 255)" };

    expect(() => calling({ colour: "sync", call: () => 300 }, guest())).toThrow(expect.objectContaining(wrong));
    await expect(calling({ colour: "async", call: () => Promise.resolve(300) }, guest())).rejects.toMatchObject(wrong);
    expect(calling({ colour: "sync", call: () => 3 }, guest())).toBe(3);
  });

  it("refuses to wait where that was not said (I4)", () => {
    expect(() => calling({ colour: "sync", call: () => Promise.resolve(3) }, guest())).toThrow(
      expect.objectContaining({ code: "import-failed" }),
    );
  });

  it.each<[string, (late: PromiseWithResolvers<Value>) => void]>([
    ["answered", (late) => late.resolve(3)],
    ["refused", (late) => late.reject(new Error("no"))],
  ])("never wakes a guest that ended before it was %s (I5)", async (_, settle) => {
    const late = Promise.withResolvers<Value>();
    const of = guest();
    let woken = false;
    const wake = (): void => void (woken = true);
    void Promise.resolve(calling({ colour: "async", call: () => late.promise }, of)).then(wake, wake);

    of.alive = false;
    settle(late);
    await new Promise((resolve) => setImmediate(resolve));

    expect(woken).toBe(false);
  });
});
