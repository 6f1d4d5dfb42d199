/**
 * Extism's peer of the guest: bytes in, bytes out, by its host functions, as its plugin kits do it: the input is copied
 * into the guest's memory eight bytes at a time, and the output back in the same way.
 *
 * The JavaScript SDK never frees the blocks that calls make, so the plugin is reset from time to time, within the timing.
 */
import { createPlugin, type Plugin } from "@extism/extism";
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

const PAGES = 64;

/** `$take` leaves the input at 1024 and its length in `$length`; `$give` makes bytes from an address the output. */
const WAT = `(module
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u64" (func $input_u64 (param i64) (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_u8 (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))
  (import "extism:host/env" "error_set" (func $error_set (param i64)))
  (memory (export "memory") ${PAGES} ${PAGES})
  (global $length (mut i32) (i32.const 0))
  (func $take (local $at i32) (local $words i32)
    (global.set $length (i32.wrap_i64 (call $input_length)))
    (local.set $words (i32.and (global.get $length) (i32.const -8)))
    (block $tail (loop $more
      (br_if $tail (i32.ge_u (local.get $at) (local.get $words)))
      (i64.store offset=1024 (local.get $at) (call $input_u64 (i64.extend_i32_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br $more)))
    (block $end (loop $more
      (br_if $end (i32.ge_u (local.get $at) (global.get $length)))
      (i32.store8 offset=1024 (local.get $at) (call $input_u8 (i64.extend_i32_u (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $more))))
  (func $block (param $from i32) (param $count i32) (result i64)
    (local $to i64) (local $at i32) (local $words i32)
    (local.set $to (call $alloc (i64.extend_i32_u (local.get $count))))
    (local.set $words (i32.and (local.get $count) (i32.const -8)))
    (block $tail (loop $more
      (br_if $tail (i32.ge_u (local.get $at) (local.get $words)))
      (call $store_u64 (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
        (i64.load (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 8)))
      (br $more)))
    (block $end (loop $more
      (br_if $end (i32.ge_u (local.get $at) (local.get $count)))
      (call $store_u8 (i64.add (local.get $to) (i64.extend_i32_u (local.get $at)))
        (i32.load8_u (i32.add (local.get $from) (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br $more)))
    (local.get $to))
  (func $give (param $from i32) (param $count i32)
    (call $output_set (call $block (local.get $from) (local.get $count)) (i64.extend_i32_u (local.get $count))))
  (func (export "add") (result i32)
    (call $take)
    (i32.store (i32.const 16) (i32.add (i32.load (i32.const 1024)) (i32.load (i32.const 1028))))
    (call $give (i32.const 16) (i32.const 4)) (i32.const 0))
  (func (export "move") (result i32)
    (call $take)
    (f64.store (i32.const 1024) (f64.add (f64.load (i32.const 1024)) (f64.const 1)))
    (f64.store (i32.const 1032) (f64.add (f64.load (i32.const 1032)) (f64.const 1)))
    (call $give (i32.const 1024) (i32.const 20)) (i32.const 0))
  (func (export "echo") (result i32)
    (call $take) (call $give (i32.const 1024) (global.get $length)) (i32.const 0))
  (func (export "fail") (result i32)
    (call $take) (call $error_set (call $block (i32.const 1024) (global.get $length))) (i32.const 1))
  (func (export "byte-ends") (result i32)
    (call $take)
    (i32.store (i32.const 16) (i32.add (i32.load8_u (i32.const 1024))
      (i32.load8_u (i32.add (i32.const 1023) (global.get $length)))))
    (call $give (i32.const 16) (i32.const 4)) (i32.const 0))
  (func (export "float-ends") (result i32)
    (call $take)
    (f64.store (i32.const 16) (f64.add (f64.load (i32.const 1024))
      (f64.load (i32.add (i32.const 1016) (global.get $length)))))
    (call $give (i32.const 16) (i32.const 8)) (i32.const 0)))`;

export async function extismModule(): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(new Uint8Array(await parse(WAT)));
}

/** Blocks grow without end in the SDK: this many calls or bytes are too few to matter and enough to stay small. */
const MOST_CALLS = 1_000;
const MOST_BYTES = 1 << 26;

/** What the SDK's output is; its own declarations hide the methods it inherits. */
export type Output = DataView & { text(): string; bytes(): Uint8Array };

export class Extism implements AsyncDisposable {
  readonly #plugin: Plugin;
  #calls = 0;
  #bytes = 0;

  private constructor(plugin: Plugin) {
    this.#plugin = plugin;
  }

  static async open(module: WebAssembly.Module): Promise<Extism> {
    const data = { wasm: [{ module }] };
    return new Extism(await createPlugin(data, { useWasi: false, runInWorker: false }));
  }

  /** The bytes that a function gives for these; it rejects with the message that the plugin set as its error. */
  async call(name: string, input: Uint8Array | string): Promise<Output> {
    this.#bytes += input.length;
    if (++this.#calls > MOST_CALLS || this.#bytes > MOST_BYTES) {
      await this.#plugin.reset();
      this.#calls = this.#bytes = 0;
    }
    const output = await this.#plugin.call(name, input);
    if (output === null) throw new Error(`${name} gave nothing`);
    return output as unknown as Output;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#plugin.close();
  }
}
