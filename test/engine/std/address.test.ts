import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { addressKind, isLoopback } from "../../../src/engine/std/address.ts";

describe("addressKind()", () => {
  it.each([
    ["8.8.8.8", "public"],
    ["169.253.255.255", "public"],
    ["169.254.0.0", "never"],
    ["169.254.255.255", "never"],
    ["169.255.0.0", "public"],
    ["172.15.255.255", "public"],
    ["172.16.0.0", "local"],
    ["172.31.255.255", "local"],
    ["172.32.0.0", "public"],
    ["100.63.255.255", "public"],
    ["100.64.0.1", "local"],
    ["127.255.255.254", "local"],
    ["10.1.2.3", "local"],
    ["192.168.0.1", "local"],
    ["192.0.0.192", "never"],
    ["168.63.129.16", "never"],
    ["0.1.2.3", "never"],
    ["224.0.0.1", "never"],
    ["255.255.255.255", "never"],
    ["2606:4700::1", "public"],
    ["::", "never"],
    ["::1", "local"],
    ["::2", "never"],
    ["fc00::1", "local"],
    ["fdff::1", "local"],
    ["fe7f::1", "public"],
    ["fe80::1", "never"],
    ["fe80::1%eth0", "never"],
    ["febf::1", "never"],
    ["ff02::1", "never"],
    ["fd00:ec2::254", "never"],
    ["fd20:ce::254", "never"],
    ["[::1]", "local"],
    ["1.2.3", "never"],
    ["1.2.3.256", "never"],
    ["localhost", "never"],
    ["", "never"],
  ])("%s is %s", (address, kind) => expect(addressKind(address)).toBe(kind));

  it("judges an IPv4 address inside an IPv6 one as itself (D1)", () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(byte, byte, byte, byte), (bytes) => {
        const plain = bytes.join(".");
        const [high, low] = [(bytes[0] * 256 + bytes[1]).toString(16), (bytes[2] * 256 + bytes[3]).toString(16)];
        const kind = addressKind(plain);

        expect(addressKind(`::ffff:${plain}`)).toBe(kind);
        expect(addressKind(`0:0:0:0:0:ffff:${high}:${low}`)).toBe(kind);
        expect(addressKind(`64:ff9b::${high}:${low}`)).toBe(kind);
        expect(addressKind(`2002:${high}:${low}::1`)).toBe(kind);
      }),
    );
  });

  it("knows this machine, however it is written", () => {
    for (const address of ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"])
      expect(isLoopback(address), address).toBe(true);
    for (const address of ["128.0.0.1", "::2", "::", "::ffff:128.0.0.1", "x"])
      expect(isLoopback(address), address).toBe(false);
  });
});
