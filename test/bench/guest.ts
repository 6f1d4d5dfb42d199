/**
 * The guest of the benchmarks: one core module whose functions do nearly nothing, so that what is timed is the way in and
 * out. The same bytes are wrapped as a component for Sennit and jco, and called directly as the engine's contender.
 *
 * Memory is given out upwards and taken back as a whole when a call is over. There is one counter, at 512.
 */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";

export const OPS = "bench:guest/ops@1.0.0";

const WIT = `package bench:guest@1.0.0;
interface ops {
  record point { x: f64, y: f64, id: u32 }
  record named { x: f64, y: f64, id: u32, name: string }
  resource counter { constructor(start: u32); inc: func() -> u32; }
  add: func(a: u32, b: u32) -> u32;
  echo: func(text: string) -> string;
  move: func(p: point) -> point;
  echo-named: func(all: list<named>) -> list<named>;
  echo-floats: func(all: list<f64>) -> list<f64>;
  fail: func(message: string) -> result<u32, string>;
  byte-ends: func(all: list<u8>) -> u32;
  float-ends: func(all: list<f64>) -> f64;
}
world guest { export ops; }`;

/** Where what a call allocates begins; results that are pointers point to 16. */
const HEAP = 1024;
const PAGES = 64;

const echo = (name: string): string => `
  (func (export "${OPS}#${name}") (param i32 i32) (result i32)
    (i32.store (i32.const 16) (local.get 0)) (i32.store (i32.const 20) (local.get 1)) (i32.const 16))
  (func (export "cabi_post_${OPS}#${name}") (param i32) (call $clear))`;

const CORE = `(module
  (import "[export]${OPS}" "[resource-new]counter" (func $new (param i32) (result i32)))
  (memory (export "memory") ${PAGES} ${PAGES})
  (global $top (mut i32) (i32.const ${HEAP}))
  (func $clear (global.set $top (i32.const ${HEAP})))
  (func (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $want i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $at) (local.get $want)))
    (if (i32.gt_u (global.get $top) (i32.const ${PAGES * 65_536})) (then (unreachable)))
    (memory.copy (local.get $at) (local.get $old) (local.get $size))
    (local.get $at))
  (func (export "${OPS}#add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "${OPS}#move") (param f64 f64 i32) (result i32)
    (f64.store (i32.const 16) (f64.add (local.get 0) (f64.const 1)))
    (f64.store (i32.const 24) (f64.add (local.get 1) (f64.const 1)))
    (i32.store (i32.const 32) (local.get 2))
    (i32.const 16))
  ${["echo", "echo-named", "echo-floats"].map(echo).join("")}
  (func (export "${OPS}#fail") (param i32 i32) (result i32)
    (i32.store (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (local.get 0)) (i32.store (i32.const 24) (local.get 1)) (i32.const 16))
  (func (export "cabi_post_${OPS}#fail") (param i32) (call $clear))
  (func (export "${OPS}#byte-ends") (param $at i32) (param $count i32) (result i32)
    (call $clear)
    (i32.add (i32.load8_u (local.get $at))
      (i32.load8_u (i32.sub (i32.add (local.get $at) (local.get $count)) (i32.const 1)))))
  (func (export "${OPS}#float-ends") (param $at i32) (param $count i32) (result f64)
    (call $clear)
    (f64.add (f64.load (local.get $at))
      (f64.load (i32.sub (i32.add (local.get $at) (i32.mul (local.get $count) (i32.const 8))) (i32.const 8)))))
  (func (export "${OPS}#[constructor]counter") (param i32) (result i32)
    (i32.store (i32.const 512) (local.get 0)) (call $new (i32.const 512)))
  (func (export "${OPS}#[method]counter.inc") (param i32) (result i32)
    (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1))) (i32.load (local.get 0))))`;

export interface GuestBytes {
  readonly core: Uint8Array<ArrayBuffer>;
  readonly component: Uint8Array;
}

/** The guest as a core module and as a component. */
export async function guestBytes(): Promise<GuestBytes> {
  const core = new Uint8Array(await parse(CORE));
  const embedded = await componentEmbed({ binary: core, witSource: WIT, world: "guest" });
  return { core, component: await componentNew(embedded) };
}
