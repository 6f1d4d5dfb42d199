/**
 * Whole calls of the reference's tests, each as a guest that checks by itself what it sees and traps when it is wrong, or as
 * one whose answers show it: realloc, post-return, handle tables, borrows, flattening.
 */
import { Handle, type Value } from "../../../src/wit/value.ts";
import { guestText, hostKey, pointed } from "./guest.ts";
import type { Session } from "./harness.ts";
import { API, BUILTINS, exportingResource, foreign, RESOURCE } from "./resource-text.ts";

export interface Whole {
  readonly name: string;
  readonly component: string;
  readonly session: Session;
  /** The answers of the session's calls, in turn. */
  readonly answers: readonly Value[];
}

/** Fails the call unless these are equal. */
function must(actual: string, wanted: number | string): string {
  const other = typeof wanted === "number" ? `(i32.const ${wanted})` : wanted;
  return `(if (i32.ne ${actual} ${other}) (then unreachable))`;
}

function calls(...keys: readonly (string | readonly [string, ...Value[]])[]): Session {
  return {
    calls: keys.map((each) =>
      typeof each === "string" ? { key: each } : { key: each[0], args: each.slice(1) as Value[] },
    ),
  };
}

const REALLOC: readonly Whole[] = [
  {
    name: "realloc.wast: an empty list is allocated, too",
    component: guestText({
      realloc: `${must("(local.get $old)", 0)} ${must("(local.get $was)", 0)} ${must("(local.get $align)", 1)}
        ${must("(local.get $size)", 0)} (global.set $next (i32.const 42)) (i32.const 16)`,
      core: `(func (export "f") (param i32 i32) (result i32)
        ${must("(local.get 0)", 16)} ${must("(local.get 1)", 0)} (global.get $next))`,
      exports: { f: `(param "a" (list u8)) (result u32)` },
    }),
    session: calls(["f", new Uint8Array()]),
    answers: [42],
  },
  {
    name: "realloc: alignment and size of each allocation, outermost first",
    component: guestText({
      // Each allocation is noted at 1024: alignment and size.
      realloc: `(local $note i32) (local.set $note (i32.add (i32.const 1020) (i32.load (i32.const 1020))))
        (i32.store offset=4 (local.get $note) (local.get $align)) (i32.store offset=8 (local.get $note) (local.get $size))
        (i32.store (i32.const 1020) (i32.add (i32.load (i32.const 1020)) (i32.const 8)))
        (global.set $next (i32.add (global.get $next) (i32.const 64))) (global.get $next)`,
      core: `(func (export "f") (param i32 i32) (result i32) ${pointed(1024, 6)})`,
      exports: { f: `(param "a" (list (list u64))) (result (list u32))` },
    }),
    session: calls(["f", [[1, 2], [3]]]),
    answers: [Uint32Array.of(4, 16, 8, 16, 8, 8)],
  },
  {
    name: "test_cross_component_realloc: once for an answer of three bytes",
    component: guestText({
      host: `(export "ask" (func (result (list u8))))`,
      imports: { ask: "(param i32)" },
      realloc: `${must("(global.get $next)", 4096)} (global.set $next (i32.const 1)) ${must("(local.get $size)", 3)} (i32.const 512)`,
      core: `(func (export "f") (result i32) (call $ask (i32.const 64)) ${must("(i32.load (i32.const 64))", 512)}
        ${must("(i32.load (i32.const 68))", 3)} ${must("(i32.load (i32.const 512))", 0x0c0b0a)} (global.get $next))`,
      exports: { f: "(result u32)" },
    }),
    session: { ...calls("f"), answers: { [hostKey("ask")]: [Uint8Array.of(10, 11, 12)] } },
    answers: [1],
  },
];

const POST_RETURN: readonly Whole[] = [
  {
    name: "post-return.wast: once, before the call is over, with the core result",
    component: guestText({
      core: `(global $times (mut i32) (i32.const 0))
        (func (export "f") (result i32) ${must("(global.get $times)", 0)} (i32.const 100))
        (func (export "post") (param i32) ${must("(local.get 0)", 100)} ${must("(global.get $times)", 0)}
          (global.set $times (i32.add (global.get $times) (i32.const 1))))
        (func (export "times") (result i32) (global.get $times))`,
      exports: {
        f: { type: "(result u32)", options: `(post-return (core func $main "post"))` },
        times: "(result u32)",
      },
    }),
    session: calls("f", "times"),
    answers: [100, 1],
  },
  {
    name: "post-return: with the pointer of an answer in memory, after it was read",
    component: guestText({
      core: `(func (export "f") (result i32) (i32.store8 (i32.const 32) (i32.const 97)) ${pointed(32, 1)})
        (func (export "post") (param i32) ${must("(local.get 0)", 0)} (i32.store8 (i32.const 32) (i32.const 98)))
        (func (export "look") (result i32) (i32.load8_u (i32.const 32)))`,
      exports: {
        f: { type: "(result string)", options: `(post-return (core func $main "post"))` },
        look: "(result u32)",
      },
    }),
    session: calls("f", "look", "f"),
    answers: ["a", 98, "a"],
  },
  {
    name: "post-return: of a function without result, without arguments",
    component: guestText({
      core: `(global $times (mut i32) (i32.const 0)) (func (export "f"))
        (func (export "post") (global.set $times (i32.add (global.get $times) (i32.const 1))))
        (func (export "times") (result i32) (global.get $times))`,
      exports: { f: { type: "", options: `(post-return (core func $main "post"))` }, times: "(result u32)" },
    }),
    session: calls("f", "f", "times"),
    answers: [null, null, 2],
  },
  {
    name: "post-return.wast: asks for a representation",
    component: guestText({
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(global $handle (mut i32) (i32.const 0)) (global $saved (mut i32) (i32.const 0))
        (func (export "f") (result i32) (global.set $handle (call $new (i32.const 123))) (i32.const 5))
        (func (export "post") (param i32) (global.set $saved (call $rep (global.get $handle))))
        (func (export "saved") (result i32) (global.get $saved))`,
      exports: {
        f: { type: "(result u32)", options: `(post-return (core func $main "post"))` },
        saved: "(result u32)",
      },
    }),
    session: calls("f", "saved"),
    answers: [5, 123],
  },
];

const made = (rep: number): string => `(call $new (i32.const ${rep}))`;
const dropped = (handle: number): string => `(call $drop (i32.const ${handle}))`;
const isRep = (handle: number, rep: number): string => must(`(call $rep (i32.const ${handle}))`, rep);

const TABLES: readonly Whole[] = [
  {
    name: "handle-table.wast: numbers from 1, the last one freed first",
    component: guestText({
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(func (export "run") (result i32)
        ${[1, 2, 3].map((at) => must(made(100 * at), at)).join("")}
        ${dropped(2)} ${must(made(400), 2)} ${isRep(1, 100)} ${isRep(2, 400)} ${isRep(3, 300)}
        ${[1, 2, 3].map(dropped).join("")}
        ${must(made(500), 3)} ${must(made(600), 2)} ${must(made(700), 1)}
        ${isRep(3, 500)} ${isRep(2, 600)} ${isRep(1, 700)} ${must(made(800), 4)} (i32.const 42))`,
      exports: { run: "(result u32)" },
    }),
    session: calls("run"),
    answers: [42],
  },
  {
    name: "handle-table.wast: two resource types share a table",
    component: guestText({
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(func (export "run") (result i32) ${must(made(5), 1)} ${must("(call $new-s (i32.const 6))", 2)}
        ${dropped(1)} ${must("(call $new-s (i32.const 7))", 1)} ${must("(call $rep-s (i32.const 1))", 7)}
        ${must("(call $rep-s (i32.const 2))", 6)} (i32.const 43))`,
      exports: { run: "(result u32)" },
    }),
    session: calls("run"),
    answers: [43],
  },
  {
    name: "handle-table.wast: what is given away frees its number",
    component: foreign(
      `(func (export "f") (param i32) ${must("(call $make)", 2)} ${must("(call $make)", 3)}
        (call $drop-r (i32.const 3)) (call $take (i32.const 2)) ${must("(call $make)", 2)} ${must("(call $make)", 3)}
        (call $drop-r (local.get 0)))`,
      `(param "x" (borrow $r))`,
    ),
    session: {
      ...calls(["f", new Handle(0, 9)]),
      answers: { [hostKey("make")]: [5, 6, 7, 8].map((id) => new Handle(77, id)) },
    },
    answers: [null],
  },
];

const OWN = `(func (export "make") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "give") (param i32) (result i32) (local $rep i32) (local.set $rep (call $rep (local.get 0)))
    (call $drop (local.get 0)) (local.get $rep))
  (func (export "look") (param i32) (result i32) (local.get 0))
  (func (export "both") (param i32 i32) (result i32) (i32.sub (local.get 0) (local.get 1)))
  (func (export "pass") (param i32) (result i32) (local.get 0))
  (func (export "mixed") (param i32 i32) (result i32) (call $drop (local.get 1)) (local.get 0))`;

const OWN_TYPES = {
  make: `(param "n" u32) (result (own $r))`,
  give: `(param "x" (own $r)) (result u32)`,
  look: `(param "x" (borrow $r)) (result u32)`,
  both: `(param "x" (borrow $r)) (param "y" (borrow $r)) (result u32)`,
  pass: `(param "x" (own $r)) (result (own $r))`,
  mixed: `(param "x" (borrow $r)) (param "o" (own $r)) (result u32)`,
};

/** By their numbers in the order in which the session gets them. */
const [FIRST, SECOND, THIRD] = [new Handle(0, 0), new Handle(0, 1), new Handle(0, 2)];

const BORROWS: readonly Whole[] = [
  {
    name: "borrows.wast: a borrow of the guest's own is its representation",
    component: exportingResource(OWN, OWN_TYPES),
    session: calls(
      [`${API}#make`, 0x41],
      [`${API}#look`, FIRST],
      [`${API}#look`, FIRST],
      [`${API}#both`, FIRST, FIRST],
    ),
    answers: [new Handle(1, 1), 0x41, 0x41, 0],
  },
  {
    name: "borrows.wast: lends one while it gives another",
    component: exportingResource(OWN, OWN_TYPES),
    session: calls(
      [`${API}#make`, 0x41],
      [`${API}#make`, 0x42],
      [`${API}#mixed`, FIRST, SECOND],
      [`${API}#look`, FIRST],
      [`${API}#make`, 0x43],
      [`${API}#look`, THIRD],
    ),
    answers: [new Handle(1, 1), new Handle(1, 2), 0x41, 0x41, new Handle(1, 3), 0x43],
  },
  {
    name: "test_handles: an owned one goes in and comes out",
    component: exportingResource(OWN, OWN_TYPES),
    session: calls([`${API}#make`, 46], [`${API}#pass`, FIRST], [`${API}#look`, SECOND], [`${API}#give`, SECOND]),
    answers: [new Handle(1, 1), new Handle(1, 2), 46, 46],
  },
  {
    name: "test_handles: lent and given to an import, which gives another",
    component: foreign(
      `(func (export "f") (param i32) (local $h i32) (local.set $h (call $make)) ${must("(local.get $h)", 2)}
        (call $both (local.get 0) (local.get $h)) (call $drop-r (local.get 0)))`,
      `(param "x" (borrow $r))`,
    ),
    session: { ...calls(["f", new Handle(0, 42)]), answers: { [hostKey("make")]: [new Handle(0, 45)] } },
    answers: [null],
  },
];

const SEVENTEEN = Array.from({ length: 17 }, (_, at) => at);

/** `test_flatten`: the validator holds the core types against the types; here that the values come by them. */
const FLATTENING: readonly Whole[] = [
  {
    name: "test_flatten: three core types",
    component: guestText({
      core: `(func (export "f") (param i32 f32 f64) (result f32) (f32.add (f32.convert_i32_u (local.get 0))
        (f32.add (local.get 1) (f32.demote_f64 (local.get 2)))))`,
      exports: { f: `(param "a" u8) (param "b" f32) (param "c" f64) (result f32)` },
    }),
    session: calls(["f", 1, 0.5, 0.25]),
    answers: [1.75],
  },
  {
    name: "test_flatten: a tuple of one is its item",
    component: guestText({
      core: `(func (export "f") (param i32 f32 f64) (result f32) (local.get 1))`,
      exports: { f: `(param "a" u8) (param "b" f32) (param "c" f64) (result (tuple f32))` },
    }),
    session: calls(["f", 1, 0.5, 0.25]),
    answers: [[0.5]],
  },
  {
    name: "test_flatten: a tuple of two is in memory",
    component: guestText({
      core: `(func (export "f") (param i32 f32 f64) (result i32) (f32.store (i32.const 64) (local.get 1))
        (f32.store (i32.const 68) (f32.demote_f64 (local.get 2))) (i32.const 64))`,
      exports: { f: `(param "a" u8) (param "b" f32) (param "c" f64) (result (tuple f32 f32))` },
    }),
    session: calls(["f", 1, 0.5, 0.25]),
    answers: [[0.5, 0.25]],
  },
  {
    name: "test_flatten: sixteen parameters are sixteen core values",
    component: guestText({
      core: `(func (export "f") (param ${SEVENTEEN.slice(1)
        .map(() => "i32")
        .join(" ")}) (result i32) (local.get 15))`,
      exports: {
        f: `${SEVENTEEN.slice(1)
          .map((at) => `(param "p${at}" u8)`)
          .join(" ")} (result u32)`,
      },
    }),
    session: calls(["f", ...SEVENTEEN.slice(1)]),
    answers: [16],
  },
  {
    name: "test_flatten: seventeen parameters are one pointer, and two results another",
    component: guestText({
      core: `(func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 15)))`,
      exports: { f: `${SEVENTEEN.map((at) => `(param "p${at}" u8)`).join(" ")} (result (tuple u8 u8))` },
    }),
    session: calls(["f", ...SEVENTEEN]),
    answers: [[15, 16]],
  },
  {
    name: "test_flatten: the same to an import",
    component: guestText({
      host: `(export "ask" (func ${SEVENTEEN.map((at) => `(param "p${at}" u8)`).join(" ")} (result (tuple u8 u8))))`,
      imports: { ask: "(param i32 i32)" },
      core: `(func (export "f") (result i32) (i64.store (i32.const 64) (i64.const 0x0807060504030201))
        (call $ask (i32.const 64) (i32.const 128)) (i32.load16_u (i32.const 128)))`,
      exports: { f: "(result u32)" },
    }),
    session: { ...calls("f"), answers: { [hostKey("ask")]: [[7, 9]] } },
    answers: [0x0907],
  },
];

export const WHOLE_CALLS: readonly Whole[] = [...REALLOC, ...POST_RETURN, ...TABLES, ...BORROWS, ...FLATTENING];
