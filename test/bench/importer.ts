/**
 * A guest that calls what it imports, many times in one call of its own, and a guest that provides it.
 */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { GuestBytes } from "./guest.ts";

export const PEER = "bench:guest/peer@1.0.0";

const WIT = `package bench:guest@1.0.0;
interface peer { add: func(a: u32, b: u32) -> u32; }
world importer { import peer; export repeat: func(n: u32) -> u32; }
world provider { export peer; }`;

/** `repeat(n)` counts to n by calls of `add`. */
const IMPORTER = `(module
  (import "${PEER}" "add" (func $add (param i32 i32) (result i32)))
  (func (export "repeat") (param $n i32) (result i32) (local $at i32)
    (block $end (loop $more
      (br_if $end (i32.ge_u (local.get $at) (local.get $n)))
      (local.set $at (call $add (local.get $at) (i32.const 1)))
      (br $more)))
    (local.get $at)))`;

const PROVIDER = `(module
  (func (export "${PEER}#add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))`;

export function importerBytes(): Promise<GuestBytes> {
  return wrapped(IMPORTER, "importer");
}

export function peerBytes(): Promise<GuestBytes> {
  return wrapped(PROVIDER, "provider");
}

async function wrapped(wat: string, world: string): Promise<GuestBytes> {
  const core = new Uint8Array(await parse(wat));
  return { core, component: await componentNew(await componentEmbed({ binary: core, witSource: WIT, world })) };
}
