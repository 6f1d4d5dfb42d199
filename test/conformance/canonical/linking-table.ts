/** Core instances linked within one component, as the reference's linking tests have them: what is shared and what is not. */
import type { Whole } from "./calls-table.ts";
import type { Value } from "../../../src/wit/value.ts";

const COUNTER = `(core module $counter (global $n (export "n") (mut i32) (i32.const 0))
  (func (export "bump") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))`;

function lift(name: string, from: string, type = "(result u32)", core = name): string {
  return `(func (export "${name}") ${type} (canon lift (core func ${from} "${core}")))`;
}

function whole(name: string, text: string, ...calls: readonly (readonly [string, readonly Value[], Value])[]): Whole {
  return {
    name,
    component: `(component ${text})`,
    session: { calls: calls.map(([key, args]) => ({ key, args })) },
    answers: calls.map(([, , answer]) => answer),
  };
}

const asked = (name: string, answer: Value, ...args: readonly Value[]): [string, readonly Value[], Value] => [
  name,
  args,
  answer,
];

const SHARING: readonly Whole[] = [
  whole(
    "unit.wast: globals of two instances of one module",
    `${COUNTER} (core instance $a (instantiate $counter)) (core instance $b (instantiate $counter))
     ${lift("bump-a", "$a", undefined, "bump")} ${lift("bump-b", "$b", undefined, "bump")}`,
    asked("bump-a", 1),
    asked("bump-a", 2),
    asked("bump-b", 1),
  ),
  whole(
    "unit.wast: memories of two instances of one module",
    `(core module $m (memory 1) (func (export "put") (param i32) (i32.store (i32.const 0) (local.get 0)))
       (func (export "get") (result i32) (i32.load (i32.const 0))))
     (core instance $a (instantiate $m)) (core instance $b (instantiate $m))
     ${lift("put", "$a", `(param "x" u32)`)} ${lift("get-a", "$a", undefined, "get")} ${lift("get-b", "$b", undefined, "get")}`,
    asked("put", null, 7),
    asked("get-a", 7),
    asked("get-b", 0),
  ),
  whole(
    "unit.wast: tables of two instances of one module",
    `(core module $m (table 2 funcref) (elem (i32.const 0) $one $two) (func $one (result i32) (i32.const 1))
       (func $two (result i32) (i32.const 2)) (type $t (func (result i32)))
       (func (export "swap") (table.set (i32.const 0) (ref.func $two)))
       (func (export "run") (result i32) (call_indirect (type $t) (i32.const 0))))
     (core instance $a (instantiate $m)) (core instance $b (instantiate $m))
     ${lift("swap", "$a", "")} ${lift("run-a", "$a", undefined, "run")} ${lift("run-b", "$b", undefined, "run")}`,
    asked("swap", null),
    asked("run-a", 2),
    asked("run-b", 1),
  ),
  whole(
    "unit.wast: one instance for two importers",
    `${COUNTER} (core module $client (import "c" "bump" (func $bump (result i32))) (func (export "run") (result i32) (call $bump)))
     (core instance $c (instantiate $counter))
     (core instance $a (instantiate $client (with "c" (instance $c)))) (core instance $b (instantiate $client (with "c" (instance $c))))
     ${lift("run-a", "$a", undefined, "run")} ${lift("run-b", "$b", undefined, "run")}`,
    asked("run-a", 1),
    asked("run-b", 2),
  ),
  whole(
    "unit.wast: a diamond",
    `${COUNTER} (core module $middle (import "c" "bump" (func $bump (result i32))) (func (export "mid") (result i32) (call $bump)))
     (core module $top (import "l" "mid" (func $l (result i32))) (import "r" "mid" (func $r (result i32)))
       (func (export "run") (result i32) (i32.add (i32.mul (call $l) (i32.const 10)) (call $r))))
     (core instance $c (instantiate $counter))
     (core instance $l (instantiate $middle (with "c" (instance $c)))) (core instance $r (instantiate $middle (with "c" (instance $c))))
     (core instance $t (instantiate $top (with "l" (instance $l)) (with "r" (instance $r)))) ${lift("run", "$t")}`,
    asked("run", 12),
  ),
  whole(
    "unit.wast: globals that are given",
    `(core module $g5 (global (export "g") i32 (i32.const 5))) (core module $g6 (global (export "g") i32 (i32.const 6)))
     (core module $m (import "p" "g" (global $g i32)) (func (export "run") (result i32) (global.get $g)))
     (core instance $g5 (instantiate $g5)) (core instance $g6 (instantiate $g6))
     (core instance $a (instantiate $m (with "p" (instance $g5)))) (core instance $b (instantiate $m (with "p" (instance $g6))))
     ${lift("run-a", "$a", undefined, "run")} ${lift("run-b", "$b", undefined, "run")}`,
    asked("run-a", 5),
    asked("run-b", 6),
  ),
  whole(
    "unit.wast: start functions in the order of the instances",
    `(core module $log (memory (export "m") 1) (global $at (mut i32) (i32.const 0))
       (func (export "note") (param i32) (i32.store8 (global.get $at) (local.get 0)) (global.set $at (i32.add (global.get $at) (i32.const 1))))
       (func (export "read") (result i32) (i32.load (i32.const 0))))
     (core module $one (import "l" "note" (func $note (param i32))) (func $s (call $note (i32.const 1))) (start $s))
     (core module $two (import "l" "note" (func $note (param i32))) (func $s (call $note (i32.const 2))) (start $s))
     (core instance $l (instantiate $log)) (core instance (instantiate $two (with "l" (instance $l))))
     (core instance (instantiate $one (with "l" (instance $l)))) (core instance (instantiate $two (with "l" (instance $l))))
     ${lift("read", "$l")}`,
    asked("read", 0x020102),
  ),
];

const RENAMING: readonly Whole[] = [
  whole(
    "unit.wast: an instance made of others' exports, under other names",
    `(core module $a (func (export "three") (result i32) (i32.const 3))) (core module $b (func (export "four") (result i32) (i32.const 4)))
     (core instance $a (instantiate $a)) (core instance $b (instantiate $b))
     (core module $m (import "x" "one" (func $one (result i32))) (import "x" "two" (func $two (result i32)))
       (func (export "run") (result i32) (i32.sub (call $one) (call $two))))
     (core instance $x (export "one" (func $b "four")) (export "two" (func $a "three")))
     (core instance $i (instantiate $m (with "x" (instance $x)))) ${lift("run", "$i")}`,
    asked("run", 1),
  ),
  whole(
    "unit.wast: a memory, a global and a table under other names",
    `(core module $a (memory (export "m") 1) (global (export "g") (mut i64) (i64.const 9)) (table (export "t") 1 funcref)
       (elem (i32.const 0) $f) (func $f (result i32) (i32.load (i32.const 4))) (func (export "g-now") (result i64) (global.get 0)))
     (core instance $a (instantiate $a))
     (core module $m (import "x" "memory" (memory 1)) (import "x" "global" (global $g (mut i64))) (import "x" "table" (table $t 1 funcref))
       (type $f (func (result i32)))
       (func (export "run") (result i32) (i32.store (i32.const 4) (i32.const 8)) (global.set $g (i64.add (global.get $g) (i64.const 1)))
         (call_indirect $t (type $f) (i32.const 0))))
     (core instance $i (instantiate $m (with "x" (instance (export "memory" (memory $a "m")) (export "global" (global $a "g")) (export "table" (table $a "t"))))))
     ${lift("run", "$i")} ${lift("now", "$a", "(result s64)", "g-now")}`,
    asked("run", 8),
    asked("now", 10),
  ),
  whole(
    "unit.wast: one function lifted twice and exported under two names",
    `${COUNTER} (core instance $c (instantiate $counter)) (func $once (result u32) (canon lift (core func $c "bump")))
     (func $twice (result s32) (canon lift (core func $c "bump")))
     (export "a" (func $once)) (export "b" (func $once)) (export "c" (func $twice))`,
    asked("a", 1),
    asked("b", 2),
    asked("c", 3),
  ),
  whole(
    "unit.wast: two lifts with a memory each",
    `(core module $a (memory (export "m") 1) (data (i32.const 8) "left")) (core module $b (memory (export "m") 1) (data (i32.const 8) "right"))
     (core instance $a (instantiate $a)) (core instance $b (instantiate $b))
     (core module $m (import "a" "m" (memory 1)) (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 4)) (i32.const 0)))
     (core module $n (import "b" "m" (memory 1)) (func (export "f") (result i32) (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 5)) (i32.const 0)))
     (core instance $m (instantiate $m (with "a" (instance $a)))) (core instance $n (instantiate $n (with "b" (instance $b))))
     (func (export "left") (result string) (canon lift (core func $m "f") (memory (core memory $a "m"))))
     (func (export "right") (result string) (canon lift (core func $n "f") (memory (core memory $b "m"))))`,
    asked("left", "left"),
    asked("right", "right"),
  ),
];

/** A library of memory, modules over it, and two that need each other. */
const SHARED: readonly Whole[] = [
  whole(
    "shared-everything-dynamic-linking.wast: modules over one memory and its allocator",
    `(core module $libc (memory (export "memory") 1) (global $next (mut i32) (i32.const 64))
       (func (export "malloc") (param i32) (result i32) (global.get $next) (global.set $next (i32.add (global.get $next) (local.get 0)))))
     (core instance $libc (instantiate $libc))
     (core module $zip (import "libc" "memory" (memory 1)) (import "libc" "malloc" (func $malloc (param i32) (result i32)))
       (func (export "zip") (param i32) (result i32) (local $at i32) (local.set $at (call $malloc (i32.const 4)))
         (i32.store (local.get $at) (local.get 0)) (local.get $at)))
     (core instance $zip (instantiate $zip (with "libc" (instance $libc))))
     (core module $main (import "libc" "memory" (memory 1)) (import "libc" "malloc" (func $malloc (param i32) (result i32)))
       (import "zip" "zip" (func $zip (param i32) (result i32)))
       (func (export "run") (param i32) (result i32) (drop (call $malloc (i32.const 8))) (i32.add (i32.load (call $zip (local.get 0))) (i32.const 1))))
     (core instance $main (instantiate $main (with "libc" (instance $libc)) (with "zip" (instance $zip)))) ${lift("run", "$main", `(param "x" u32) (result u32)`)}`,
    asked("run", 6, 5),
  ),
  whole(
    "shared-everything-dynamic-linking.wast: two modules that call each other through a table",
    `(core module $t (table (export "t") 1 funcref)) (core instance $t (instantiate $t))
     (core module $foo (import "t" "t" (table 1 funcref)) (type $f (func (param i32) (result i32)))
       (func (export "foo") (param i32) (result i32) (i32.add (i32.const 1) (call_indirect (type $f) (local.get 0) (i32.const 0)))))
     (core instance $foo (instantiate $foo (with "t" (instance $t))))
     (core module $bar (import "t" "t" (table 1 funcref)) (import "foo" "foo" (func $foo (param i32) (result i32))) (elem (i32.const 0) $bar)
       (func $bar (param i32) (result i32) (if (result i32) (local.get 0)
         (then (i32.add (i32.const 10) (call $foo (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))
       (func (export "run") (param i32) (result i32) (call $bar (local.get 0))))
     (core instance $bar (instantiate $bar (with "t" (instance $t)) (with "foo" (instance $foo)))) ${lift("run", "$bar", `(param "x" u32) (result u32)`)}`,
    asked("run", 33, 3),
  ),
];

const IMPORT = `(import "t:link/host" (instance $host (export "tell" (func (param "x" u32) (result u32)))))
  (core func $tell (canon lower (func $host "tell")))`;

function telling(
  name: string,
  text: string,
  answers: readonly Value[],
  ...calls: readonly [string, readonly Value[], Value][]
): Whole {
  const made = whole(name, `${IMPORT} ${text}`, ...calls);
  return { ...made, session: { ...made.session, answers: { "t:link/host#tell": answers } } };
}

/** Lowered imports where functions of cores usually stand. */
const LOWERED: readonly Whole[] = [
  telling(
    "unit.wast: one import lowered twice",
    `(core func $again (canon lower (func $host "tell")))
     (core module $m (import "h" "a" (func $a (param i32) (result i32))) (import "h" "b" (func $b (param i32) (result i32)))
       (func (export "run") (result i32) (i32.add (i32.mul (call $a (i32.const 1)) (i32.const 10)) (call $b (i32.const 2)))))
     (core instance $i (instantiate $m (with "h" (instance (export "a" (func $tell)) (export "b" (func $again)))))) ${lift("run", "$i")}`,
    [3, 4],
    asked("run", 34),
  ),
  telling(
    "unit.wast: an import in a table",
    `(core module $m (import "h" "tell" (func $tell (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $tell)
       (type $f (func (param i32) (result i32))) (func (export "run") (result i32) (call_indirect (type $f) (i32.const 7) (i32.const 0))))
     (core instance $i (instantiate $m (with "h" (instance (export "tell" (func $tell)))))) ${lift("run", "$i")}`,
    [9],
    asked("run", 9),
  ),
  telling(
    "unit.wast: an import lifted again",
    `(func (export "run") (param "x" u32) (result u32) (canon lift (core func $tell)))`,
    [9],
    asked("run", 9, 5),
  ),
  telling(
    "unit.wast: a module over two imports, twice",
    `${COUNTER} (core module $m (import "h" "f" (func $f (param i32) (result i32))) (func (export "run") (result i32) (call $f (i32.const 1))))
     (core module $id (func (export "f") (param i32) (result i32) (local.get 0))) (core instance $id (instantiate $id))
     (core instance $a (instantiate $m (with "h" (instance (export "f" (func $tell)))))) (core instance $b (instantiate $m (with "h" (instance $id))))
     ${lift("run-a", "$a", undefined, "run")} ${lift("run-b", "$b", undefined, "run")}`,
    [8],
    asked("run-a", 8),
    asked("run-b", 1),
  ),
];

export const LINKING: readonly Whole[] = [...SHARING, ...RENAMING, ...SHARED, ...LOWERED];
