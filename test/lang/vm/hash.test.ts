import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { hash128, hashNode, hex, sha256 } from "../../../src/lang/vm/hash.ts";
import { Scope } from "../../../src/lang/vm/identity.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("hashes", () => {
  it("hash128 is MurmurHash3 x86 128", () => {
    const fox = bytes("The quick brown fox jumps over the lazy dog");
    expect(hex(hash128(fox))).toBe("2f1583c3ecee2c675d7bf66ce5e91d2c");
    expect(hex(hash128(new Uint8Array(0)))).toBe("00000000000000000000000000000000");
  });

  it("hashNode is hash128 of the same bytes", () => {
    const node = hashNode(hash128(bytes("a")), hash128(bytes("b")), 2 ** 33 + 5);
    const same = new DataView(new ArrayBuffer(40));
    [...hash128(bytes("a")), ...hash128(bytes("b")), 5, 2].forEach((word, i) => same.setUint32(i * 4, word, true));
    expect(hex(node)).toBe(hex(hash128(new Uint8Array(same.buffer))));
  });

  it("sha256 is SHA-256", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(sha256(data)).toBe(createHash("sha256").update(data).digest("hex"));
      }),
    );
  });
});

describe("effect scopes", () => {
  const sites = ["a", "b", "c"];

  it("identities differ by parent, site and ordinal, and by nothing else (S1)", () => {
    const ids = (): string[] => {
      const root = Scope.root("run");
      const nodes = [root.child(0), root.child(0), root.child(1), root.child(0)];
      return [...nodes, nodes[0]!.child(2), nodes[1]!.child(2)].map((node) => node.id(sites));
    };
    expect(new Set(ids()).size).toBe(6);
    expect(ids()).toEqual(ids());
    expect(Scope.root("other").child(0).id(sites)).not.toBe(ids()[0]);
  });

  it("a new attempt asks for the same identities again, unless it shall not (S2)", () => {
    const retry = Scope.root("run").child(0);
    const first = retry.child(1);
    retry.restart(true);
    const second = retry.child(1);
    expect(second.id(sites)).toBe(first.id(sites));
    expect(second.attempt).toBe(2);
    retry.restart(false);
    expect(retry.child(1).id(sites)).not.toBe(first.id(sites));
  });

  it("identity and attempt together are unique, also in nested retries (S2)", () => {
    const outer = Scope.root("run").child(0);
    const seen: string[] = [];
    for (let i = 0; i < 3; i++) {
      if (i > 0) outer.restart(true);
      const inner = outer.child(1);
      for (let j = 0; j < 3; j++) {
        if (j > 0) inner.restart(true);
        const effect = inner.child(2);
        seen.push(`${effect.id(sites)} ${effect.attempt}`);
      }
    }
    expect(new Set(seen).size).toBe(9);
  });
});
