/** A certificate that signs itself, made for one test: the little of DER (X.690) and X.509 version 1 that it takes. */
import { generateKeyPairSync, sign } from "node:crypto";

export interface Certificate {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => tlv(0x30, ...parts);
const ECDSA_SHA256 = sequence(tlv(0x06, Buffer.from("2a8648ce3d040302", "hex")));
const COMMON_NAME = tlv(0x06, Buffer.from("550403", "hex"));

/** For the host of that name, from the year 2000 to 2049. */
export function certificateOf(host: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(tlv(0x31, sequence(COMMON_NAME, tlv(0x0c, Buffer.from(host)))));
  const validity = sequence(tlv(0x17, Buffer.from("000101000000Z")), tlv(0x17, Buffer.from("491231235959Z")));
  const serial = tlv(0x02, Buffer.from([1]));
  const spki = publicKey.export({ type: "spki", format: "der" });
  const body = sequence(serial, ECDSA_SHA256, name, validity, name, spki);
  const signature = tlv(0x03, Buffer.from([0]), sign("sha256", body, privateKey));
  const der = sequence(body, ECDSA_SHA256, signature);
  const cert = `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
  return { key: privateKey.export({ type: "pkcs8", format: "pem" }), cert };
}
