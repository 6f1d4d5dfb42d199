/** Components that no compiler makes: features that cannot be metered or decoded, broken bytes, counts that are lies. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { guestText, type GuestText } from "../conformance/canonical/guest.ts";
import { packageOf } from "../host/component-fixtures.ts";
import {
  everywhereLong,
  othersLong,
  neverStarts,
  contained,
  type Attack,
  type AttackLanguage,
  type Ending,
} from "./attack.ts";

type Make = () => Uint8Array | Promise<Uint8Array>;

const REFUSED = neverStarts("component-unsupported", "component-invalid");
const INVALID = neverStarts("component-invalid");

function opened(id: string, language: AttackLanguage, tries: string, ends: Ending, make: Make): Attack {
  const plays: Attack["plays"] = async (stage) =>
    stage.call(packageOf(await make(), { limits: { deadline: 2000 } }), "f");
  return { id, language, tries, ends, plays, within: 20_000 };
}

/** The function `f` of a core module, with what stands beside it. */
function feature(what: string, tries: string, beside: string, body: string, ends: Ending = REFUSED): Attack {
  const guest: GuestText = {
    core: `${beside} (func (export "f") (result i32) ${body})`,
    exports: { f: "(result u32)" },
  };
  return opened(`feature/${what}`, "WAT", tries, ends, () => parse(guestText(guest)));
}

const FEATURES: readonly Attack[] = [
  feature(
    "relaxed-simd",
    "computes what differs from machine to machine",
    "",
    "(i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (v128.const i32x4 1 2 3 4)))",
  ),
  feature(
    "shared-memory",
    "shares memory with other threads",
    "(memory $s 1 1 shared)",
    "(i32.atomic.rmw.add $s (i32.const 0) (i32.const 1))",
  ),
  feature(
    "atomic-wait",
    "waits for another thread, which never comes",
    "(memory $s 1 1 shared)",
    "(memory.atomic.wait32 $s (i32.const 0) (i32.const 0) (i64.const -1))",
  ),
  feature("memory64", "has a memory of 64 bits", "(memory $b i64 1)", "(i32.load $b (i64.const 0))"),
  feature(
    "memory64-huge",
    "has a memory of sixteen exabytes",
    "(memory $b i64 0 0x1_0000_0000_0000)",
    "(i32.wrap_i64 (memory.size $b))",
  ),
  feature("table64", "has a table of 64 bits", "(table $b i64 1 funcref)", "(i32.wrap_i64 (table.size $b))"),
  feature("many-memories", "has 20 memories", Array.from({ length: 20 }, () => "(memory 1)").join(""), "(i32.const 1)"),
  feature(
    "many-tables",
    "has 50 tables",
    Array.from({ length: 50 }, () => "(table 1 funcref)").join(""),
    "(i32.const 1)",
  ),
  feature(
    "huge-table",
    "starts with a table of ten million entries",
    "(table 10000000 funcref)",
    "(i32.const 1)",
    neverStarts("memory-limit", "component-unsupported"),
  ),
  feature(
    "stack-switching",
    "switches stacks",
    "(type $f (func)) (type $c (cont $f)) (func $g) (elem declare func $g)",
    "(resume $c (cont.new $c (ref.func $g))) (i32.const 1)",
  ),
  feature(
    "wide-arithmetic",
    "adds numbers of 128 bits",
    "",
    "(drop (i64.add128 (i64.const 1) (i64.const 1) (i64.const 1) (i64.const 1))) (drop) (i32.const 1)",
  ),
  feature("page-size", "has pages of one byte", "(memory $p 1 (pagesize 1))", "(memory.size $p)"),
  feature(
    "meter-global",
    "sets a global that only the meter would add",
    "",
    "(global.set 1 (i64.const 0x7fffffffffff)) (i32.const 1)",
  ),
  feature("meter-function", "calls a function that only the meter would add", "", "(call 2) (i32.const 1)"),
  feature("multi-memory", "has two memories: it may", "(memory $b 1)", "(i32.load $b (i32.const 0))", contained(/^0$/)),
  feature(
    "exceptions",
    "throws to itself: it may",
    "(tag $t)",
    "(block $c (try_table (catch_all $c) (throw $t))) (i32.const 3)",
    contained(/^3$/),
  ),
  feature(
    "tail-calls",
    "calls itself for ever without a stack",
    "(func $l (result i32) (return_call $l))",
    "(call $l)",
    { kind: "ended", codes: ["deadline-exceeded"] },
  ),
];

/** A component that brings its own counter, under the name of the one that meters it. */
const OWN_METER = `(component
  (core module $g (global (export "counter") (mut i64) (i64.const 0)) (func (export "tick") (result i32) (i32.const 0)))
  (core instance $g (instantiate $g))
  (core module $m (import "sennit:meter" "counter" (global $c (mut i64)))
    (func (export "f") (result i32) (loop $l (global.set $c (i64.const 0x7fffffffffff)) (br $l)) (i32.const 1)))
  (core instance $m (instantiate $m (with "sennit:meter" (instance $g))))
  (func (export "f") (result u32) (canon lift (core func $m "f"))))`;

const HEAD = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const CORE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

function bytes(
  what: string,
  tries: string,
  make: () => readonly number[] | Uint8Array,
  ends: Ending = INVALID,
): Attack {
  return opened(`bytes/${what}`, "bytes", tries, ends, () => Uint8Array.from(make()));
}

function leb(number: number): number[] {
  return number < 128 ? [number] : [(number & 127) | 128, ...leb(number >>> 7)];
}

const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];

/** A component in a component in a component. */
function nested(depth: number): Uint8Array {
  let inner = Buffer.from(HEAD);
  for (let at = 0; at < depth; at++) inner = Buffer.concat([Buffer.from([...HEAD, 4, ...leb(inner.length)]), inner]);
  return inner;
}

function filled(length: number, pattern: readonly number[]): Uint8Array {
  const all = new Uint8Array(length);
  for (let at = 0; at < length; at++) all[at] = pattern[at % pattern.length] ?? 0;
  all.set(HEAD);
  return all;
}

/** A core module with this section, in a component. */
const coreWith = (id: number, content: readonly number[]): readonly number[] => [
  ...HEAD,
  ...section(1, [...CORE, ...section(id, content)]),
  ...section(2, [1, 0, 0, 0]),
];

const MOST = [0xff, 0xff, 0xff, 0xff, 0x0f];

const BYTES: readonly Attack[] = [
  bytes("nothing", "is empty", () => [], neverStarts("not-a-component")),
  bytes("half-head", "ends in its head", () => HEAD.slice(0, 6), neverStarts("not-a-component")),
  bytes("core-module", "is a core module", () => CORE, neverStarts("not-a-component")),
  bytes("version", "is of a version to come", () => [0, 0x61, 0x73, 0x6d, 0x0e, 0, 1, 0]),
  bytes("no-end", "announces a section of four gigabytes", () => [...HEAD, 1, ...MOST]),
  bytes("after-end", "goes on after its end", () => [...HEAD, ...section(0, [1, 0x78]), 7]),
  bytes("overlong", "writes a length in more bytes than a number has", () => [
    ...HEAD,
    1,
    0x80,
    0x80,
    0x80,
    0x80,
    0x80,
    0,
  ]),
  bytes("overlong-bits", "writes a length with bits beyond the last", () => [...HEAD, 1, 0xff, 0xff, 0xff, 0xff, 0x7f]),
  ...[1, 2, 3, 5, 6, 7, 8, 10, 11].map((id) =>
    bytes(`count-${id}`, `claims 2^32 - 1 items in section ${id}`, () => [...HEAD, ...section(id, MOST)]),
  ),
  bytes("unknown-section", "has a section that there is not", () => [...HEAD, 77, 1, 0]),
  bytes("nameless", "has a custom section without a name", () => [...HEAD, 0, 0]),
  bytes("nested", "nests 3,000 components", () => nested(3000)),
  bytes("zeros", "is twenty million zeros", () => filled(20_000_000, [0])),
  bytes("custom-sections", "has five million empty sections", () => filled(15_000_008, [0, 1, 0].toReversed())),
  ...[1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13].map((id) =>
    bytes(
      `core-count-${id}`,
      `claims 2^32 - 1 items in section ${id} of a core module`,
      () => coreWith(id, MOST),
      REFUSED,
    ),
  ),
  bytes(
    "core-locals",
    "claims a function of 2^32 - 1 locals",
    () => [
      ...HEAD,
      ...section(1, [
        ...CORE,
        ...section(1, [1, 0x60, 0, 0]),
        ...section(3, [1, 0]),
        ...section(10, [1, 8, 1, ...MOST, 0x7f, 0x0b]),
      ]),
      ...section(2, [1, 0, 0, 0]),
    ],
    REFUSED,
  ),
  bytes(
    "core-order",
    "has the sections of a core module in the wrong order",
    () => [...HEAD, ...section(1, [...CORE, ...section(3, [0]), ...section(1, [0])]), ...section(2, [1, 0, 0, 0])],
    REFUSED,
  ),
];

function text(what: string, tries: string, ends: Ending, make: () => string): Attack {
  return opened(`component/${what}`, "WAT", tries, ends, () => parse(make()));
}

const one = (beside: string, body = "(i32.const 7)"): string =>
  guestText({ core: `${beside} (func (export "f") (result i32) ${body})`, exports: { f: "(result u32)" } });

/** What takes long to check or compile. */
const COMPILERS: readonly Attack[] = [
  text("own-meter", "brings its own counter, to meter itself", REFUSED, () => OWN_METER),
  text(
    "two-exports",
    "exports two functions by one name",
    INVALID,
    () =>
      `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m)) (func $f (canon lift (core func $i "f"))) (export "f" (func $f)) (export "f" (func $f)))`,
  ),
  text(
    "two-core-exports",
    "exports two core functions by one name",
    REFUSED,
    () => `(component (core module $m (func (export "f")) (func (export "f"))) (core instance $i (instantiate $m)))`,
  ),
  text("huge-function", "has a function of a million instructions", contained(/^7$/), () =>
    one("", `${"(drop (i32.add (i32.const 1) (i32.const 2)))".repeat(250_000)} (i32.const 7)`),
  ),
  text("huge-br-table", "has twenty branches to 60,000 places each", contained(/^7$/), () =>
    one("", `${`(block $a (br_table ${"$a ".repeat(60_000)} (i32.const 0)))`.repeat(20)} (i32.const 7)`),
  ),
  text("many-functions-100k", "has 100,000 functions", contained(/^7$/), () => one("(func)".repeat(100_000))),
  text("many-types", "has 100,000 types", contained(/^7$/), () =>
    one("").replace("(component", `(component ${"(type (list u8))".repeat(100_000)}`),
  ),
  text("many-core-types", "has a core module with 100,000 types", contained(/^7$/), () =>
    one("(type (func (param i64 i64 i64)))".repeat(100_000)),
  ),
  text(
    "many-imports-1000",
    "imports 1,500 instances",
    neverStarts("component-unsupported", "component-invalid", "link-failed"),
    () => `(component ${Array.from({ length: 1500 }, (_, at) => `(import "a:b/c${at}" (instance))`).join("")})`,
  ),
  text("deep-expression", "nests 50,000 additions", contained(/^7$/), () =>
    one("", `${"(i32.const 0) ".repeat(50_000)} ${"i32.add ".repeat(49_999)} drop (i32.const 7)`),
  ),
  text("deep-loops", "nests 5,000 loops", contained(/^7$/), () =>
    one("", `${"loop ".repeat(5000)} ${"end ".repeat(5000)} (i32.const 7)`),
  ),
  text("many-params", "has a function of 1,500 parameters", REFUSED, () =>
    one(`(func (param ${"i32 ".repeat(1500)}))`),
  ),
  text("many-data", "has 50,000 data segments", contained(/^7$/), () => one(`(data (i32.const 0) "x")`.repeat(50_000))),
  text("many-globals", "has 100,000 globals", contained(/^7$/), () =>
    one("(global (mut i64) (i64.const 0))".repeat(100_000)),
  ),
];

export const BINARIES: readonly Attack[] = [
  ...[...FEATURES, ...BYTES].map(everywhereLong),
  ...othersLong(COMPILERS.map(everywhereLong), [
    "own-meter",
    "two-exports",
    "huge-function",
    "deep-loops",
    "many-functions-100k",
  ]),
];
