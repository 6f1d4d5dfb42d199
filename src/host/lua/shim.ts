/**
 * A small module of our own beside the interpreter: steps of the codec that would cross from JavaScript several times, done in one
 * crossing and without bigints; and the way back, as a function that Lua can call.
 *
 *   S1  Access is raw, as in codec.ts: nothing here runs code of the guest.
 *   S2  A reader stops at the first element that is not plainly of its kind and says which: the codec looks at that one itself.
 */
import { type NumberKind, rangeOf } from "../../wit/numbers.ts";
import { type LuaApi, NUMBER, type Pointer, REGISTRY, STRING } from "./api.ts";
import { assemble, type Code, type Definition, type Signature, type Type, unsigned } from "./assemble.ts";
import {
  ABS_F64,
  ADD,
  AND,
  block,
  branch,
  branchIf,
  constant,
  constant64,
  DEMOTE,
  DROP,
  EQZ,
  EXTEND_S,
  EXTEND_U,
  GE_F64,
  GE_U,
  get,
  GT_U_64,
  loop,
  MULTIPLY,
  NE,
  NOT_A_NUMBER,
  PROMOTE,
  RETURN,
  set,
  SUBTRACT_64,
  tee,
  TRUNCATE_64,
  TWO_53,
  when,
} from "./instructions.ts";

/** The top of the stack is where the table or value lies that is worked on. */
export interface Shim extends Readonly<Record<`push-${NumberKind}`, PushNumbers>> {
  /** Pushes what the registry holds at a place. */
  readonly held: (thread: Pointer, place: number) => void;
  /** Pushes the field whose name the registry holds at a place, and answers its type. */
  readonly field: (thread: Pointer, place: number) => number;
  /** Pushes the element with a key, and answers its type. */
  readonly element: (thread: Pointer, key: number) => number;
  /** Takes the value off the top for an element of the table below it. */
  readonly setElement: (thread: Pointer, key: number) => void;
  /** Takes the value off the top, and sets the field of the table below it whose name the registry holds at a place. */
  readonly setField: (thread: Pointer, place: number) => void;
  readonly pushSafeInteger: (thread: Pointer, value: number) => void;
  /** The number on top; NaN also for what is no number. */
  readonly number: (thread: Pointer) => number;
  /** The bytes of the string on top, with their length at `length`; 0 for what is no string. */
  readonly text: (thread: Pointer, length: Pointer) => Pointer;
  /** The function that a closure in Lua calls: answers how many results it pushed. */
  readonly host: unknown;
}

/** Appends `count` numbers that lie in memory at `at` to the table on top, from the key `first` on. */
export type PushNumbers = (thread: Pointer, at: Pointer, count: number, first: number) => void;

/** Reads up to `count` elements into memory, from the key `first` on, and answers the key after the last that was read (S2). */
export type ReadNumbers = (thread: Pointer, at: Pointer, count: number, first: number, flag: Pointer) => number;

export type NumberLists = Readonly<Record<`read-${NumberKind}`, ReadNumbers>>;

const T = { i32: "i32", i64: "i64", f64: "f64" } as const satisfies Record<Type, Type>;
const { i32, i64, f64 } = T;

const IMPORTS: readonly Signature[] = [
  { name: "host", params: [i32], result: i32 },
  { name: "lua_type", params: [i32, i32], result: i32 },
  { name: "lua_isinteger", params: [i32, i32], result: i32 },
  { name: "lua_tonumberx", params: [i32, i32, i32], result: f64 },
  { name: "lua_tointegerx", params: [i32, i32, i32], result: i64 },
  { name: "lua_tolstring", params: [i32, i32, i32], result: i32 },
  { name: "lua_pushnumber", params: [i32, f64], result: null },
  { name: "lua_pushinteger", params: [i32, i64], result: null },
  { name: "lua_rawgeti", params: [i32, i32, i64], result: i32 },
  { name: "lua_rawseti", params: [i32, i32, i64], result: null },
  { name: "lua_rawget", params: [i32, i32], result: i32 },
  { name: "lua_rawset", params: [i32, i32], result: null },
  { name: "lua_rotate", params: [i32, i32, i32], result: null },
  { name: "lua_settop", params: [i32, i32], result: null },
];

const call = (name: string): Code => [0x10, unsigned(IMPORTS.findIndex((each) => each.name === name))];

const THREAD = get(0);
const POP: Code = [THREAD, constant(-2), call("lua_settop")];

/** Pushes what the registry holds at the place in local 1. */
const HELD: Code = [THREAD, constant(REGISTRY), get(1), EXTEND_S, call("lua_rawgeti"), DROP];

const STEPS: readonly Definition[] = [
  { name: "held", params: [i32, i32], result: null, locals: [], body: HELD },
  {
    name: "field",
    params: [i32, i32],
    result: i32,
    locals: [],
    body: [HELD, THREAD, constant(-2), call("lua_rawget")],
  },
  {
    name: "element",
    params: [i32, i32],
    result: i32,
    locals: [],
    body: [THREAD, constant(-1), get(1), EXTEND_U, call("lua_rawgeti")],
  },
  {
    name: "setElement",
    params: [i32, i32],
    result: null,
    locals: [],
    body: [THREAD, constant(-2), get(1), EXTEND_U, call("lua_rawseti")],
  },
  {
    name: "setField",
    params: [i32, i32],
    result: null,
    locals: [],
    body: [HELD, THREAD, constant(-2), constant(1), call("lua_rotate"), THREAD, constant(-3), call("lua_rawset")],
  },
  {
    name: "pushSafeInteger",
    params: [i32, f64],
    result: null,
    locals: [],
    body: [THREAD, get(1), TRUNCATE_64, call("lua_pushinteger")],
  },
  {
    name: "number",
    params: [i32],
    result: f64,
    locals: [],
    body: [
      [THREAD, constant(-1), call("lua_type"), constant(NUMBER), NE],
      when(NOT_A_NUMBER, RETURN),
      [THREAD, constant(-1), constant(0), call("lua_tonumberx")],
    ],
  },
  {
    name: "text",
    params: [i32, i32],
    result: i32,
    locals: [],
    body: [
      [THREAD, constant(-1), call("lua_type"), constant(STRING), NE],
      when(constant(0), RETURN),
      [THREAD, constant(-1), get(1), call("lua_tolstring")],
    ],
  },
];

interface Layout {
  readonly size: number;
  readonly load: Code;
  readonly store: Code;
}

/** How each kind lies in memory; loads leave what Lua takes, an i64 or an f64, and stores take that. */
const LAYOUTS: Readonly<Record<NumberKind, Layout>> = {
  s8: { size: 1, load: [0x30, 0, 0], store: [0x3c, 0, 0] },
  u8: { size: 1, load: [0x31, 0, 0], store: [0x3c, 0, 0] },
  s16: { size: 2, load: [0x32, 1, 0], store: [0x3d, 1, 0] },
  u16: { size: 2, load: [0x33, 1, 0], store: [0x3d, 1, 0] },
  s32: { size: 4, load: [0x34, 2, 0], store: [0x3e, 2, 0] },
  u32: { size: 4, load: [0x35, 2, 0], store: [0x3e, 2, 0] },
  s64: { size: 8, load: [0x29, 3, 0], store: [0x37, 3, 0] },
  u64: { size: 8, load: [0x29, 3, 0], store: [0x37, 3, 0] },
  f32: { size: 4, load: [0x2a, 2, 0, PROMOTE], store: [DEMOTE, 0x38, 2, 0] },
  f64: { size: 8, load: [0x2b, 3, 0], store: [0x39, 3, 0] },
};

export function sizeOf(kind: NumberKind): number {
  return LAYOUTS[kind].size;
}

const KINDS = Object.keys(LAYOUTS) as readonly NumberKind[];

function isFloat(kind: NumberKind): kind is "f32" | "f64" {
  return kind === "f32" || kind === "f64";
}

/** Locals of both: 1 the address, which moves; 2 the count; 3 the key, which moves. */
function advance(size: number): Code {
  return [get(1), constant(size), ADD, set(1), get(3), constant(1), ADD, set(3)];
}

function pusher(kind: NumberKind): Definition {
  const { size, load } = LAYOUTS[kind];
  const END = 4;
  return {
    name: `push-${kind}`,
    params: [i32, i32, i32, i32],
    result: null,
    locals: [i32],
    body: [
      [get(1), get(2), constant(size), MULTIPLY, ADD, set(END)],
      block(
        loop(
          [get(1), get(END), GE_U, branchIf(1)],
          [THREAD, get(1), load, call(isFloat(kind) ? "lua_pushnumber" : "lua_pushinteger")],
          [THREAD, constant(-2), get(3), EXTEND_U, call("lua_rawseti")],
          advance(size),
          branch(0),
        ),
      ),
    ],
  };
}

function reader(kind: NumberKind): Definition {
  const { size, store } = LAYOUTS[kind];
  const END = 5;
  const VALUE = 6;
  return {
    name: `read-${kind}`,
    params: [i32, i32, i32, i32, i32],
    result: i32,
    locals: [i32, isFloat(kind) ? f64 : i64],
    body: [
      [get(1), get(2), constant(size), MULTIPLY, ADD, set(END)],
      block(
        loop(
          [get(1), get(END), GE_U, branchIf(1)],
          [THREAD, constant(-1), get(3), EXTEND_U, call("lua_rawgeti")],
          [constant(NUMBER), NE, when(POP, branch(2))],
          isFloat(kind) ? takeFloat(VALUE) : takeInteger(kind, VALUE),
          [get(1), get(VALUE), store, POP],
          advance(size),
          branch(0),
        ),
      ),
      get(3),
    ],
  };
}

/** An integer beyond 2^53 may not be exactly a float: the codec looks. */
function takeFloat(value: number): Code {
  return [
    [THREAD, constant(-1), constant(0), call("lua_tonumberx"), tee(value)],
    [ABS_F64, TWO_53, GE_F64, THREAD, constant(-1), call("lua_isinteger"), AND],
    when(POP, branch(2)),
  ];
}

/** Of 64 bits, only what is an integer by itself; of fewer, also a float with an integral value. */
function takeInteger(kind: Exclude<NumberKind, "f32" | "f64">, value: number): Code {
  const FLAG = get(4);
  const { min, max } = rangeOf(kind);
  const whole: Code = [THREAD, constant(-1), FLAG, call("lua_tointegerx"), set(value)];
  if (kind === "s64" || kind === "u64") {
    return [[THREAD, constant(-1), call("lua_isinteger"), EQZ, when(POP, branch(2))], whole];
  }
  return [
    whole,
    [FLAG, 0x28, 2, 0, EQZ, when(POP, branch(2))],
    [get(value), constant64(Number(min)), SUBTRACT_64, constant64(Number(max) - Number(min)), GT_U_64],
    when(POP, branch(2)),
  ];
}

let compiled: WebAssembly.Module | undefined;

/** @param host serves the closures of Lua that end in `Shim.host` */
export function shimOf(api: LuaApi, host: (thread: Pointer) => number): Shim & NumberLists {
  compiled ??= new WebAssembly.Module(
    assemble({
      imports: IMPORTS,
      passedOn: ["host"],
      functions: [...STEPS, ...KINDS.map(pusher), ...KINDS.map(reader)],
    }),
  );
  const env = Object.assign(Object.create(api) as Record<string, unknown>, { host });
  const { exports } = new WebAssembly.Instance(compiled, { env });
  return exports as unknown as Shim & NumberLists;
}
