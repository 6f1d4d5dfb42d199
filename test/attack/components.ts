/** Components written as text: what a compiler would never make. */
import { componentEmbed, componentNew, parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { Fault } from "../../src/fault.ts";
import type { Manifest } from "../../src/host/manifest.ts";
import type { InstanceOptions } from "../../src/host/plugin.ts";
import type { Value } from "../../src/wit/value.ts";
import { guestText, hostKey, type GuestText } from "../conformance/canonical/guest.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { WASI_TEXT } from "../host/wasi-text.ts";
import {
  contained,
  ended,
  everywhere,
  everywhereInTime,
  heavy,
  neverStarts,
  TRAPPED,
  type Attack,
  type Ending,
} from "./attack.ts";
import type { Stage } from "./stage.ts";

interface Core extends Partial<Omit<GuestText, "core">> {
  readonly limits?: Manifest["limits"];
  readonly options?: Partial<InstanceOptions>;
}

/** A component whose export `f` is called. */
function component(what: string, tries: string, ends: Ending, text: string | (() => string), more: Core = {}): Attack {
  return {
    id: `component/${what}`,
    language: "WAT",
    tries,
    ends,
    plays: async (stage) => {
      const bytes = await parse(typeof text === "string" ? text : text());
      return stage.call(packageOf(bytes, { limits: more.limits ?? {} }), "f", [], more.options);
    },
  };
}

/** The same, of one core module with memory. */
function core(what: string, tries: string, ends: Ending, body: string, more: Core = {}): Attack {
  const text = guestText({ exports: { f: "(result u32)" }, ...more, core: `(func (export "f") (result i32) ${body})` });
  return component(what, tries, ends, text, more);
}

const MEMORY: readonly Attack[] = [
  core(
    "memory-grow",
    "grows its memory until it may not, with a limit of 16 MiB",
    contained(/^256$/),
    "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) (memory.size)",
    { limits: { memory: 16 * 2 ** 20 } },
  ),
  core(
    "memory-grow-much",
    "grows its memory by 4 GiB at once",
    contained(/^4294967295$/),
    "(memory.grow (i32.const 65535))",
  ),
  component(
    "memory-initial",
    "starts with 4 GiB of memory",
    neverStarts("component-unsupported", "component-invalid", "memory-limit"),
    guestText({ pages: 65536, core: "", exports: {} }),
  ),
  core(
    "table-grow",
    "grows a table by four thousand million entries",
    contained(/^4294967295$/),
    "(table.grow $t (ref.null func) (i32.const -1))) (table $t 1 funcref) (func",
  ),
  core(
    "bulk-fill",
    "fills memory beyond its end",
    TRAPPED,
    "(memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (i32.const 0)",
  ),
  core(
    "recursion",
    "recurses without a limit",
    TRAPPED,
    "(call $deep)) (func $deep (result i32) (i32.add (call $deep) (i32.const 1))",
  ),
  component(
    "recursion-in-start",
    "recurses without a limit in its start function",
    neverStarts("plugin-trapped"),
    guestText({ core: "(start $deep) (func $deep (call $deep) (call $deep))", exports: {} }),
  ),
  component(
    "trap-in-start",
    "traps in its start function",
    neverStarts("plugin-trapped"),
    guestText({ core: "(start $no) (func $no unreachable)", exports: {} }),
  ),
  component(
    "claimed-list",
    "returns a list that claims four thousand million elements",
    TRAPPED,
    guestText({
      core: `(func (export "f") (result i32) (i32.store offset=4 (i32.const 0) (i32.const -1)) (i32.const 0))`,
      exports: { f: "(result (list u8))" },
    }),
  ),
  component(
    "aliased-lists",
    "returns lists that are one list many times",
    ended("value-too-large"),
    guestText({
      core: `(func (export "f") (result i32) (local $i i32)
        (loop $all (i32.store offset=4 (local.get $i) (i32.const 8000))
          (br_if $all (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 8))) (i32.const 64000))))
        (i32.const 0))`,
      exports: { f: "(result (list (list (list (list u8)))))" },
    }),
  ),
];

const CATCH_HOST = {
  host: `(export "tell" (func (param "x" u32) (result u32)))`,
  imports: { tell: "(param i32) (result i32)" },
};

/** Imports that refuse, and guests that will not hear of it. */
const CATCHING: readonly Attack[] = [
  core(
    "catch-all",
    "catches the refusal of an import, and calls it again and again",
    ended("not-granted"),
    `(local $n i32)
     (loop $again
       (block $caught (try_table (catch_all $caught) (drop (call $tell (i32.const 1)))))
       (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
     (i32.const 9)`,
    { ...CATCH_HOST, options: refusing() },
  ),
  core(
    "catch-all-ref",
    "keeps what an import threw, and throws it on",
    ended("not-granted"),
    `(block $caught (result exnref) (try_table (result exnref) (catch_all_ref $caught) (drop (call $tell (i32.const 1))) (ref.null exn)))
     (throw_ref)`,
    { ...CATCH_HOST, options: refusing() },
  ),
  component(
    "import-missing",
    "imports what nobody gives",
    neverStarts("link-failed"),
    `(component (import "acme:secret/vault@1.0.0" (instance (export "open" (func)))))`,
  ),
];

/** At L0 only: elsewhere a million calls are a million messages. */
const MANY_IMPORTS: Attack = core(
  "many-imports",
  "calls an import a million times",
  contained(/^1000000$/),
  `(local $n i32)
     (loop $again (drop (call $tell (local.get $n)))
       (br_if $again (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000000))))
     (local.get $n)`,
  { ...CATCH_HOST, options: { imports: new Map([[hostKey("tell"), { colour: "sync", call: () => 1 }]]) } },
);

/** An import that was not granted; asked a second time, it would fail the test. */
function refusing(): Partial<InstanceOptions> {
  const call = (): Value => {
    throw new Fault("not-granted", "`tell` was not granted");
  };
  return { imports: new Map([[hostKey("tell"), { colour: "sync", call }]]) };
}

/** Types and code that take long to check or to compile. */
const COMPILE: readonly Attack[] = [
  component("many-functions", "has 50,000 functions", contained(/^49999$/), () =>
    guestText({
      core: Array.from(
        { length: 50_000 },
        (_, at) => `(func ${at === 49_999 ? '(export "f")' : ""} (result i32) (i32.const ${at}))`,
      ).join("\n"),
      exports: { f: "(result u32)" },
    }),
  ),
  component("many-locals", "has a function of 60,000 locals", neverStarts("component-invalid"), () =>
    guestText({ core: `(func (local ${"i64 ".repeat(60_000)}))`, exports: {} }),
  ),
  component("deep-blocks", "nests 20,000 blocks", contained(/^7$/), () =>
    guestText({
      core: `(func (export "f") (result i32) ${"block ".repeat(20_000)} ${"end ".repeat(20_000)} (i32.const 7))`,
      exports: { f: "(result u32)" },
    }),
  ),
  component(
    "wide-types",
    "has a type of 2^40 parts in forty lines",
    neverStarts("component-invalid", "component-unsupported"),
    () =>
      typed(
        Array.from({ length: 40 }, (_, at) => `(type $t${at + 1} (tuple $t${at} $t${at}))`),
        40,
      ),
  ),
  component("deep-types", "has a type a thousand deep", neverStarts("component-invalid", "component-unsupported"), () =>
    typed(
      Array.from({ length: 1000 }, (_, at) => `(type $t${at + 1} (list $t${at}))`),
      1000,
    ),
  ),
  component(
    "many-cores",
    "has 100 core modules",
    neverStarts("component-unsupported", "component-invalid"),
    () =>
      `(component ${"(core module (memory 1))".repeat(100)} ${Array.from({ length: 100 }, (_, at) => `(core instance (instantiate ${at}))`).join(" ")})`,
  ),
  component("not-wasm", "is no component at all", neverStarts("not-a-component"), () => "(module)"),
];

function typed(types: readonly string[], last: number): string {
  return guestText({
    before: `(type $t0 (list u8)) ${types.join(" ")}`,
    core: `(func (export "f") (result i32) unreachable)`,
    exports: { f: `(result $t${last})` },
  });
}

/** What WASI would give elsewhere. `core` calls what it imports; the answer is a number. */
function wasi(what: string, tries: string, ends: Ending, imports: string, body: string): Attack {
  return { id: `wasi/${what}`, language: "WAT", tries, ends, plays: (stage) => wasiCall(stage, imports, body) };
}

/** What a component answers whose core module has these imports of WASI, and whose `f` this body. */
export async function wasiCall(
  stage: Stage,
  imports: string,
  body: string,
  options?: Partial<InstanceOptions>,
): Promise<string> {
  const text = `(module ${imports} (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
      (global.set $next (i32.add (local.get $at) (local.get 3))) (local.get $at))
    (func (export "f") (result i32) ${body}))`;
  const witSource = WASI_TEXT.replace("world w {", "world w { export f: func() -> u32;");
  const embedded = await componentEmbed({ binary: await parse(text), witSource, features: { tag: "all" } });
  return stage.call(packageOf(await componentNew(embedded)), "f", [], options);
}

const LISTED = (module: string, name: string): string =>
  `(import "wasi:${module}@0.2.3" "${name}" (func $ask (param i32)))`;
const LENGTH = "(call $ask (i32.const 16)) (i32.load (i32.const 20))";

const WASI: readonly Attack[] = [
  wasi(
    "environment",
    "lists the host's environment",
    contained(/^0$/),
    LISTED("cli/environment", "get-environment"),
    LENGTH,
  ),
  wasi("arguments", "lists the host's arguments", contained(/^0$/), LISTED("cli/environment", "get-arguments"), LENGTH),
  wasi(
    "initial-folder",
    "asks where the host works",
    contained(/^0$/),
    LISTED("cli/environment", "initial-cwd"),
    "(call $ask (i32.const 16)) (i32.load8_u (i32.const 16))",
  ),
  wasi(
    "preopens",
    "lists the folders that it was given",
    contained(/^0$/),
    LISTED("filesystem/preopens", "get-directories"),
    LENGTH,
  ),
  wasi(
    "exit",
    "ends the host's process",
    ended("plugin-trapped", "plugin-exited"),
    `(import "wasi:cli/exit@0.2.3" "exit" (func $exit (param i32)))`,
    "(call $exit (i32.const 1)) (i32.const 0)",
  ),
  wasi(
    "exit-code",
    "ends the host's process with a status",
    ended("plugin-trapped", "plugin-exited"),
    `(import "wasi:cli/exit@0.2.3" "exit-with-code" (func $exit (param i32)))`,
    "(call $exit (i32.const 9)) (i32.const 0)",
  ),
  wasi(
    "tcp",
    "makes a socket",
    contained(/^1$/),
    `(import "wasi:sockets/tcp-create-socket@0.2.3" "create-tcp-socket" (func $make (param i32 i32)))`,
    "(call $make (i32.const 0) (i32.const 16)) (i32.load8_u (i32.const 16))",
  ),
  wasi(
    "resolve",
    "resolves a name with a network that it forged",
    TRAPPED,
    `(import "wasi:sockets/ip-name-lookup@0.2.3" "resolve-addresses" (func $resolve (param i32 i32 i32 i32)))`,
    "(call $resolve (i32.const 7) (i32.const 0) (i32.const 1) (i32.const 16)) (i32.const 0)",
  ),
  wasi(
    "forged-descriptor",
    "closes a folder's handle that it never had",
    TRAPPED,
    `(import "wasi:filesystem/types@0.2.3" "[resource-drop]descriptor" (func $drop (param i32)))`,
    "(call $drop (i32.const 3)) (i32.const 0)",
  ),
  wasi(
    "random-bomb",
    "asks for four thousand million random bytes",
    TRAPPED,
    `(import "wasi:random/random@0.2.3" "get-random-bytes" (func $random (param i64 i32)))`,
    "(call $random (i64.const 4294967295) (i32.const 16)) (i32.const 0)",
  ),
];

export const COMPONENTS: readonly Attack[] = [
  ...MEMORY.map(everywhereInTime).map(heavy),
  ...[...CATCHING, ...WASI].map(everywhere),
  MANY_IMPORTS,
  ...COMPILE.map(heavy),
];
