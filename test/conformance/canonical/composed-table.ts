/**
 * Components made of components, one calling the other: the caller's core values are lifted and lowered into the callee
 * without any host between. The reference's tests of crossings, in our own words. They run by jco's binding only.
 */
import type { Value } from "../../../src/wit/value.ts";
import { LIBC } from "./vectors.ts";

export interface Composed {
  readonly name: string;
  readonly text: string;
  /** Each call in turn on one instance, and what it gives: a value, or a fault's code. */
  readonly calls: readonly (readonly [string, Value | Trap])[];
  /** jco does otherwise: what, and why; and so does Wasmtime, when `there`. */
  readonly deviates?: { readonly last: Value | Trap | Other; readonly why: string; readonly there?: boolean };
}

export class Trap {}
export const TRAP: Trap = new Trap();

/** A fault with another code. */
export class Other {
  readonly code: string;
  constructor(code: string) {
    this.code = code;
  }
}

interface Side {
  /** Functions of its core module. */
  readonly core: string;
  /** What stands before the core module, and names builtins. */
  readonly before?: string;
  readonly builtins?: Readonly<Record<string, string>>;
}

interface Crossing {
  /** Type definitions of the interface between them, for its instance type; and the same as exports of the callee. */
  readonly types?: string;
  readonly exportedTypes?: string;
  /** The functions between them: component type and core type as the caller sees it. */
  readonly functions: Readonly<Record<string, { readonly type: string; readonly core: string }>>;
  readonly callee: Side;
  readonly caller: Side;
  readonly calleeOptions?: string;
  readonly callerOptions?: string;
  /** What the caller exports, and its type. */
  readonly runs?: Readonly<Record<string, string>>;
}

const OPTIONS = "(memory $memory) (realloc $realloc)";

/** The callee, the caller that imports all of it as `c`, and both instantiated; the caller's exports are the component's. */
export function crossing(each: Crossing): string {
  const { types = "", exportedTypes = "", functions, callee, caller, calleeOptions = "", callerOptions = "" } = each;
  const { runs = { run: "(result u32)" } } = each;
  const names = Object.entries(functions);
  return `(component
    (component $C
      ${exportedTypes} ${LIBC} ${coreOf(callee, {})}
      ${names.map(([name, { type }]) => `(func (export "${name}") ${type} (canon lift (core func $main "${name}") ${OPTIONS} ${calleeOptions}))`).join("\n")})
    (component $D
      (import "c" (instance $c ${types} ${names.map(([name, { type }]) => `(export "${name}" (func ${type}))`).join("\n")}))
      ${LIBC}
      ${names.map(([name]) => `(core func $${name} (canon lower (func $c "${name}") ${OPTIONS} ${callerOptions}))`).join("\n")}
      ${coreOf(caller, Object.fromEntries(names.map(([name, { core }]) => [name, core])))}
      ${Object.entries(runs)
        .map(([name, type]) => `(func (export "${name}") ${type} (canon lift (core func $main "${name}") ${OPTIONS}))`)
        .join("\n")})
    (instance $c (instantiate $C))
    (instance $d (instantiate $D (with "c" (instance $c))))
    ${Object.keys(runs)
      .map((name) => `(func (export "${name}") (alias export $d "${name}"))`)
      .join("\n")})`;
}

function coreOf({ core, before = "", builtins = {} }: Side, imports: Readonly<Record<string, string>>): string {
  const all = Object.entries({ ...imports, ...builtins });
  return `${before}
    (core module $main (import "libc" "memory" (memory 1))
      ${all.map(([name, type]) => `(import "host" "${name}" (func $${name} ${type}))`).join("\n")} ${core})
    (core instance $main (instantiate $main (with "libc" (instance $libc))
      (with "host" (instance ${all.map(([name]) => `(export "${name}" (func $${name}))`).join(" ")}))))`;
}

const PAIR = { f: { type: "(result (tuple u32 u32))", core: "(param i32)" } };
const SPILLED = "(tuple u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32 u32)";
const run = (body: string): string => `(func (export "run") (result i32) ${body})`;
const must = (actual: string, wanted: number): string =>
  `(if (i32.ne ${actual} (i32.const ${wanted})) (then unreachable))`;

function passing(name: string, type: string, core: string, args: string): Composed {
  const text = crossing({
    functions: { f: { type: `(param "x" ${type})`, core: `(param ${core})` } },
    callee: { core: `(func (export "f") (param ${core}))` },
    caller: { core: run(`(call $f ${args}) (i32.const 1)`) },
  });
  return { name, text, calls: [["run", TRAP]] };
}

const LIES: readonly Composed[] = [
  {
    name: "alignment.wast: the callee's answer at an odd address",
    text: crossing({
      functions: PAIR,
      callee: { core: `(func (export "f") (result i32) (i32.const 1))` },
      caller: { core: run("(call $f (i32.const 8)) (i32.const 1)") },
    }),
    calls: [["run", TRAP]],
  },
  {
    name: "alignment.wast: the caller's place for it at an odd address",
    text: crossing({
      functions: PAIR,
      callee: { core: `(func (export "f") (result i32) (i32.const 0))` },
      caller: { core: run("(call $f (i32.const 1)) (i32.const 1)") },
    }),
    calls: [["run", TRAP]],
  },
  passing("alignment.wast: spilled arguments at an odd address", SPILLED, "i32", "(i32.const 1)"),
  passing("alignment.wast: a string from beyond memory", "string", "i32 i32", "(i32.const 0x80000000) (i32.const 1)"),
  passing("alignment.wast: a string that leaves memory", "string", "i32 i32", "(i32.const 65535) (i32.const 2)"),
  passing("numerics.wast: a surrogate", "char", "i32", "(i32.const 0xd800)"),
  passing("numerics.wast: the last surrogate", "char", "i32", "(i32.const 0xdfff)"),
  passing("numerics.wast: too large a char", "char", "i32", "(i32.const 0x110000)"),
  passing("variants.wast: a case beyond the last", "(option u32)", "i32 i32", "(i32.const 2) (i32.const 0)"),
];

const VALUES: readonly Composed[] = [
  {
    name: "numerics.wast: upper bits are dropped",
    text: crossing({
      functions: { u8: scalar("u8"), s8: scalar("s8"), u16: scalar("u16"), s16: scalar("s16"), bool: scalar("bool") },
      callee: {
        core: ["u8", "s8", "u16", "s16", "bool"]
          .map((name) => `(func (export "${name}") (param i32) (result i32) (local.get 0))`)
          .join("\n"),
      },
      caller: {
        core: run(`${must("(call $u8 (i32.const 0xff00))", 0)} ${must("(call $s8 (i32.const 0xff))", -1)}
          ${must("(call $u16 (i32.const 0xff0000))", 0)} ${must("(call $s16 (i32.const 0xffffff))", -1)}
          ${must("(call $bool (i32.const -1))", 1)} ${must("(call $bool (i32.const 0))", 0)} (i32.const 42)`),
      },
    }),
    calls: [["run", 42]],
  },
  {
    name: "realloc.wast: an empty list between components is allocated, too",
    text: crossing({
      functions: { f: { type: `(param "a" (list u8)) (result u32)`, core: "(param i32 i32) (result i32)" } },
      callee: { core: `(func (export "f") (param i32 i32) (result i32) (local.get 0))` },
      caller: { core: run("(call $f (i32.const 0) (i32.const 0))") },
    }),
    calls: [["run", 4096]],
  },
];

function scalar(type: string): { readonly type: string; readonly core: string } {
  return { type: `(param "x" ${type}) (result ${type})`, core: "(param i32) (result i32)" };
}

/** "h\u00f6" from UTF-16 to UTF-8. */
const TRANSCODED: Composed = {
  name: "transcode.wast: from UTF-16 to UTF-8",
  text: crossing({
    functions: { f: { type: `(param "s" string) (result u32)`, core: "(param i32 i32) (result i32)" } },
    callee: {
      core: `(func (export "f") (param i32 i32) (result i32) ${must("(local.get 1)", 3)} (i32.load (local.get 0)))`,
    },
    caller: { core: `(data (i32.const 16) "\\68\\00\\f6\\00") ${run("(call $f (i32.const 16) (i32.const 2))")}` },
    callerOptions: "string-encoding=utf16",
  }),
  calls: [["run", 0xb6c368]],
  deviates: {
    last: new Other("plugin-invalid-value"),
    why: "jco's script has no transcoders between components whose strings are encoded differently",
  },
};

const RESOURCE_TYPES = `(export "r" (type $r (sub resource)))`;
const DEFINES = {
  before: `(type $own (resource (rep i32))) (core func $new (canon resource.new $own)) (core func $drop (canon resource.drop $own))`,
  builtins: { new: "(param i32) (result i32)", drop: "(param i32)" },
};
const USES = {
  before: `(alias export $c "r" (type $r)) (core func $drop (canon resource.drop $r))`,
  builtins: { drop: "(param i32)" },
};

const R = {
  make: { type: `(param "n" u32) (result (own $r))`, core: "(param i32) (result i32)" },
  look: { type: `(param "x" (borrow $r)) (result u32)`, core: "(param i32) (result i32)" },
  both: { type: `(param "x" (borrow $r)) (param "y" (own $r))`, core: "(param i32 i32)" },
};

const R_CORE = `(func (export "make") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "look") (param i32) (result i32) (local.get 0))
  (func (export "both") (param i32 i32) (call $drop (local.get 1)))`;

function owning(name: string, body: string, gives: Value | Trap): Composed {
  const text = crossing({
    types: RESOURCE_TYPES,
    functions: R,
    callee: { ...DEFINES, core: R_CORE },
    caller: { ...USES, core: run(body) },
  })
    .replace("(component $C", `(component $C (type $own (resource (rep i32))) (export $r "r" (type $own))`)
    .replace(`(type $own (resource (rep i32))) (core func $new`, "(core func $new");
  return { name, text, calls: [["run", gives]] };
}

const HANDLES: readonly Composed[] = [
  owning(
    "borrows.wast: lent again and again, and numbers anew",
    `(local $h i32) (local.set $h (call $make (i32.const 65))) ${must("(local.get $h)", 1)}
     ${must("(call $look (local.get $h))", 65)} ${must("(call $look (local.get $h))", 65)}
     (call $both (local.get $h) (call $make (i32.const 66))) (call $drop (local.get $h)) (call $make (i32.const 67))`,
    1,
  ),
  owning(
    "borrows.wast: lent and given at once",
    `(local $h i32) (local.set $h (call $make (i32.const 65)))
     (call $both (local.get $h) (local.get $h)) (i32.const 0)`,
    TRAP,
  ),
  owning("handle-table.wast: lent though never had", "(call $look (i32.const 3))", TRAP),
  owning(
    "handle-table.wast: used after it was dropped",
    `(local $h i32) (local.set $h (call $make (i32.const 65)))
     (call $drop (local.get $h)) (call $look (local.get $h))`,
    TRAP,
  ),
  owning("handle-table.wast: dropped though never had", "(call $drop (i32.const 5)) (i32.const 0)", TRAP),
];

const FAMILY_CALLS =
  "the specification of August 2026 refuses calls between parent and child; jco 0.15 and Wasmtime 50 are older than that";

/** A child that calls its parent, and a parent that calls its child. */
const FAMILY: readonly Composed[] = [
  {
    name: "trap-on-reenter.wast: a parent that calls its child",
    text: `(component
      (component $Child (core module $m (func (export "f"))) (core instance $m (instantiate $m))
        (func (export "f") (canon lift (core func $m "f"))))
      (instance $child (instantiate $Child)) (core func $f (canon lower (func $child "f")))
      (core module $p (import "" "f" (func $f)) (func (export "g") (call $f)))
      (core instance $p (instantiate $p (with "" (instance (export "f" (func $f))))))
      (func (export "g") (canon lift (core func $p "g"))))`,
    calls: [["g", TRAP]],
    deviates: { last: null, why: FAMILY_CALLS, there: true },
  },
  {
    name: "trap-on-reenter.wast: a child that calls its parent",
    text: `(component
      (core module $m (func (export "f"))) (core instance $m (instantiate $m))
      (func $f (canon lift (core func $m "f")))
      (component $Child (import "f" (func $f)) (core func $lowered (canon lower (func $f)))
        (core module $c (import "" "f" (func $f)) (func (export "g") (call $f)))
        (core instance $c (instantiate $c (with "" (instance (export "f" (func $lowered))))))
        (func (export "g") (canon lift (core func $c "g"))))
      (instance $child (instantiate $Child (with "f" (func $f))))
      (alias export $child "g" (func $g)) (export "g" (func $g)))`,
    calls: [["g", TRAP]],
    deviates: { last: null, why: FAMILY_CALLS, there: true },
  },
];

export const COMPOSED: readonly Composed[] = [...LIES, ...VALUES, TRANSCODED, ...HANDLES, ...FAMILY];
