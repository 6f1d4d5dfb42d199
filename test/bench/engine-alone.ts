/**
 * The engine's contender: the core module of the guest, its arguments put into memory and its results read from it by
 * code written for these very functions. Nothing is checked, and nothing is general: it shows what there is to win.
 */
import { OPS } from "./guest.ts";

export interface Named {
  readonly x: number;
  readonly y: number;
  readonly id: number;
  readonly name: string;
}

type Core = (...args: number[]) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NAMED = 32;

export class EngineAlone {
  readonly add: Core;
  readonly inc: Core;
  readonly counter: number;
  readonly #core: (name: string) => Core;
  readonly #realloc: Core;
  readonly #u8: Uint8Array;
  readonly #view: DataView;

  constructor(core: Uint8Array<ArrayBuffer>) {
    const imports = { [`[export]${OPS}`]: { "[resource-new]counter": (rep: number) => rep } };
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(core), imports);
    this.#core = (name) => exports[name] as unknown as Core;
    this.#realloc = this.#core("cabi_realloc");
    const { buffer } = exports["memory"] as WebAssembly.Memory;
    this.#u8 = new Uint8Array(buffer); // the guest's memory never grows, so no view goes stale
    this.#view = new DataView(buffer);
    this.add = this.#core(`${OPS}#add`);
    this.inc = this.#core(`${OPS}#[method]counter.inc`);
    this.counter = this.#core(`${OPS}#[constructor]counter`)(0);
  }

  /** Calls a function of one string and reads what the pointer it gives back points to, `offset` bytes on. */
  text(name: "echo" | "fail", offset: number): (text: string) => string {
    const [call, post] = this.#pair(name);
    return (text) => {
      const at = this.#realloc(0, 0, 1, text.length * 3);
      const { written } = encoder.encodeInto(text, this.#u8.subarray(at, at + text.length * 3));
      const result = call(at, written);
      const from = this.#view.getUint32(result + offset, true);
      const back = decoder.decode(this.#u8.subarray(from, from + this.#view.getUint32(result + offset + 4, true)));
      post(result);
      return back;
    };
  }

  move(): (x: number, y: number, id: number) => Omit<Named, "name"> {
    const call = this.#core(`${OPS}#move`);
    return (px, py, pid) => {
      const at = call(px, py, pid);
      const view = this.#view;
      return { x: view.getFloat64(at, true), y: view.getFloat64(at + 8, true), id: view.getUint32(at + 16, true) };
    };
  }

  /** Copies bytes in and calls; the guest frees them. */
  bytes(name: "byte-ends" | "float-ends", size: number): (all: Uint8Array) => number {
    const call = this.#core(`${OPS}#${name}`);
    return (all) => {
      const at = this.#realloc(0, 0, size, all.length);
      this.#u8.set(all, at);
      return call(at, all.length / size);
    };
  }

  echoFloats(): (all: Float64Array) => Float64Array {
    const [call, post] = this.#pair("echo-floats");
    return (all) => {
      const at = this.#realloc(0, 0, 8, all.byteLength);
      this.#u8.set(new Uint8Array(all.buffer, all.byteOffset, all.byteLength), at);
      const result = call(at, all.length);
      const from = this.#view.getUint32(result, true);
      const count = this.#view.getUint32(result + 4, true);
      const back = new Float64Array(this.#u8.buffer.slice(from, from + count * 8) as ArrayBuffer);
      post(result);
      return back;
    };
  }

  echoNamed(): (all: readonly Named[]) => readonly Named[] {
    const [call, post] = this.#pair("echo-named");
    return (all) => {
      const start = this.#realloc(0, 0, 8, all.length * NAMED);
      for (let i = 0, at = start; i < all.length; i++, at += NAMED) this.#lowerNamed(all[i] as Named, at);
      const result = call(start, all.length);
      const from = this.#view.getUint32(result, true);
      const back = Array.from({ length: this.#view.getUint32(result + 4, true) }, (_, i) =>
        this.#lift(from + i * NAMED),
      );
      post(result);
      return back;
    };
  }

  #lowerNamed({ x, y, id, name }: Named, at: number): void {
    const view = this.#view;
    const text = this.#realloc(0, 0, 1, name.length * 3);
    const { written } = encoder.encodeInto(name, this.#u8.subarray(text, text + name.length * 3));
    view.setFloat64(at, x, true);
    view.setFloat64(at + 8, y, true);
    view.setUint32(at + 16, id, true);
    view.setUint32(at + 20, text, true);
    view.setUint32(at + 24, written, true);
  }

  #lift(at: number): Named {
    const view = this.#view;
    const text = view.getUint32(at + 20, true);
    return {
      x: view.getFloat64(at, true),
      y: view.getFloat64(at + 8, true),
      id: view.getUint32(at + 16, true),
      name: decoder.decode(this.#u8.subarray(text, text + view.getUint32(at + 24, true))),
    };
  }

  #pair(name: string): readonly [Core, Core] {
    return [this.#core(`${OPS}#${name}`), this.#core(`cabi_post_${OPS}#${name}`)];
  }
}
