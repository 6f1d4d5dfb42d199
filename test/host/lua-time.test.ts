import { describe, expect, it } from "vitest";
import { formatTime, readTime, writeTime } from "../../src/host/lua/calendar.ts";
import { parseTraceback, splitMessage } from "../../src/host/lua/failure.ts";
import { luaName, shortName } from "../../src/host/lua/names.ts";
import { Output } from "../../src/host/lua/output.ts";
import { logBook } from "./lua-package.ts";

function formatted(iso: string, format: string): string {
  const view = new DataView(new ArrayBuffer(64));
  writeTime(view, 8, BigInt(Date.parse(iso) / 1000));
  return formatTime(view, 8, format);
}

describe("the calendar of os.date", () => {
  it.each([
    ["2026-01-02T03:04:05Z", "%Y-%m-%d %H:%M:%S", "2026-01-02 03:04:05"],
    ["2026-01-02T13:04:05Z", "%c|%x|%X|%p|%I", "Fri Jan  2 13:04:05 2026|01/02/26|13:04:05|PM|01"],
    ["2024-12-31T00:00:00Z", "%j %U %W %V %G %u %w", "366 52 53 01 2025 2 2"],
    ["2021-01-03T00:00:00Z", "%V %G %g %u %A %B", "53 2020 20 7 Sunday January"],
    [
      "2026-01-02T03:04:05Z",
      "%D %F %R %T %e %h %y %C %z %Z %%%n%t",
      "01/02/26 2026-01-02 03:04 03:04:05  2 Jan 26 20 +0000 GMT %\n\t",
    ],
    ["1969-12-31T23:59:59Z", "%Y %j %r", "1969 365 11:59:59 PM"],
  ])("%s as %s", (iso, format, text) => {
    expect(formatted(iso, format)).toBe(text);
  });

  it("reads back what it wrote, and normalises", () => {
    const view = new DataView(new ArrayBuffer(64));
    for (const seconds of [0n, 951_782_400n, 1_767_323_045n, -1n, 253_402_300_799n]) {
      writeTime(view, 0, seconds);
      expect(readTime(view, 0)).toBe(seconds);
    }
    [0, 0, 0, 32, 12, 125].forEach((field, index) => view.setInt32(4 * index, field, true));
    expect(readTime(view, 0)).toBe(BigInt(Date.UTC(2026, 1, 1) / 1000));
    expect(formatTime(view, 0, "%F")).toBe("2026-02-01");
  });
});

describe("what Lua prints", () => {
  it("is cut into lines, also when characters and lines come in pieces", () => {
    const book = logBook();
    const output = new Output(book.log);
    const bytes = new TextEncoder().encode("aé\nb");
    for (const byte of bytes) output.write(1, Uint8Array.of(byte));
    output.flush();
    expect(book.lines.map((line) => line.text)).toEqual(["aé", "b"]);
  });

  it("is bounded while a line does not end", () => {
    const book = logBook();
    const output = new Output(book.log);
    output.write(1, new Uint8Array(70_000).fill(97));
    expect(book.lines).toHaveLength(1);
  });

  it("tells why the interpreter stopped, and keeps that from the log", () => {
    const book = logBook();
    const output = new Output(book.log);
    output.write(2, new TextEncoder().encode("PANIC: unprotected error in call to Lua API (not enough memory)\n"));
    expect(output.complaint).toBe("not enough memory");
    expect(book.lines).toEqual([]);
  });
});

describe("a Lua traceback", () => {
  it("becomes frames, without C and the prelude", () => {
    const text = [
      "stack traceback:",
      "\t[C]: in function 'error'",
      "\t[sennit]:30: in upvalue 'finish'",
      "\tutil/text.lua:12: in method 'trim'",
      "\t(...tail calls...)",
      "\tmain.lua:7: in function <main.lua:5>",
      "\tmain.lua:9: in main chunk",
    ].join("\n");
    expect(parseTraceback(text, "f")).toEqual([
      { function: "trim", file: "util/text.lua", line: 12 },
      { function: "function at line 5", file: "main.lua", line: 7 },
      { function: "main chunk", file: "main.lua", line: 9 },
    ]);
    expect(parseTraceback("stack traceback:\n\tmain.lua:7: in function <main.lua:5>", "f")).toEqual([
      { function: "f", file: "main.lua", line: 7 },
    ]);
  });

  it("has messages with a place, or without", () => {
    expect(splitMessage("a.lua:3: boom: 4")).toEqual({ file: "a.lua", line: 3, text: "boom: 4" });
    expect(splitMessage("boom")).toEqual({ text: "boom" });
  });
});

describe("names in Lua", () => {
  it("are in snake_case", () => {
    expect(["get-URL", "x2-y", "a"].map(luaName)).toEqual(["get_url", "x2_y", "a"]);
    expect(["acme:shapes/geo-metry@1.0.0", "inline"].map(shortName)).toEqual(["geo_metry", "inline"]);
  });
});
