/** A run's randomness: DRBG(seed, effect), so that order and time change nothing (D8, HAZARDS 22). */
import { SeededBytes } from "../../host/seeded.ts";

/** The stream of one effect or instance: `name` is an effect id or any other text. */
export function streamOf(seed: Uint8Array, name: string): SeededBytes {
  return new SeededBytes(subSeed(seed, name));
}

/** 32 bytes that depend on every byte of the seed and the name: the name is absorbed block by block under ChaCha20. */
export function subSeed(seed: Uint8Array, name: string): Uint8Array {
  let key: Uint8Array = Uint8Array.from(seed);
  const bytes = new TextEncoder().encode(`${name}\u0000${name.length}`);
  for (let at = 0; at < bytes.length; at += 32) {
    const mixed = key.map((byte, i) => byte ^ (bytes[at + i] ?? 0));
    key = new SeededBytes(mixed).next(32);
  }
  return key;
}

/** Of the address of a run's webhook: told by the run's seed, so that it can be told again from that alone. */
export function webhookSecret(seed: Uint8Array, effect: string): string {
  return randomUuid(streamOf(seed, `webhook ${effect}`));
}

/** In [0, 1), 53 bits. */
export function randomFloat(stream: SeededBytes): number {
  return Number(stream.nextU64() >> 11n) / 2 ** 53;
}

/** Version 4. */
export function randomUuid(stream: SeededBytes): string {
  const b = stream.next(16);
  b[6] = ((b[6] ?? 0) & 0x0f) | 0x40;
  b[8] = ((b[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...b].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
