/**
 * A cursor over a core module that V8 has found valid: LEB128 integers, names, types, instructions' operands.
 *
 *   R1  Nothing outside the bytes is read: a module that ends too early, or has what is not known here, is refused.
 */
import { Fault } from "../../fault.ts";

export class ModuleReader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end: number = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    if (this.at >= this.end) throw unreadable("it ends too early", this.at);
    return this.bytes[this.at++] ?? 0;
  }

  u32(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.u8();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** Any LEB128 integer, whatever its width. */
  skipInteger(): void {
    while (this.u8() > 127);
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.end) throw unreadable("it ends too early", this.at);
  }

  name(): string {
    const length = this.u32();
    const start = this.at;
    this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(start, this.at));
  }

  /** A value type, or a storage type of the GC proposal. */
  skipValueType(): void {
    const code = this.u8();
    if (code === 0x63 || code === 0x64) this.skipInteger();
    else if (code > 127) throw unreadable(`value type ${code}`, this.at);
  }

  /** Nothing, a value type, or the index of a function type. */
  skipBlockType(): void {
    const code = this.u8();
    if (code === 0x63 || code === 0x64) this.skipInteger();
    else if (code > 127) this.skipInteger();
  }

  skipLimits(): void {
    const flags = this.u8();
    if (flags > 1) throw unreadable("a shared or 64-bit memory or table", this.at);
    this.skipInteger();
    if (flags === 1) this.skipInteger();
  }

  skipMemoryArgument(): void {
    const align = this.u32();
    if ((align & 64) !== 0) this.skipInteger();
    this.skipInteger();
  }
}

export function unreadable(what: string, at: number): Fault {
  return new Fault("component-unsupported", `A core module has what cannot be metered: ${what} (at byte ${at})`, {
    hint: "Build the plugin without experimental WebAssembly features.",
  });
}
