/** H1 and H2: what the VM says of calls that will come is what comes, and asking changes nothing. */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import type { Answer, EffectRequest } from "../../../src/lang/effect.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { decodeIr, encodeIr } from "../../../src/lang/ir/ir-codec.ts";
import { ErrorValue } from "../../../src/lang/value.ts";
import type { ComingCall } from "../../../src/lang/vm/ahead.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";
import { CaseValue, ERR } from "../../../src/wit/value.ts";
import type { WitFunction } from "../../../src/wit/types.ts";
import { arbitraryLoops, loopFunctions, loopGuest } from "./arbitrary-loops.ts";
import { record, replayEverywhere } from "./replay.ts";
import { S32, STRING, witFunction } from "./run-foreign.ts";
import { compileText, nothing } from "./run-program.ts";

const COUNTER = { kind: "resource", name: { interface: "a:b/c", name: "counter" } } as const;
const CALLBACK = { kind: "resource", name: { interface: "sennit:host/callback", name: "callback" } } as const;

const more: readonly WitFunction[] = [
  witFunction("make", [S32], { kind: "own", resource: COUNTER }),
  witFunction("eat", [{ kind: "own", resource: COUNTER }], null),
  witFunction("peek", [{ kind: "borrow", resource: COUNTER }, S32], S32),
  witFunction("apply", [{ kind: "own", resource: CALLBACK }, S32], S32),
  witFunction("say", [STRING], null),
];

function compiled(text: string): Ir {
  const functions = new Map([...loopFunctions, ...more].map((fn) => [fn.name, fn] as const));
  const ir = compileText(text, { ...nothing, functions });
  return decodeIr(encodeIr(ir));
}

function answerTo(fn: string, effect: EffectRequest): Answer {
  const { request } = effect;
  try {
    return { kind: "ok", value: request.kind === "call" ? loopGuest(fn, request.args) : null };
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return { kind: "error", error: new ErrorValue({ code: fault.code, message: fault.message }) };
  }
}

interface Told {
  /** Calls that were told before they came. */
  readonly told: number;
  readonly calls: number;
}

/** Runs a program of one branch, asks at each call for those to come, and holds the VM to it. */
function held(ir: Ir, most: number): Told {
  const vm = Vm.start(ir, 0, []);
  let expected: readonly ComingCall[] = [];
  let [told, calls] = [0, 0];
  for (;;) {
    const outcome = vm.run();
    if (outcome.state !== "waiting") return { told, calls };
    const pending = vm.pending().filter(({ request }) => request.kind !== "sleep");
    expect(pending.length).toBeLessThanOrEqual(1);
    const [effect] = pending;
    if (effect?.request.kind !== "call") {
      for (const { id } of vm.pending()) vm.deliver(id, { kind: "ok", value: true });
      expect(expected).toEqual([]);
      continue;
    }
    calls++;
    const [first, ...rest] = expected;
    if (first !== undefined) {
      told++;
      expect(effect).toMatchObject({ id: first.id, attempt: first.attempt, request: { args: first.args } });
    }
    const before = vm.encode();
    const ahead = vm.ahead(effect.id, most);
    expect(vm.ahead(effect.id, most)).toEqual(ahead);
    expect(vm.encode()).toEqual(before); // H1
    expect(ahead.calls.slice(0, rest.length)).toEqual(rest);
    const answer = answerTo(effect.request.function, effect);
    const isErr = answer.kind === "ok" && answer.value instanceof CaseValue && answer.value.index === ERR;
    expected = answer.kind === "error" || (isErr && ahead.untilErr) ? [] : ahead.calls;
    vm.deliver(effect.id, answer);
  }
}

/** The calls told at the first call of the program. */
function firstAhead(text: string, most = 100): readonly unknown[] {
  const vm = Vm.start(compiled(text), 0, []);
  const { requests } = vm.run();
  const call = requests.find(({ request }) => request.kind === "call")!;
  return vm.ahead(call.id, most).calls.map(({ args }) => args);
}

const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;

describe("calls to come", () => {
  it("of generated programs come as told, in their order and with their identities", () => {
    let [told, calls] = [0, 0];
    fc.assert(
      fc.property(arbitraryLoops, fc.integer({ min: 1, max: 30 }), (text, most) => {
        const result = held(compiled(text), most);
        told += result.told;
        calls += result.calls;
      }),
      { numRuns: LONG ? 5000 : 300, ...(LONG ? {} : { seed: 20261121 }) },
    );
    // The generator must not degenerate.
    expect(calls).toBeGreaterThan(3000);
    expect(told).toBeGreaterThan(calls / 3);
    expect(told).toBeLessThan(calls);
  }, 120_000);

  it("those programs, cut at every effect, go on to the same output (I3)", () => {
    const script = {
      call: (fn: string, args: Parameters<typeof loopGuest>[1]) => {
        try {
          return { value: loopGuest(fn, args) };
        } catch (fault) {
          return { value: fault as Fault };
        }
      },
    };
    fc.assert(
      fc.property(arbitraryLoops, (text) => {
        const ir = compiled(text);
        replayEverywhere(ir, record(ir, script));
      }),
      { numRuns: LONG ? 500 : 40, seed: 5 },
    );
  }, 120_000);

  it("are those of `for`, with the elements taken apart and other variables beside them", () => {
    expect(firstAhead("require f; c = 10; for x in [1, 2, 3] { f(x * c); }")).toEqual([[20], [30]]);
    expect(firstAhead('require g; for (k, (a, b)) in ["p": (1, 2), "q": (3, 4)] { g(a + b, k); }', 1)).toEqual([
      [7, "q"],
    ]);
    expect(firstAhead("require f; for x in [1, 2] { x = f(x); }")).toEqual([[2]]);
    expect(firstAhead("require tick; for x in range(4) { tick(); }")).toEqual([[], [], []]);
    expect(firstAhead("require f; r: [Int] = []; for x in [1, 2] { r = push(r, f(len([x, x]))); }")).toEqual([[2]]);
    expect(firstAhead('require say; for x in [1, 2] { say($"n{x}"); }')).toEqual([["n2"]]);
  });

  it("are those of `map` and `filter`, by a lambda or the function itself", () => {
    expect(firstAhead("require f; c = 2; print map([1, 2, 3], |x| f(x + c));")).toEqual([[4], [5]]);
    expect(firstAhead("require f; print map([1, 2, 3], f);")).toEqual([[2], [3]]);
    expect(firstAhead("require keep; print filter([1, 2, 3], |x| keep(x));")).toEqual([[2], [3]]);
    expect(
      firstAhead("require f; function h(k: fn(Int) -> Int) -> [Int] { map([7, 8], k) } print h(|x| f(-x));"),
    ).toEqual([[-8]]);
  });

  it("end before the first whose arguments cannot be made, or take too long (H2)", () => {
    expect(firstAhead("require f; for x in [1, 2, 0, 3] { f(6 div x); }")).toEqual([[3]]);
    const slow = "require f; for x in range(100) { f(len(filter(range(x * 10), |y| y % 2 == 0))); }";
    const some = firstAhead(slow);
    expect(some.length).toBeGreaterThan(5);
    expect(some.length).toBeLessThan(99);
  });

  it.each([
    ["the next arguments depend on an answer", "y = 0; for x in [1, 2] { y = f(y); }"],
    ["an answer may fail", "y = 0; for x in [1, 2] { y = y + f(x); }"],
    ["the loop may be left", "for x in [1, 2] { if (x > 1) { break; } f(x); }"],
    ["something else happens", "for x in [1, 2] { f(x); print x; }"],
    ["the arguments do more than give a value", "y = 0; for x in [1, 2] { f(seq { y = x; y }); }"],
    ["the arguments may leave the loop", "for x in [1, 2] { f(seq { if (x > 1) { break; } x }); }"],
    [
      "what is done with an answer may fail",
      "m: Map<Int, Int> = [:]; if (len([1]) > 1) { q = 1; } for x in [1, 2] { m = put(m, f(x), q); }",
    ],
    ["there are two calls", "for x in [1, 2] { f(f(x)); }"],
    ["there is a handler", "for x in [1, 2] { try { f(x); } catch (e) { } }"],
    ["there is a retry", "for x in [1, 2] { retry (times: 2) { f(x); } }"],
    ["the arguments have effects", "for x in [1, 2] { f(int(random() * 10.0) + x); }"],
    ["there is no loop", "f(1); f(2);"],
    ["it is a branch's own", "para for x in [1, 2] { f(x) };"],
    ["it is no `for`", "n = 0; while (n < 2) { n = f(n); }"],
    ["a fold feeds them", "fold([1, 2], 0, |all, x| f(all + x));"],
    ["a core call is another instance's", "for x in [1, 2] { =f=(x); }"],
    ["a handle is given away", "require make, eat; c = make(1); for x in [1, 2] { eat(c); }"],
    ["a handle is made", "require make; for x in [1, 2] { make(x); }"],
    ["a function is lent", "require apply; for x in [1, 2] { apply(|y: Int| y, x); }"],
  ])("are not told when %s", (_, text) => {
    const ir = compiled(`require f; ${text}`);
    expect(ir.functions.flatMap((fn) => fn.ahead).filter(({ peek }) => peek >= 0)).toEqual([]);
  });

  it.each([
    ["a place that is no instruction", { pc: 1 }],
    ["a place that is no call", { pc: 0 }],
    ["a list in no register", { list: 4000 }],
    ["half a loop", { at: -1 }],
    ["no function", { peek: 99 }],
    ["none where there is a call", { peek: -1 }],
    ["a function of the program, with effects", { peek: 0 }],
    ["a function of too few parameters", { peek: 2 }],
  ])("are not read from IR that gives them %s", (_, wrong) => {
    const ir = compiled(
      "require f; function id(n: Int) -> Int { n } for x in [1, 2] { f(x); } print map([1], |x| id(x));",
    );
    const [main, ...rest] = ir.functions;
    const [entry] = main!.ahead;
    const changed = { ...ir, functions: [{ ...main!, ahead: [{ ...entry!, ...wrong }] }, ...rest] };

    expect(entry).toMatchObject({ peek: 3 });
    expect(() => decodeIr(encodeIr(changed))).toThrow(expect.objectContaining({ code: "malformed" }));
    expect(decodeIr(encodeIr(ir)).functions).toEqual(ir.functions);
  });

  it("may be given a handle to look at", () => {
    const ir = compiled("require make, peek; c = make(1); for x in [1, 2] { peek(c, x); }");
    expect(ir.functions.flatMap((fn) => fn.ahead)).toHaveLength(1);
  });

  it("may be asked for in the middle of a computation, whose timers are looked at all the same", () => {
    const text = "require f; timeout (1h) { para { for x in [1, 2] { f(x); } seq { while (true) { } } } }";
    const vm = Vm.start(compiled(text), 0, []);
    const outcome = vm.run(undefined, 200);
    const [timer, call] = outcome.requests;

    expect(outcome.state).toBe("yielded");
    expect(vm.ahead(call!.id, 9).calls).toHaveLength(1);
    vm.deliver(timer!.id, { kind: "ok", value: null });
    expect(vm.run(undefined, 200).abandoned).toEqual([call!.id]);
  });

  it("are none for an effect that is no call of a loop, or is answered", () => {
    const vm = Vm.start(compiled("require f; timeout (1h) { for x in [1, 2] { f(x); } }"), 0, []);
    const [timer, call] = vm.run().requests;
    expect(vm.ahead(timer!.id, 9).calls).toEqual([]);
    expect(vm.ahead("no such", 9).calls).toEqual([]);
    expect(vm.ahead(call!.id, 0).calls).toEqual([]);
    expect(vm.ahead(call!.id, 9).calls).toHaveLength(1);
    vm.deliver(call!.id, { kind: "ok", value: 1 });
    vm.run();
    expect(vm.ahead(call!.id, 9).calls).toEqual([]);
  });
});
