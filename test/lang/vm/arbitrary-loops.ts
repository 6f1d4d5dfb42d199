/**
 * Generates programs of loops that call foreign functions, in all the forms whose calls can be told ahead and in forms that
 * look like them, within whatever may surround a loop. What the functions do is in `loopGuest`.
 */
import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import type { WitFunction, WitType } from "../../../src/wit/types.ts";
import { CaseValue, ERR, OK } from "../../../src/wit/value.ts";
import type { Value } from "../../../src/wit/value.ts";
import { S32, STRING, witFunction } from "./run-foreign.ts";

const F64: WitType = { kind: "f64" };

export const loopFunctions: readonly WitFunction[] = [
  witFunction("f", [S32], S32),
  witFunction("half", [S32], F64),
  witFunction("keep", [S32], { kind: "bool" }),
  witFunction("g", [S32, STRING], { kind: "result", ok: S32, err: STRING }),
  witFunction("tick", [], null),
];

/** `f(13)` fails, and `g` answers err for every seventh number. */
export function loopGuest(fn: string, args: readonly Value[]): Value {
  const x = Number(args[0] ?? 0);
  switch (fn) {
    case "f":
      if (x === 13) throw new Fault("plugin-trapped", "thirteen", { source: "program" });
      return x * 2;
    case "half":
      return x / 2;
    case "keep":
      return x % 2 === 0;
    case "g":
      return x % 7 === 3 ? new CaseValue(ERR, `no ${x}`) : new CaseValue(OK, x + String(args[1]).length);
    default:
      return null;
  }
}

/** An Int of the element `x`, the constant `c` and the list `xs`; some fail for some elements. */
const argument: fc.Arbitrary<string> = fc.constantFrom(
  "x",
  "x + c",
  "x * c - 1",
  "c",
  "len(xs) - x",
  "12 div x",
  "xs[x]",
  "if (x > c) { x } else { c }",
  "sum(map(xs, |e| e + x))",
);

const loops: readonly ((a: string) => string)[] = [
  (a) => `for x in xs { f(${a}); }`,
  (a) => `for x in xs { y = f(${a}); }`,
  (a) => `for x in xs { x = f(${a}); }`,
  (a) => `for x in xs { out = push(out, f(${a})); }`,
  (a) => `for x in xs { out = out + [f(${a}), c]; }`,
  (a) => `for x in xs { m = put(m, x, f(${a})); }`,
  (a) => `for x in xs { z = z + half(${a}); }`,
  (a) => `for (i, x) in zip(range(len(xs)), xs) { y = f(${a} + i); }`,
  (a) => `for (k, x) in ["a": 1, "bc": 13, "d": 3] { last = try? g(${a}, k); }`,
  (a) => `for x in xs { g(${a}, "ab"); }`,
  (a) => `for x in xs { @here g(${a}, $"n{x}"); }`,
  () => `for x in xs { tick(); }`,
  (a) => `out = map(xs, |x| f(${a}));`,
  () => `out = map(xs, f);`,
  (a) => `out = map(xs, |x| seq { f(${a}) });`,
  (a) => `out = map(zip(xs, xs), |(w, x)| g(${a} + w, "q"));`,
  (a) => `out = filter(xs, |x| keep(${a}));`,
  (a) => `fs = map(xs, |x| half(${a})); print fs;`,
  (a) => `out = fold(xs, out, |all, x| push(all, f(${a})));`,
  // What must not be told ahead.
  () => `for x in xs { y = f(y + x); }`,
  (a) => `for x in xs { y = y + f(${a}); }`,
  (a) => `for x in xs { y = 100 div f(${a}); }`,
  (a) => `for x in xs { f(${a}); print x; }`,
  (a) => `for x in xs { if (x > 3) { break; } f(${a}); }`,
  (a) => `for x in xs { f(f(${a})); }`,
  (a) => `for x in xs { retry (times: 2, backoff: 1ms) { f(${a}); } }`,
  (a) => `for x in xs { try { f(${a}); } catch (e) { print e.code; } }`,
  (a) => `for x in xs { timeout (1h) { f(${a}); } }`,
];

const surroundings: readonly ((inner: string) => string)[] = [
  (s) => s,
  (s) => `try { ${s} } catch (e) { print e.code; print e.message; print e.trace; }`,
  (s) => `try { ${s} } finally { print "finally"; tick(); }`,
  (s) => `retry (times: 2, backoff: 1ms) { tick(); ${s} }`,
  (s) => `timeout (1h) { ${s} }`,
  (s) => `for q in [1, 2] { ${s} }`,
  (s) => `seq { ${s} }`,
  (s) => `if (c > 1) { ${s} } else { f(1); ${s} }`,
];

const statement: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...loops), argument, fc.constantFrom(...surroundings), fc.constantFrom(...surroundings))
  .map(([loop, a, inner, outer]) => outer(inner(loop(a))));

const header =
  'require f, half, keep, g, tick; y = 1; z = 0.0; out: [Int] = []; m: Map<Int, Int> = [:]; last = try? g(0, "");';
const footer = "print y; print z; print out; print m; print last;";

export const arbitraryLoops: fc.Arbitrary<string> = fc
  .record({
    xs: fc.array(fc.integer({ min: -2, max: 14 }), { maxLength: 24 }),
    c: fc.integer({ min: 0, max: 5 }),
    statements: fc.array(statement, { minLength: 1, maxLength: 4 }),
  })
  .map(({ xs, c, statements }) =>
    [header, `c = ${c}; xs: [Int] = [${xs.join(", ")}];`, ...statements, footer].join("\n"),
  );

/** Loops in branches beside each other, each with numbers of its own, and nothing that fails. */
export const arbitraryBranches: fc.Arbitrary<string> = fc
  .array(fc.tuple(fc.nat({ max: 20 }), fc.constantFrom("for", "map", "para", "sleepy")), { minLength: 2, maxLength: 5 })
  .map((branches) => {
    const parts = branches.map(([count, form], at) => {
      const list = `range(${(at + 2) * 100}, ${(at + 2) * 100 + count})`;
      if (form === "for") return `seq { r: [Int] = []; for x in ${list} { r = push(r, f(x)); } r };`;
      if (form === "map") return `map(${list}, f);`;
      if (form === "para") return `para for x in ${list} limit 3 { f(x) };`;
      return `seq { sleep(1ms); map(${list}, f) };`;
    });
    return `require f; print para { ${parts.join(" ")} };`;
  });
