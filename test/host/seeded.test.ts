import { expect, it } from "vitest";

import { SeededBytes } from "../../src/host/seeded.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

it("is the ChaCha20 key stream: RFC 8439, appendix A.1, test vectors 1, 2 and 3", () => {
  const zero = new SeededBytes(new Uint8Array(32));
  expect(hex(zero.next(64))).toBe(
    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586",
  );
  expect(hex(zero.next(64))).toBe(
    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f",
  );
  const one = new SeededBytes(new Uint8Array(32).with(31, 1));
  one.next(64);
  expect(hex(one.next(64))).toBe(
    "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0",
  );
});

it("the same bytes come however they are asked for", () => {
  const [one, many] = [new SeededBytes(new Uint8Array(32).fill(7)), new SeededBytes(new Uint8Array(32).fill(7))];
  const parts = [1, 0, 62, 3, 128, 6].map((length) => many.next(length));

  expect(Buffer.concat(parts)).toEqual(Buffer.from(one.next(200)));
});

it("a seed has 32 bytes", () => {
  expect(() => new SeededBytes(new Uint8Array(31))).toThrow(expect.objectContaining({ code: "invalid-seed" }));
});
