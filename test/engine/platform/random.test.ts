import { describe, expect, it } from "vitest";
import { randomFloat, randomUuid, streamOf, subSeed } from "../../../src/engine/platform/random.ts";

const seed = Uint8Array.from({ length: 32 }, (_, at) => at);

describe("streamOf()", () => {
  it("depends on the seed and the whole name, and on nothing else", () => {
    const first = (s: Uint8Array, name: string): number => randomFloat(streamOf(s, name));
    const names = ["", "a", "b", "a".repeat(32), "a".repeat(33), `${"a".repeat(64)}b`];
    const values = new Set(names.map((name) => first(seed, name)));

    expect(values.size).toBe(names.length);
    expect(first(seed, "a")).toBe(first(Uint8Array.from(seed), "a"));
    expect(
      first(
        seed.map((byte) => byte ^ 1),
        "a",
      ),
    ).not.toBe(first(seed, "a"));
  });

  it("gives floats in [0, 1) and version 4 UUIDs", () => {
    const stream = streamOf(seed, "x");
    for (let n = 0; n < 1000; n++) {
      const value = randomFloat(stream);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
    }
    expect(randomUuid(stream)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("subSeed() gives 32 bytes", () => expect(subSeed(seed, "acme:stats")).toHaveLength(32));
});
