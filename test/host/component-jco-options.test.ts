/** Which imports jco's binding is told may wait, before anybody provides them. */
import { expect, it } from "vitest";

import { describe as linkingOf } from "../../src/host/component/describe.ts";
import { allThatMayWait, transpileOptions } from "../../src/host/component/jco/options.ts";
import { componentFromText } from "../../src/host/wit-source.ts";
import { decodeComponent } from "../../src/wit/decoder.ts";
import { WASI_TEXT } from "./wasi-text.ts";

async function waitingIn(text: string, wants: readonly string[]): Promise<readonly string[]> {
  const component = decodeComponent(await componentFromText(text));
  return allThatMayWait(component.world, linkingOf(component, true, undefined, "here").imports, wants);
}

it("what others provide may wait, unless WIT says so itself; the host's own goes by its colour", async () => {
  const text = `package test:t;
    interface other { ask: func(); wait: async func(); }
    interface api { f: func(); g: async func(); resource r { constructor(); m: func(); } }
    world w { import other; import plain: func(); export api; export run: func(); }`;
  expect(await waitingIn(text, [])).toEqual(["plain", "test:t/other#ask"]);

  const { world } = decodeComponent(await componentFromText(text));
  expect(transpileOptions(world, ["plain"])).toEqual({
    interfaces: ["test:t/other"],
    asyncImports: ["plain"],
    asyncExports: ["run", "test:t/api#[method]r.m", "test:t/api#f"],
  });
  expect(transpileOptions(world, []).asyncExports).toEqual([]);
});

it("WASI waits for time, and for the engine where the package may ask it", async () => {
  const waits = ["wasi:io/poll@0.2.3#[method]pollable.block", "wasi:io/poll@0.2.3#poll"];
  const read = "wasi:io/streams@0.2.3#[method]input-stream.blocking-read";
  expect(await waitingIn(WASI_TEXT, [])).toEqual(waits);
  const asking = await waitingIn(WASI_TEXT, ["fs:data"]);
  expect(asking).toEqual(expect.arrayContaining([...waits, read]));
});
