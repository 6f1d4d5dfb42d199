/** Guests whose realloc or post-return misbehaves. */
import type { Value } from "../../../src/wit/value.ts";
import { guestText, hostKey } from "./guest.ts";
import { call, PAGE, TRAPPED, type Hostile } from "./hostile.ts";
import { BUILTINS, RESOURCE } from "./resource-text.ts";

interface Reallocating {
  readonly name: string;
  /** The body of realloc. */
  readonly body: string;
  readonly type: string;
  readonly value: Value;
  readonly gives: Hostile["gives"];
  readonly encoding?: string;
}

const SUM = `(func (export "f") (param $at i32) (param $length i32) (result i32) (local.get $length))`;

/** What realloc does while an argument is lowered, and while an import's answer is. */
function reallocating({ name, body, type, value, gives, encoding }: Reallocating): readonly Hostile[] {
  const options = encoding === undefined ? "" : `string-encoding=${encoding}`;
  const asArgument = guestText({
    realloc: body,
    core: SUM,
    exports: { f: { type: `(param "x" ${type}) (result u32)`, options } },
  });
  const asAnswer = guestText({
    host: `(export "ask" (func (result ${type})))`,
    imports: { ask: "(param i32)" },
    realloc: body,
    lower: options,
    core: `(func (export "f") (result i32) (call $ask (i32.const 64)) (i32.load (i32.const 68)))`,
    exports: { f: "(result u32)" },
  });
  return [
    { name: `realloc for an argument: ${name}`, component: asArgument, session: call("f", value), gives },
    {
      name: `realloc for an answer: ${name}`,
      component: asAnswer,
      session: { ...call("f"), answers: { [hostKey("ask")]: [value] } },
      gives,
    },
  ];
}

const WORD_LIST = { type: "(list u32)", value: [1, 2, 3] };
const GROW = `(local $page i32) (local.set $page (memory.grow (i32.const 1))) (i32.mul (local.get $page) (i32.const ${PAGE}))`;

/** Good at first, out of memory whenever something grows or shrinks. */
const BEYOND_WHEN_GROWN = `(select (i32.const ${PAGE - 2}) (i32.const -1) (i32.eqz (local.get $old)))`;

export const REALLOCS: readonly Hostile[] = [
  { name: "all ones", body: "(i32.const -1)", gives: TRAPPED, ...WORD_LIST } as const,
  { name: "aligned, at the last address", body: "(i32.const -4)", gives: TRAPPED, ...WORD_LIST } as const,
  { name: "an odd address", body: "(i32.const 2)", gives: TRAPPED, ...WORD_LIST } as const,
  { name: "an odd address for nothing", body: "(i32.const 2)", gives: TRAPPED, type: "(list u32)", value: [] } as const,
  { name: "beyond memory for nothing", body: "(i32.const -4)", gives: TRAPPED, type: "(list u32)", value: [] } as const,
  {
    name: "beyond memory for no bytes",
    body: "(i32.const -1)",
    gives: TRAPPED,
    type: "(list u8)",
    value: new Uint8Array(),
  } as const,
  { name: "too little left", body: `(i32.const ${PAGE - 8})`, gives: TRAPPED, ...WORD_LIST } as const,
  { name: "just enough left", body: `(i32.const ${PAGE - 12})`, gives: { value: 3 }, ...WORD_LIST } as const,
  { name: "the end of memory", body: `(i32.const ${PAGE})`, gives: TRAPPED, ...WORD_LIST } as const,
  {
    name: "the end of memory for nothing",
    body: `(i32.const ${PAGE})`,
    gives: { value: 0 },
    type: "(list u32)",
    value: [],
  } as const,
  { name: "the upper half", body: "(i32.const 0x80000000)", gives: TRAPPED, ...WORD_LIST } as const,
  { name: "address 0", body: "(i32.const 0)", gives: { value: 3 }, ...WORD_LIST } as const,
  { name: "a trap", body: "unreachable", gives: TRAPPED, ...WORD_LIST } as const,
  {
    name: "a page grown each time",
    body: GROW,
    gives: { value: 3 },
    type: "(list string)",
    value: ["a", "bc", "\u00e9"],
  } as const,
  {
    name: "the same address each time",
    body: "(i32.const 512)",
    gives: { value: 3 },
    type: "(list string)",
    value: ["a", "bc", ""],
  } as const,
  {
    name: "a trap at the second string",
    body: TRAP_AT(2),
    gives: TRAPPED,
    type: "(list string)",
    value: ["a", "bc"],
  } as const,
  {
    name: "endless recursion",
    body: "(call 0 (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))",
    gives: TRAPPED,
    ...WORD_LIST,
  } as const,
  { name: "utf8 beyond memory", body: "(i32.const -1)", gives: TRAPPED, type: "string", value: "abc" } as const,
  {
    name: "utf8, grown beyond memory",
    body: BEYOND_WHEN_GROWN,
    gives: TRAPPED,
    type: "string",
    value: "a\u00e9\u20ac",
  } as const,
  {
    name: "utf16 at an odd address",
    body: "(i32.const 3)",
    gives: TRAPPED,
    type: "string",
    value: "abc",
    encoding: "utf16",
  } as const,
  {
    name: "utf16 beyond memory",
    body: "(i32.const -2)",
    gives: TRAPPED,
    type: "string",
    value: "abc",
    encoding: "utf16",
  } as const,
].flatMap(reallocating);

function TRAP_AT(count: number): string {
  return `(global.set $next (i32.add (global.get $next) (i32.const 64)))
    (if (i32.ge_u (global.get $next) (i32.const ${4096 + 64 * (count + 1)})) (then unreachable)) (global.get $next)`;
}

/** After an answer was read. */
export const POST_RETURNS: readonly Hostile[] = [
  afterwards("traps", "unreachable", TRAPPED),
  afterwards("calls an import", "(call $take)", TRAPPED),
  afterwards("makes a resource", "(drop (call $new (i32.const 1)))", TRAPPED),
  afterwards("drops a resource", "(call $drop (global.get $made))", TRAPPED),
  afterwards("asks for a resource's representation", "(drop (call $rep (global.get $made)))", { value: 7 }),
  afterwards("recurses endlessly", "(call $post (i32.const 0))", TRAPPED),
  afterwards(
    "gets another value than was given",
    "(if (i32.ne (local.get $answer) (i32.const 7)) (then unreachable))",
    { value: 7 },
  ),
];

function afterwards(name: string, body: string, gives: Hostile["gives"]): Hostile {
  return {
    name: `post-return ${name}`,
    component: guestText({
      host: `(export "take" (func))`,
      imports: { take: "" },
      before: RESOURCE,
      builtins: BUILTINS,
      core: `(global $made (mut i32) (i32.const 0))
        (func (export "f") (result i32) (global.set $made (call $new (i32.const 9))) (i32.const 7))
        (func $post (export "post") (param $answer i32) ${body})`,
      exports: { f: { type: "(result u32)", options: `(post-return (core func $main "post"))` } },
    }),
    session: call("f"),
    gives,
  };
}
