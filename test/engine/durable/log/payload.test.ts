import { describe, expect, it } from "vitest";

import { here, payloadOf } from "../../../../src/engine/durable/log/payload.ts";
import { Blob } from "../../../../src/journal/entry/entry.ts";

describe("bytes of a value in a log", () => {
  it("lie in their entry up to 16 KiB, and beside the log beyond", () => {
    const kept: Uint8Array[] = [];
    const keep = (bytes: Uint8Array): string => (kept.push(bytes), "d".repeat(64));
    const [small, large] = [new Uint8Array(16_384), new Uint8Array(16_385)];

    expect(payloadOf(small, keep)).toBe(small);
    expect(kept).toEqual([]);
    expect(payloadOf(large, keep)).toEqual(new Blob("d".repeat(64), 16_385));
    expect(kept).toEqual([large]);
  });

  it("are looked into only where they are", () => {
    const bytes = Uint8Array.of(1);
    expect(here(bytes)).toBe(bytes);
    expect(() => here(new Blob("d".repeat(64), 20_000))).toThrow(expect.objectContaining({ code: "blob-missing" }));
  });
});
