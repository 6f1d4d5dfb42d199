/** Guests whose answers and arguments are no values, or lie nowhere. */
import { CaseValue, OK } from "../../../src/wit/value.ts";
import { guestText, hostKey, pointed } from "./guest.ts";
import { call, INVALID, PAGE, single, TRAPPED, type Hostile } from "./hostile.ts";

const PAIR = "(result (tuple u32 u64))";

/** Answers that do not fit one core value: the pointer to them. */
const RESULT_POINTERS: readonly Hostile[] = [
  ...[1, 2, 4, 7, PAGE - 8, PAGE, PAGE + 8, 0x8000_0000, 0xffff_fff8, 0xffff_ffff].map((at) =>
    single(`an answer at ${at}`, PAIR, `(result i32) (i32.const ${at})`, TRAPPED),
  ),
  single("an answer at the very end", PAIR, `(result i32) (i32.const ${PAGE - 16})`, { value: [0, 0] }),
  single("an answer in memory that the call grew", "(result (list u8))", GROWN(), { value: Uint8Array.of(7, 0) }),
  single("an answer just beyond memory that the call grew", "(result (list u8))", GROWN(PAGE), TRAPPED),
];

function GROWN(more = 0): string {
  return `(result i32) (drop (memory.grow (i32.const 1))) (i32.store8 (i32.const ${PAGE}) (i32.const 7))
    ${pointed(PAGE + more, more + 2)}`;
}

/** Values of one core type that are none. */
const SCALARS: readonly Hostile[] = [
  single("a char of all ones", "(result char)", "(result i32) (i32.const -1)", INVALID),
  single(
    "a case of all ones",
    "(result (option u8))",
    "(result i32) (i32.store8 (i32.const 0) (i32.const 255)) (i32.const 0)",
    INVALID,
  ),
  single("a result without payloads, case 2", "(result (result))", "(result i32) (i32.const 2)", INVALID),
];

/** Traps of wasm itself. */
const TRAPS: readonly Hostile[] = [
  single("unreachable", "", "unreachable", TRAPPED),
  single("a load beyond memory", "(result u32)", "(result i32) (i32.load (i32.const -1))", TRAPPED),
  single("a division by zero", "(result u32)", "(result i32) (i32.div_u (i32.const 1) (i32.const 0))", TRAPPED),
  single(
    "endless recursion",
    "(result u32)",
    "(result i32) (call $deep)) (func $deep (result i32) (i32.add (call $deep) (i32.const 1))",
    TRAPPED,
  ),
];

/** Passes to an import, whose argument or answer's place is a lie. */
const IMPORTS: readonly Hostile[] = [
  ...[1, 2, 3, PAGE - 8, PAGE, 0x8000_0000, 0xffff_fff8].map((at) => answerAt(at, TRAPPED)),
  answerAt(PAGE - 16, { value: 7 }),
  passes("a char that is none", "char", "i32", "(i32.const 0xd800)", INVALID),
  passes("a string beyond memory", "string", "i32 i32", `(i32.const ${PAGE}) (i32.const 1)`, TRAPPED),
  passes("bytes beyond memory", "(list u8)", "i32 i32", `(i32.const 8) (i32.const ${PAGE - 7})`, TRAPPED),
  passes("a case that is none", "(option u8)", "i32 i32", "(i32.const 2) (i32.const 0)", INVALID),
];

/** Asks an import for a pair, to be put at an address. */
function answerAt(at: number, gives: Hostile["gives"]): Hostile {
  return {
    name: `an import's answer at ${at}`,
    component: guestText({
      host: `(export "ask" (func (result (tuple u32 u64))))`,
      imports: { ask: "(param i32)" },
      core: `(func (export "f") (result i32) (call $ask (i32.const ${at})) (i32.load (i32.const ${at})))`,
      exports: { f: "(result u32)" },
    }),
    session: { ...call("f"), answers: { [hostKey("ask")]: [[7, 8]] } },
    gives,
  };
}

function passes(name: string, type: string, core: string, args: string, gives: Hostile["gives"]): Hostile {
  return {
    name: `to an import: ${name}`,
    component: guestText({
      host: `(export "take" (func (param "x" ${type})))`,
      imports: { take: `(param ${core})` },
      core: `(func (export "f") (call $take ${args}))`,
      exports: { f: "" },
    }),
    session: call("f"),
    gives,
  };
}

/** An honest guest at the end, so that the frame itself is known to be good. */
const HONEST: readonly Hostile[] = [
  single(
    "an honest result",
    "(result (result u32))",
    `(result i32) (i32.store8 (i32.const 0) (i32.const 0)) (i32.store (i32.const 4) (i32.const 3)) (i32.const 0)`,
    {
      value: new CaseValue(OK, 3),
    },
  ),
];

export const HOSTILE_VALUES: readonly Hostile[] = [...RESULT_POINTERS, ...SCALARS, ...TRAPS, ...IMPORTS, ...HONEST];
