import { describe, expect, it } from "vitest";
import { Fault } from "../../../src/fault.ts";
import type { Ir } from "../../../src/lang/ir/ir.ts";
import { Closure, Task } from "../../../src/lang/value.ts";
import { LATER } from "../../../src/lang/vm/host.ts";
import type { Outcome, VmHost } from "../../../src/lang/vm/host.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";
import { CaseValue, ERR, OK } from "../../../src/wit/value.ts";
import type { Value } from "../../../src/wit/value.ts";
import { record, replayEverywhere, shown } from "./replay.ts";
import { withFunctions } from "./run-foreign.ts";
import { compileText } from "./run-program.ts";

function start(text: string): { vm: Vm; ir: Ir } {
  const ir = compileText(text, withFunctions);
  return { vm: Vm.start(ir, 0, []), ir };
}

/** The id of the only request of this kind. */
function idOf(outcome: Outcome, kind: string): string {
  const found = outcome.requests.filter((asked) => asked.request.kind === kind);
  expect(found).toHaveLength(1);
  return found[0]!.id;
}

const answering = (ir: Ir, answer: (fn: string, args: readonly Value[]) => Value | typeof LATER): VmHost => ({
  callNow: (call, args) => answer(ir.calls[call]!.function, args),
});

describe("foreign calls", () => {
  it("are answered at once by the host, without a request", () => {
    const { vm, ir } = start("require double; print double(double(5));");
    const outcome = vm.run(answering(ir, (_, [x]) => (x as number) * 2));
    expect(outcome.state).toBe("done");
    expect(outcome.requests.map((asked) => asked.request.kind)).toEqual(["print"]);
    expect(shown(outcome)).toEqual(["20"]);
  });

  it("become requests when the host cannot answer now, and count the same either way", () => {
    const text = "require double; print double(1); print double(2);";
    const { vm, ir } = start(text);
    const first = vm.run();
    vm.deliver(idOf(first, "call"), { kind: "ok", value: 2 });
    const second = idOf(vm.run(), "call");
    const mixed = start(text).vm.run(answering(ir, (_, [x]) => (x === 1 ? 2 : LATER)));
    expect(idOf(mixed, "call")).toBe(second);
  });

  it("raise the err of a WIT result, with the case's name as code and the package as source (rule 49)", () => {
    const text = `require reserve, risky;
      try { reserve("x"); } catch (e) { print e.code; print e.message; print e.source; print e.value; }
      try { risky(); } catch (e) { print e.code; print e.message; }
      print try? reserve("y"); print reserve("z");`;
    const { vm, ir } = start(text);
    const host = answering(ir, (fn, [name]) => {
      if (fn === "risky") return new CaseValue(ERR, "boom");
      if (name === "x") return new CaseValue(ERR, new CaseValue(0, "no x left"));
      return name === "y" ? new CaseValue(ERR, new CaseValue(1, null)) : new CaseValue(OK, 7);
    });
    expect(shown(vm.run(host))).toEqual([
      "out-of-stock",
      "no x left",
      "program",
      'out_of_stock("no x left")',
      "failed",
      "boom",
      "err(closed)",
      "7",
    ]);
  });

  it("raise a thrown Fault, with the guest's frames before the workflow's", () => {
    const { vm, ir } = start(`require double;
function f() -> Int { double(1) }
try { f(); } catch (e) { print e.code; print e.source; print e.trace; }`);
    const frames = [{ function: "inner", file: "plugin.py", line: 3, column: 1 }];
    const outcome = vm.run(
      answering(ir, () => {
        throw new Fault("plugin-trapped", "it fell", { source: "acme:x", frames });
      }),
    );
    expect(shown(outcome)).toEqual([
      "plugin-trapped",
      "acme:x",
      "inner (plugin.py:3:1) [acme:x]\nf (test.sennit:2:23)\nmain (test.sennit:3:7)",
    ]);
  });

  it("give lists in typed arrays, which all list operations accept", () => {
    const { vm, ir } = start(`require numbers, floats; xs = numbers(); fs = floats();
      print xs; print xs[0] + 1; print sum(xs); print sort(xs); print xs == [1, 18446744073709551615];
      print map(fs, |f| f * 2.0); print push(fs, 1.0); print slice(fs, 1); print zip(xs, fs); for f in fs { print f; }`);
    const host = answering(ir, (fn) =>
      fn === "floats" ? Float64Array.of(1.5, -0) : BigUint64Array.of(1n, 2n ** 64n - 1n),
    );
    const overflow = vm.run(host);
    expect(shown(overflow)).toEqual(["[1, 18446744073709551615]", "2"]);
    expect(overflow.state === "failed" && overflow.error.code).toBe("overflow");
  });

  it("lists in typed arrays, without the overflow", () => {
    const { vm, ir } = start(`require numbers, floats; xs = numbers(); fs = floats();
      print sort(xs); print xs == [2, 1]; print map(fs, |f| f * 2.0); print push(fs, 1.0); print slice(fs, 1); print zip(xs, fs);
      for f in fs { print f; } print contains(xs, 2); print reverse(xs); print xs[-1]; print para for x in xs { x + 1 };`);
    const host = answering(ir, (fn) => (fn === "floats" ? Float64Array.of(1.5, -0) : BigInt64Array.of(2n, 1n)));
    expect(shown(vm.run(host))).toEqual([
      "[1, 2]",
      "true",
      "[3.0, -0.0]",
      "[1.5, -0.0, 1.0]",
      "[-0.0]",
      "[(2, 1.5), (1, -0.0)]",
      "1.5",
      "-0.0",
      "true",
      "[1, 2]",
      "1",
      "[3, 2]",
    ]);
  });
});

describe("callbacks", () => {
  const text = `require apply, double; k = 10; apply(|x: Int| double(x) + k); print "end";`;

  it("run a closure during the call that received it, in a scope of that call", () => {
    const { vm } = start(text);
    const asked = vm.run().requests[0]!;
    const closure = (asked.request as { args: readonly Value[] }).args[0] as Closure;
    expect(closure).toBeInstanceOf(Closure);
    const callback = vm.callback(asked.id, closure, [5]);
    const inner = vm.run();
    vm.deliver(idOf(inner, "call"), { kind: "ok", value: 100 });
    const answered = vm.run();
    expect(answered.callbacks).toEqual([{ call: asked.id, id: callback, answer: { kind: "ok", value: 110 } }]);
    vm.deliver(asked.id, { kind: "ok", value: null });
    expect(shown(vm.run())).toEqual(["end"]);
  });

  it("check their arguments", () => {
    const { vm } = start(text);
    const asked = vm.run().requests[0]!;
    const closure = (asked.request as { args: readonly Value[] }).args[0] as Closure;
    vm.callback(asked.id, closure, ["no number"]);
    const [answer] = vm.run().callbacks;
    expect(answer!.answer).toMatchObject({ kind: "error", error: { code: "type-mismatch" } });
    expect(() => vm.callback(asked.id, closure, [])).toThrow(expect.objectContaining({ code: "type-mismatch" }));
  });

  it("survive being encoded in the middle, and end with their call", () => {
    const { vm, ir } = start(text);
    const asked = vm.run().requests[0]!;
    const closure = (asked.request as { args: readonly Value[] }).args[0] as Closure;
    const callback = vm.callback(asked.id, closure, [5]);
    const inner = idOf(vm.run(), "call");
    const copy = Vm.decode(ir, vm.encode());
    copy.deliver(inner, { kind: "ok", value: 1 });
    expect(copy.run().callbacks.map((each) => each.id)).toEqual([callback]);
    vm.deliver(asked.id, { kind: "ok", value: null });
    const over = vm.run();
    expect(over.abandoned).toEqual([inner]);
    expect(() => vm.callback(asked.id, closure, [5])).toThrow(expect.objectContaining({ code: "cancelled" }));
  });
});

describe("cancelling a run", () => {
  it("abandons effects and runs clean-up, shielded", () => {
    const { vm } = start(
      `try { undo { print "undo"; sleep(1s); print "undone"; } sleep(9s); } finally { print "finally"; }`,
    );
    const sleep = idOf(vm.run(), "sleep");
    vm.cancel();
    const cleaning = vm.run();
    expect([cleaning.abandoned, shown(cleaning)]).toEqual([[sleep], ["undo"]]);
    vm.cancel(); // A second one changes nothing.
    vm.deliver(sleep, { kind: "ok", value: null }); // Nor does a late answer.
    expect(vm.run().state).toBe("waiting");
    vm.deliver(idOf(cleaning, "sleep"), { kind: "ok", value: null });
    const end = vm.run();
    expect([end.state, shown(end)]).toEqual(["cancelled", ["undone", "finally"]]);
  });

  it("reaches every branch, and timeouts inside clean-up still work", () => {
    const text = `para {
      try { sleep(9s); } finally { try { timeout (1s) { sleep(60s); } } catch (e) { print e.code; } }
      para for x in [1, 2] { try { sleep(9s); } finally { print x; } }
    }`;
    const ir = compileText(text);
    const transcript = record(ir, { cancelAt: 1e9 });
    expect([transcript.end, transcript.output]).toEqual(["cancelled", ["1", "2", "timeout"]]);
    replayEverywhere(ir, transcript);
  });

  it("tells the children that were not awaited", () => {
    const { vm } = start(`workflow w() { sleep(1s); } spawn w(); sleep(9s);`);
    const spawned = idOf(vm.run(), "spawn");
    const ok = { kind: "ok", value: compileTask() } as const;
    vm.deliver(spawned, ok);
    const sleep = idOf(vm.run(), "sleep");
    vm.cancel();
    expect(vm.run()).toMatchObject({ state: "cancelled", abandoned: [sleep, spawned] });
  });
});

function compileTask(): Value {
  return new Task("child");
}

describe("the schedule (V1)", () => {
  const text = `x = para { seq { sleep(1s); print "a"; 1 } seq { sleep(2s); print "b"; 2 } }; print x;`;

  it("takes deliveries one at a time, however many were given", () => {
    const { vm } = start(text);
    const [a, b] = vm.run().requests.map((asked) => asked.id);
    vm.deliver(b!, { kind: "ok", value: null });
    vm.deliver(a!, { kind: "ok", value: null });
    expect(shown(vm.run())).toEqual(["b", "a", "[1, 2]"]);
  });

  it("yields when the budget is spent, and goes on to the same end", () => {
    const ir = compileText(
      `i = 0; while (i < 1000) { i = i + 1; if (i % 250 == 0) { print i; } } print para { i; "x"; };`,
    );
    const whole = record(ir);
    for (const budget of [1, 7, 100]) expect(record(ir, { budget }).output).toEqual(whole.output);
    const vm = Vm.start(ir, 0, []);
    expect(vm.run(undefined, 10).state).toBe("yielded");
    expect(Vm.decode(ir, vm.encode()).run()).toMatchObject({ state: "done" });
  });

  it("loops without end can be stopped", () => {
    const { vm } = start("while (true) { }");
    expect(vm.run(undefined, 1000).state).toBe("yielded");
    vm.cancel();
    // A fiber that never waits is interrupted between two budgets.
    expect(vm.run(undefined, 1000).state).toBe("cancelled");
  });
});

describe("limits", () => {
  it("calls nest as deep as documented", () => {
    const ir = compileText(
      `function f(n: Int) -> Int { if (n == 0) { 0 } else { f(n - 1) + 1 } } print f(98); print f(99);`,
    );
    expect(record(ir, { limits: { frames: 100 } })).toMatchObject({ output: ["98"], end: "failed: stack-overflow" });
  });

  it("so many branches at once, unless a limit keeps them few", () => {
    const text = (limit: string): string => `print len(para for x in range(1000) ${limit} { sleep(1s); x });`;
    expect(record(compileText(text("")), { limits: { fibers: 100 } }).end).toBe("failed: out-of-range");
    expect(record(compileText(text("limit 8")), { limits: { fibers: 100 } }).output).toEqual(["1000"]);
  });

  it("a limit below one is refused", () => {
    expect(record(compileText("n = 0; para for x in [1] limit n { x };")).end).toBe("failed: out-of-range");
  });

  it("100,000 elements do not make 100,000 fibers when limited", () => {
    const ir = compileText("print len(para for x in range(100000) limit 4 { x * 2 });");
    expect(record(ir, { limits: { fibers: 10 } }).output).toEqual(["100000"]);
  });

  it("values too large for memory are an error of the program", () => {
    const ir = compileText(`s = "0123456789abcdef"; for i in range(40) { s = s + s; } print len(s);`);
    expect(record(ir).end).toBe("failed: out-of-range");
  });

  it("data nested without end is refused where it would be walked", () => {
    const ir = compileText(
      `a = json_decode("[]"); for i in range(2000) { xs: [Any] = [a]; a = xs; } print "built"; print a;`,
    );
    expect(record(ir)).toMatchObject({ output: ["built"], end: "failed: out-of-range" });
  });
});

describe("effect identity (rule 1)", () => {
  const ids = (text: string): string[] => {
    const ir = compileText(text, withFunctions);
    const vm = Vm.start(ir, 0, []);
    const found: string[] = [];
    for (;;) {
      const outcome = vm.run();
      found.push(...outcome.requests.map((asked) => asked.id));
      const waiting = outcome.requests.filter((asked) => asked.request.kind !== "print");
      if (outcome.state !== "waiting") return found;
      for (const asked of waiting) {
        const value = asked.request.kind === "call" ? 1 : true;
        vm.deliver(asked.id, { kind: "ok", value });
      }
    }
  };

  it("comments, moved lines and edits to other functions change nothing", () => {
    const text = "require double; function f() -> Int { double(1) } print f(); for i in [1, 2] { print double(i); }";
    const edited = `// a comment\nfunction g() -> Int { print "new"; 5 }\n\n${text.replaceAll("; ", ";\n\n  ")}`;
    expect(ids(edited)).toEqual(ids(text));
  });

  it("frames, loop turns, branches and lambda calls are scopes of their own", () => {
    const all = ids(`require double;
      function f(n: Int) -> Int { if (n == 0) { double(0) } else { f(n - 1) + double(n) } }
      f(3); f(3); for i in [1, 2, 3] { double(1); } i = 0; while (i < 3) { i = i + 1; double(1); }
      map([1, 2, 3], |x| double(x)); para { double(1); double(1); }; para for x in [1, 1] { double(x) };`);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(21);
  });

  it("an attempt of a retry asks for the same identity, with another number; fresh_key asks for a new one", () => {
    const program = (fresh: boolean): string =>
      `require double; n = 0; retry (times: 3, fresh_key: ${fresh}) { n = n + 1; double(1); if (n < 3) { raise "x"; } };`;
    const calls = (text: string): { id: string; attempt: number }[] => {
      const vm = Vm.start(compileText(text, withFunctions), 0, []);
      const found: { id: string; attempt: number }[] = [];
      for (let outcome = vm.run(); outcome.state === "waiting"; outcome = vm.run()) {
        for (const asked of outcome.requests) {
          if (asked.request.kind === "call") found.push({ id: asked.id, attempt: asked.attempt });
          vm.deliver(asked.id, { kind: "ok", value: asked.request.kind === "call" ? 2 : true });
        }
      }
      return found;
    };
    const same = calls(program(false));
    expect(same.map((call) => call.attempt)).toEqual([1, 2, 3]);
    expect(new Set(same.map((call) => call.id)).size).toBe(1);
    expect(new Set(calls(program(true)).map((call) => call.id)).size).toBe(3);
  });

  it("a label names the site, wherever it stands", () => {
    const first = ids("require double; @pay double(1);");
    const moved = ids("require double; print 1; if (true) { print 2; } @pay double(1);");
    expect(moved).toContain(first[0]);
    const twice = ids("require double; @pay double(1); @pay double(1);");
    expect(twice[0]).toBe(first[0]);
    expect(new Set(twice).size).toBe(2);
  });
});
