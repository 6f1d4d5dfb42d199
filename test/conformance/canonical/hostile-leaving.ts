/** Guests that leave where they may not: out of realloc and post-return, and out of the depth of their stack. */
import type { Value } from "../../../src/wit/value.ts";
import { guestText, hostKey } from "./guest.ts";
import { call, TRAPPED, type Hostile } from "./hostile.ts";
import { BUILTINS, RESOURCE } from "./resource-text.ts";

/** A guest whose realloc is a function of its core module, which a table hands down to the library. */
function reallocating(name: string, body: string, gives: Hostile["gives"]): Hostile {
  const plain = guestText({
    host: `(export "tell" (func (param "x" u32) (result u32)))`,
    imports: { tell: "(param i32) (result i32)" },
    before: RESOURCE,
    builtins: BUILTINS,
    realloc: `(call_indirect (type $realloc) (local.get $old) (local.get $was) (local.get $align) (local.get $size) (i32.const 0))`,
    core: `(global $made (mut i32) (i32.const 0)) (elem (i32.const 0) $own)
      (func $own (param i32 i32 i32 i32) (result i32) ${body} (i32.const 512))
      (func (export "f") (param i32 i32) (result i32) (local.get 1))
      (func (export "make") (global.set $made (call $new (i32.const 9))))`,
    exports: { f: `(param "x" (list u32)) (result u32)`, make: "" },
  });
  const component = plain
    .replace(
      `(core module $libc`,
      `(core module $tables (table (export "t") 1 funcref)) (core instance $tables (instantiate $tables)) (core module $libc
      (import "tables" "t" (table 1 funcref)) (type $realloc (func (param i32 i32 i32 i32) (result i32)))`,
    )
    .replace(
      "(core instance $libc (instantiate $libc))",
      `(core instance $libc (instantiate $libc (with "tables" (instance $tables))))`,
    )
    .replace(`(import "libc" "memory"`, `(import "tables" "t" (table 1 funcref)) (import "libc" "memory"`)
    .replace(`(with "libc" (instance $libc))`, `(with "libc" (instance $libc)) (with "tables" (instance $tables))`);
  const session = { calls: [{ key: "make" }, { key: "f", args: [[1, 2, 3]] as readonly Value[] }] };
  const answers = { [hostKey("tell")]: [1] };
  return { name: `realloc that ${name}`, component, session: { ...session, answers }, gives };
}

const REALLOCS: readonly Hostile[] = [
  reallocating("calls an import", "(drop (call $tell (i32.const 1)))", TRAPPED),
  reallocating("makes a resource", "(drop (call $new (i32.const 1)))", TRAPPED),
  reallocating("drops a resource", "(call $drop (global.get $made))", TRAPPED),
  reallocating("asks for a representation", "(drop (call $rep (global.get $made)))", { value: 3 }),
];

/** Options of a lift that are themselves lowered imports. */
const DIRECTLY: readonly Hostile[] = [
  {
    name: "an import for realloc",
    component: guestText({
      host: `(export "tell" (func (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32) (result u32)))`,
      imports: { tell: "(param i32 i32 i32 i32) (result i32)" },
      core: `(func (export "g") (param i32 i32))`,
      exports: {},
      after: `(func (export "f") (param "x" (list u8)) (canon lift (core func $main "g") (memory $memory) (realloc $tell)))`,
    }),
    session: { ...call("f", Uint8Array.of(1)), answers: { [hostKey("tell")]: [64] } },
    gives: TRAPPED,
  },
  {
    name: "an import for post-return",
    component: guestText({
      host: `(export "tell" (func (param "a" u32)))`,
      imports: { tell: "(param i32)" },
      core: `(func (export "g") (result i32) (i32.const 7))`,
      exports: {},
      after: `(func (export "f") (result u32) (canon lift (core func $main "g") (post-return $tell)))`,
    }),
    session: call("f"),
    gives: TRAPPED,
  },
];

/** Recursion that leaves at each depth: the stack ends in the guest or in the host's own code. */
const DEPTHS: readonly Hostile[] = [
  deep("asks an import at each depth", "(drop (call $tell (i32.const 1)))"),
  deep("says a text at each depth", "(call $say (i32.const 64) (i32.const 200))"),
  deep(
    "asks an import at each depth and catches what comes",
    "(block $caught (try_table (catch_all $caught) (drop (call $tell (i32.const 1)))))",
  ),
  deep("makes a resource at each depth", "(drop (call $new (i32.const 1)))"),
];

function deep(name: string, body: string): Hostile {
  return {
    name: `a guest that ${name}`,
    component: guestText({
      host: `(export "tell" (func (param "x" u32) (result u32))) (export "say" (func (param "s" string)))`,
      imports: { tell: "(param i32) (result i32)", say: "(param i32 i32)" },
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(func $f (export "f") (result i32) ${body} (i32.add (call $f) (i32.const 1)))`,
      exports: { f: "(result u32)" },
    }),
    session: { ...call("f"), answers: { [hostKey("tell")]: [1] } },
    gives: TRAPPED,
  };
}

export const LEAVING: readonly Hostile[] = [...REALLOCS, ...DIRECTLY];

/** Not in Wasmtime: how deep its stack is, is another matter. */
export const DEEP: readonly Hostile[] = DEPTHS;
