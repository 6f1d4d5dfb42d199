import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { CorePool, type CoreCallOptions } from "../../src/host/worker/core-pool.node.ts";
import type { PackageRef } from "../../src/host/worker/protocol.ts";
import { decodeTransfer, encodeTransfer } from "../../src/host/worker/transfer.ts";
import { equalValues } from "../../src/wit/equal.ts";
import { Callback, CaseValue, Handle, Some } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";
import { ADD, BOOM, COUNTER, faultOf } from "./component-fixtures.ts";
import { temporaryFolder, type TemporaryFolder } from "./temporary.ts";

const SPINNER = `(component
  (core module $m (func (export "spin") (loop $again (br $again))))
  (core instance $i (instantiate $m))
  (func (export "spin") (canon lift (core func $i "spin"))))`;

const options: CoreCallOptions = { seed: new Uint8Array(32), now: 0 };

interface Prepared extends AsyncDisposable {
  readonly counter: PackageRef;
  readonly spinner: PackageRef;
  readonly folder: TemporaryFolder;
}

async function prepared(): Promise<Prepared> {
  const folder = await temporaryFolder({ "counter.wasm": await parse(COUNTER), "spinner.wasm": await parse(SPINNER) });
  const refOf = async (file: string): Promise<PackageRef> => {
    const place = `${folder.path}/${file}`;
    await using plugin = await openPlugin(await readPackage(place), { cacheFolder: folder.path });
    return { place, digest: plugin.digest };
  };
  return {
    counter: await refOf("counter.wasm"),
    spinner: await refOf("spinner.wasm"),
    folder,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

let ready: Prepared;
beforeAll(async () => {
  ready = await prepared();
});
afterAll(() => ready[Symbol.asyncDispose]());

function poolFor(size: number, idle = 60_000): CorePool {
  return new CorePool({ size, idle, cacheFolder: ready.folder.path });
}

describe("CorePool", () => {
  it("runs every call in a fresh instance", async () => {
    await using pool = poolFor(2);

    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) => pool.call(ready.counter, ADD, [n], options)),
    );

    expect(answers).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(pool.threads).toBe(2);
  });

  it("brings a guest's failure home with its code and stack, and goes on", async () => {
    await using pool = poolFor(1);

    const fault = await faultOf(() => pool.call(ready.counter, BOOM, [], options));

    expect(fault).toMatchObject({ code: "plugin-trapped", source: "local:counter" });
    expect(fault.frames[0]).toMatchObject({ function: "inner" });
    expect(await pool.call(ready.counter, ADD, [4], options)).toBe(4);
  });

  it("stops an endless loop when its signal says so, and replaces the thread (Q4)", async () => {
    await using pool = poolFor(1);
    const stop = new AbortController();
    const reason = new Error("enough");

    const spinning = pool.call(ready.spinner, "spin", [], { ...options, signal: stop.signal });
    const next = pool.call(ready.counter, ADD, [1], options);
    stop.abort(reason);

    await expect(spinning).rejects.toBe(reason);
    expect(await next).toBe(1);
  });

  it("a call that is stopped while it waits for a thread never runs", async () => {
    await using pool = poolFor(1);
    const stop = new AbortController();

    const first = pool.call(ready.counter, ADD, [1], options);
    const second = pool.call(ready.counter, ADD, [2], { ...options, signal: stop.signal });
    stop.abort(new Error("not needed"));

    await expect(second).rejects.toThrow("not needed");
    expect(await first).toBe(1);
  });

  it("dispose ends the threads, also in the middle of an endless loop (Q3)", async () => {
    const pool = poolFor(1);
    const spinning = faultOf(() => pool.call(ready.spinner, "spin", [], options));
    const waiting = faultOf(() => pool.call(ready.counter, ADD, [1], options));

    await pool[Symbol.asyncDispose]();

    expect(await spinning).toMatchObject({ code: "plugin-lost" });
    expect(await waiting).toMatchObject({ code: "plugin-lost" });
    expect(pool.threads).toBe(0);
    expect(await faultOf(() => pool.call(ready.counter, ADD, [1], options))).toMatchObject({ code: "plugin-lost" });
  });

  it("an idle thread ends by itself", async () => {
    await using pool = poolFor(1, 1);
    await pool.call(ready.counter, ADD, [1], options);

    await expect.poll(() => pool.threads).toBe(0);
    expect(await pool.call(ready.counter, ADD, [2], options)).toBe(2);
  });

  it("refuses a package that changed, and what cannot travel", async () => {
    await using pool = poolFor(1);
    const handle = new Handle(1, 1);

    expect(await faultOf(() => pool.call({ ...ready.counter, digest: "0" }, ADD, [1], options))).toMatchObject({
      code: "package-changed",
    });
    expect(await faultOf(() => pool.call(ready.counter, ADD, [handle], options))).toMatchObject({
      code: "not-transferable",
    });
    expect(await faultOf(() => pool.call(ready.counter, ADD, [-1], options))).toMatchObject({ code: "out-of-range" });
  });

  it("calls run at the same time: one that never ends does not keep another from its core (Q1)", async () => {
    await using pool = poolFor(2);
    const spinning = faultOf(() => pool.call(ready.spinner, "spin", [], options));

    for (let n = 0; n < 3; n++) expect(await pool.call(ready.counter, ADD, [n], options)).toBe(n);

    await pool[Symbol.asyncDispose]();
    expect(await spinning).toMatchObject({ code: "plugin-lost" });
  });
});

describe("transfer", () => {
  it("values of any types survive structured cloning (X1)", () => {
    const typed = arbitraryType().chain((type) => arbitraryValue(type).map((value) => ({ type, value })));

    fc.assert(
      fc.property(typed, ({ type, value }) => {
        const arrived = decodeTransfer(structuredClone(encodeTransfer(value)));
        expect(equalValues(type, arrived, value)).toBe(true);
      }),
    );
  });

  it("handles and callbacks stay where they are (X3)", () => {
    const stay = [
      new Handle(1, 2),
      new Callback(() => Promise.resolve(new Uint8Array())),
      [new CaseValue(0, new Some(new Handle(1, 2)))],
    ];

    for (const value of stay)
      expect(() => encodeTransfer(value)).toThrow(expect.objectContaining({ code: "not-transferable" }));
  });

  it.each([{}, { case: "x", payload: null }, new Date(0), undefined, new DataView(new ArrayBuffer(1)), [{ other: 1 }]])(
    "what is of no known form is refused (X2): %s",
    (data) => {
      expect(() => decodeTransfer(data)).toThrow(expect.objectContaining({ code: "not-transferable" }));
    },
  );
});
