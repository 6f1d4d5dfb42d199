import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { isWasi } from "../../../../src/host/component/wasi/interfaces.ts";
import type { Instance, Plugin } from "../../../../src/host/plugin.ts";
import { worldFromText } from "../../../../src/host/wit-source.ts";
import { decodeWorld } from "../../../../src/wit/decoder.ts";
import { formatWorld } from "../../../../src/wit/text.ts";
import { CaseValue, OK, type Value } from "../../../../src/wit/value.ts";
import { faultOf, PATHS, pluginFromBytes, start } from "../../component-fixtures.ts";
import { MemoryFiles } from "./memory-files.ts";
import { ScriptedHttp } from "./scripted-http.ts";

const bytes = (sample: string, file: string): Uint8Array =>
  readFileSync(new URL(`../../../../plugins/samples/${sample}/${file}`, import.meta.url));

const NOTES = "sample:notes/notes@1.0.0";
const ok = (value: Value): CaseValue => new CaseValue(OK, value);

it.each([
  ["wasi-files-rust/notes.wasm", "wasi-files/notes.wit"],
  ["wasi-files-c/notes.wasm", "wasi-files/notes.wit"],
  ["wasi-http-rust/fetcher.wasm", "wasi-http-rust/fetcher.wit"],
])("%s exports what its WIT says, and imports nothing but WASI", async (wasm, wit) => {
  const { imports, exports } = decodeWorld(bytes(...(wasm.split("/") as [string, string])));
  const wanted = await worldFromText(new TextDecoder().decode(bytes(...(wit.split("/") as [string, string]))));

  expect([...imports.interfaces.keys()].filter((id) => !isWasi(id))).toEqual([]);
  expect(formatWorld({ ...wanted, exports })).toBe(formatWorld(wanted));
});

describe.each(PATHS)("linked by way of %s", (path) => {
  describe.each([
    ["Rust", "wasi-files-rust"],
    ["C", "wasi-files-c"],
  ])("files in %s", (_, sample) => {
    const open = (): Promise<Plugin> => pluginFromBytes(bytes(sample, "notes.wasm"), { wants: ["fs:notes"] }, { path });
    const call = (instance: Instance, name: string, ...args: Value[]): Value | Promise<Value> =>
      instance.call(`${NOTES}#${name}`, args);

    it("reads and writes below a granted folder", async () => {
      const files = new MemoryFiles([["notes", true]]).put("notes/a.txt", "hello");
      await using plugin = await open();
      await using instance = await start(plugin, files.imports());

      expect(await call(instance, "read", "notes/a.txt")).toEqual(ok("hello"));
      expect(await call(instance, "write", "notes/b.txt", "new")).toEqual(ok(null));
      expect(await call(instance, "append", "notes/b.txt", "er")).toEqual(ok(null));
      expect(files.text("notes/b.txt")).toBe("newer");
      expect(await call(instance, "make-folder", "notes/sub")).toEqual(ok(null));
      expect(await call(instance, "names", "notes")).toEqual(ok(["a.txt", "b.txt", "sub/"]));
      expect(await call(instance, "part", "notes/b.txt", 3, 9)).toEqual(ok(new TextEncoder().encode("er")));
      expect(await call(instance, "size", "notes/b.txt")).toEqual(ok(5));
      expect(await call(instance, "rename", "notes/b.txt", "notes/sub/c.txt")).toEqual(ok(null));
      expect(await call(instance, "remove", "notes/sub/c.txt")).toEqual(ok(null));
      expect(await call(instance, "remove-folder", "notes/sub")).toEqual(ok(null));
      expect(await call(instance, "names", "notes")).toEqual(ok(["a.txt"]));
    });

    it("sees nothing, and answers at once, without a grant", async () => {
      await using plugin = await open();
      await using instance = await start(plugin);

      expect(instance.colour).toBe("sync");
      expect(call(instance, "twice", 4)).toBe(8);
      expect(call(instance, "read", "notes/a.txt")).toMatchObject({ index: 1 });
      expect(call(instance, "surroundings")).toBe("");
    });
  });

  describe("requests in Rust", () => {
    const FETCHER = "sample:fetcher/fetcher@1.0.0";
    const open = (): Promise<Plugin> =>
      pluginFromBytes(bytes("wasi-http-rust", "fetcher.wasm"), { wants: ["net:api.example.org"] }, { path });
    const url = "https://api.example.org/x?y";

    it("are sent, with a body, and their responses read", async () => {
      const http = new ScriptedHttp();
      await using plugin = await open();
      await using instance = await start(plugin, http.imports());
      const body = "0123456789".repeat(1000);

      const answered = instance.call(`${FETCHER}#fetch`, ["POST", url, [["x-tag", "1"]], body]);
      await http.answer(201, [["content-type", "text/plain"]], "z".repeat(3000));

      expect(await answered).toEqual(ok([201, "text/plain", "z".repeat(3000)]));
      expect(http.sent).toEqual([["POST", url, [["x-tag", "1"]], new TextEncoder().encode(body), null, null, 0]]);
    });

    it("are sent at once", async () => {
      const http = new ScriptedHttp();
      await using plugin = await open();
      await using instance = await start(plugin, http.imports());

      const answered = instance.call(`${FETCHER}#fetch-all`, [[url, url, "ftp://api.example.org/"]]);
      await http.answerAt(1, 200, [], "second");
      await http.answerAt(0, 200, [], "first");

      expect(await answered).toEqual([
        ok([200, "", "first"]),
        ok([200, "", "second"]),
        new CaseValue(1, "ErrorCode::HttpRequestUriInvalid"),
      ]);
    });

    it("that nobody waits for any more end with their instance (H6)", async () => {
      const http = new ScriptedHttp();
      await using plugin = await open();
      const instance = await start(plugin, http.imports());

      const fault = faultOf(() => instance.call(`${FETCHER}#fetch`, ["GET", url, [], ""]));
      await http.arrived();
      await instance[Symbol.asyncDispose]();

      expect((await fault).code).toBe("plugin-lost");
      await http.answer(200, [], "late");
      expect(instance.alive).toBe(false);
    });

    it("are denied without a grant, at once", async () => {
      await using plugin = await open();
      await using instance = await start(plugin);

      expect(instance.call(`${FETCHER}#fetch`, ["GET", url, [], ""])).toEqual(
        new CaseValue(1, "ErrorCode::HttpRequestDenied"),
      );
    });
  });
});
