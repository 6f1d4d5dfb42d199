/**
 * The instructions of the register machine, one line each: operands, then what it does.
 *
 *   O1  An instruction is its number followed by its operands, each one Int32. A number is a line's place in the table:
 *       changing the order or the operands needs a new `IR_VERSION`.
 *   O2  Operand letters: `d a b c` registers; `n` a count of registers from the register before it; `k` a constant;
 *       `i` an immediate Int; `j` a jump target; `t` a type; `f` a function; `s` a site; `x` a native; `w` a foreign call.
 *   O3  Registers hold values of the type the checker proved; instructions do not look again.
 */

export const opcodes = {
  // --- Moving ---
  MOVE: "d a // d = a",
  CONST: "d k // d = constant k",
  INT: "d i // d = i",
  CHECK: "a k // raise unassigned (name k) when a holds nothing",
  // --- Numbers ---
  ADD_I: "d a b // d = a + b, Int",
  SUB_I: "d a b // d = a - b, Int",
  MUL_I: "d a b // d = a * b, Int",
  ADDK_I: "d a i // d = a + i, Int",
  FLOORDIV_I: "d a b // d = a div b",
  MOD_I: "d a b // d = a % b",
  POW_I: "d a b // d = a ^ b, Int",
  NEG_I: "d a // d = -a, Int",
  ADD_F: "d a b // d = a + b, Float",
  SUB_F: "d a b // d = a - b, Float",
  MUL_F: "d a b // d = a * b, Float",
  DIV_F: "d a b // d = a / b",
  POW_F: "d a b // d = a ^ b, Float",
  NEG_F: "d a // d = -a, Float",
  TO_FLOAT: "d a // d = Int a as a Float",
  TIME: "d a b i // d = a (operation i of Durations and Instants) b",
  ANY_ARITH: "d a b i // d = a (arithmetic i) b, of Anys",
  // --- Comparing; numbers are Int, Float, Duration, Instant in any mixture that the checker let through ---
  LT: "d a b // d = a < b, numbers",
  LE: "d a b // d = a <= b, numbers",
  LT_S: "d a b // d = a < b, Strings by scalar value",
  LE_S: "d a b // d = a <= b, Strings by scalar value",
  ORDER_ANY: "d a b i // d = a (comparison i) b, of Anys",
  EQ: "d a b t // d = a == b, both of type t",
  EQ_N: "d a b // d = a == b, numbers",
  EQ_P: "d a b // d = a == b, Bool or String",
  NOT: "d a // d = not a",
  // --- Jumping ---
  JUMP: "j // go to j",
  JT: "a j // if a",
  JF: "a j // if not a",
  JLT: "a b j // if a < b, numbers",
  JLE: "a b j // if a <= b, numbers",
  JNLT: "a b j // if not a < b, numbers",
  JNLE: "a b j // if not a <= b, numbers",
  JLTK: "a i j // if a < i",
  JLEK: "a i j // if a <= i",
  JGTK: "a i j // if a > i",
  JGEK: "a i j // if a >= i",
  JNLTK: "a i j // if not a < i",
  JNLEK: "a i j // if not a <= i",
  JNGTK: "a i j // if not a > i",
  JNGEK: "a i j // if not a >= i",
  JEQ: "a b j // if a == b, numbers",
  JNE: "a b j // if a != b, numbers",
  JEQK: "a i j // if a == i",
  JNEK: "a i j // if a != i",
  JNIL: "a j // if a is nil",
  JVAL: "a j // if a is not nil",
  // --- Data ---
  LIST: "d a n // d = a list (or tuple, or record) of n registers from a",
  LIST_NEW: "d // d = an empty list that APPEND may change",
  APPEND: "a b // put b at the end of list a, in place: a is a list nobody else can see",
  APPEND_OWN: "a b c // a = push(a, b); c tells whether list a is ours to change, and is true afterwards",
  MAP: "d a n // d = a map of n registers from a: keys and values in turn",
  PUT_OWN: "a b c // a = put(a, b, next register), c as in APPEND_OWN",
  COPY: "d a // d = a copy of the record a, for SET",
  SET: "d i a // field i of the fresh record d = a",
  CASE: "d i a // d = case i with payload a",
  TAG: "d a // d = index of the case a",
  PAYLOAD: "d a // d = payload of the case a",
  SOME: "d a // d = some(a), boxed",
  UNSOME: "d a // d = what is in the boxed some a",
  FIELD: "d a i // d = field i of record or tuple a",
  AT: "d a b // d = a[b] without a check, for loops",
  LEN: "d a // d = length of list a",
  ITEMS: "d a i // d = the list that `for` goes over: a is a list (0), a map (1), an Any (2)",
  INDEX: "d a b // d = list a at b",
  INDEX_MAP: "d a b t // d = map a at key b of type t",
  INDEX_ANY: "d a b // d = Any a at Any b",
  FIELD_ANY: "d a k // d = field k of Any a",
  FLAG: "d a i // d = bit i of flags a",
  ERROR_FIELD: "d a i // d = field i of error a",
  CLOSURE: "d f a n // d = function f with n captures from a",
  TEXT: "d a t // d = print form of a, of type t",
  CONCAT: "d a n // d = n Strings from a, joined",
  JOIN: "d a b // d = String a with String b",
  TO_ANY: "d a t // d = a of type t as an Any",
  FROM_ANY: "d a t // d = Any a as type t, checked",
  MAP_TO_LIST: "d a // d = the list of pairs of map a",
  LIST_TO_MAP: "d a // d = the map of the list of pairs a",
  NATIVE: "d x a n // d = native x of n registers from a",
  // --- Calls ---
  CALL: "d f a s // d = function f with arguments from a, in a scope of its own",
  CALL_SILENT: "d f a // the same for a function without sites: no scope",
  CALL_VALUE: "d a b n s // d = closure a with n arguments from b",
  RETURN: "a // leave the function with a",
  SCOPE: "s // enter the scope of a loop turn",
  UNSCOPE: "// leave it",
  // --- Failing ---
  RAISE: "a t // raise a of type t",
  ASSERT: "a k // raise assert with message a, condition text k",
  RETHROW: "a // raise the error a unchanged",
  TRY: "j d // until LEAVE, an error runs the undos, goes into d and jumps to j; j = -1: no catch",
  LEAVE: "// forget the innermost handler; undos are dropped",
  FINALLY: "j d // until LEAVE, whatever unwinds sets d to 1 and jumps to j, shielded",
  SHIELD: "d // begin the clean-up after a normal end (or jump d): shielded until END_FINALLY",
  END_FINALLY: "d // clean-up done: go on unwinding when d is 1",
  UNDO: "a // register closure a with the innermost TRY",
  TIMEOUT: "a s // arm a timer of a; until UNARM, its firing unwinds to here and raises timeout",
  UNARM: "// body done: disarm",
  RETRY:
    "a s // begin retrying, in a scope of its own: a… = times, backoff, within, fresh, attempt, since, error; asks for now when within is set",
  ATTEMPT: "j a // until LEAVE, an error goes into a+6 and jumps to j; the ordinals begin again unless a+3",
  BACKOFF: "d a // d = whether to try again: waits; raises a+6 when it is not to be retried",
  UNRETRY: "// leave the scope of RETRY",
  // --- The world ---
  FOREIGN: "d w a s // d = foreign call w with arguments from a",
  PRINT: "a s // print String a",
  EFFECT: "d i a n s // d = effect i of the prelude with n arguments from a",
  SPAWN: "d f a n s // d = task of function f with n arguments from a",
  AWAIT: "d a s // d = value of task a",
  SIGNAL: "d a b s // d = signal named a, at most for b (nil: for ever)",
  SHELL: "d a b s // d = result of commands a (list of lists of Strings) with input b",
  // --- Branches ---
  PARA: "d a n s // d = list of the values of n branches (closures from a)",
  RACE: "d a n s // d = value of the first of n branches to have one",
  PARA_FOR: "d a b c s // d = list of the values of closure b for each of list a, at most c at once (nil: all)",
} as const;

export type OpName = keyof typeof opcodes;

export interface Operation {
  readonly name: OpName;
  /** Kinds of the operands, by O2. */
  readonly operands: readonly string[];
  /** Cells it takes, its number included. */
  readonly size: number;
}

/** By number. */
export const operations: readonly Operation[] = Object.entries(opcodes).map(([name, text]) => {
  const operands = text.slice(0, text.indexOf("//")).trim().split(" ").filter(Boolean);
  return { name: name as OpName, operands, size: operands.length + 1 };
});

const numbers: ReadonlyMap<OpName, number> = new Map(operations.map((operation, number) => [operation.name, number]));

export function opNumber(name: OpName): number {
  return numbers.get(name) as number;
}

export const timeOps = [
  "add",
  "sub",
  "instant-sub",
  "add-duration",
  "sub-duration",
  "mul-int",
  "mul-float",
  "div-int",
  "div-float",
  "ratio",
] as const;
export type TimeOp = (typeof timeOps)[number];
export const anyOps = ["add", "sub", "mul", "pow", "div", "floor-div", "mod", "negate"] as const;
export type AnyOp = (typeof anyOps)[number];
export const orderOps = ["lt", "le", "gt", "ge"] as const;
export type OrderOp = (typeof orderOps)[number];
export const errorFields = [
  "code",
  "message",
  "value",
  "trace",
  "source",
  "branch",
  "suppressed",
  "trace-text",
] as const;
/** Effects of the prelude; log, emit and progress answer at once. */
export const preludeEffects = [
  "sleep",
  "sleep-until",
  "now",
  "random",
  "uuid",
  "webhook",
  "log",
  "emit",
  "progress",
] as const;
export type PreludeEffect = (typeof preludeEffects)[number];
