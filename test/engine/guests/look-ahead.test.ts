/** B1–B4 and F4: loops of calls into another thread's guest cost a message for many calls, and nobody can tell. */
import { describe, expect, it } from "vitest";
import fc from "../../fast-check.ts";
import { Fault } from "../../../src/fault.ts";
import { LookAhead, Pace } from "../../../src/engine/guests/look-ahead.ts";
import type { FirstCall } from "../../../src/engine/guests/look-ahead.ts";
import type { ErrorValue } from "../../../src/lang/value.ts";
import type { EffectRequest } from "../../../src/lang/effect.ts";
import type { Instance } from "../../../src/host/plugin.ts";
import type { WitFunction } from "../../../src/wit/types.ts";
import type { Value } from "../../../src/wit/value.ts";
import { arbitraryBranches, arbitraryLoops, loopFunctions, loopGuest } from "../../lang/vm/arbitrary-loops.ts";
import { S32, STRING, witFunction } from "../../lang/vm/run-foreign.ts";
import { directInstance, DistantInstance, runStub, stubProgram } from "../stub-program.ts";
import type { Body, Ran } from "../stub-program.ts";

const ANY = {
  kind: "list",
  element: { kind: "u8" },
  alias: { interface: "sennit:host/values", name: "value" },
} as const;
const functions: readonly WitFunction[] = [
  ...loopFunctions,
  witFunction("any", [ANY], S32),
  witFunction("give", [S32], ANY),
  witFunction("text", [STRING], S32),
];

interface Seen extends Ran {
  readonly messages: readonly number[];
  readonly seen: readonly string[];
}

async function ran(
  text: string,
  options: { body?: Body; oneByOne?: boolean; signal?: AbortSignal } = {},
): Promise<Seen> {
  const instance = new DistantInstance(options.body ?? loopGuest);
  const program = stubProgram(text, functions, () => instance);
  const { result, lines } = await runStub(program, options);
  return { result, lines, messages: instance.messages, seen: instance.seen };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, n) => all + n, 0);

describe("a loop of calls", () => {
  it.each([
    ["for", "for x in range(14, 1014) { f(x); }"],
    ["for that keeps the answers", "r: [Int] = []; for x in range(14, 1014) { r = push(r, f(x)); } print sum(r);"],
    ["map", "print sum(map(range(14, 1014), |x| f(x)));"],
    ["map by name", "print sum(map(range(14, 1014), f));"],
    ["filter", "print len(filter(range(1000), |x| keep(x)));"],
  ])("by %s of a thousand elements is two messages: a few calls, then all others", async (_, text) => {
    const together = await ran(`require f, keep; ${text}`);
    const alone = await ran(`require f, keep; ${text}`, { oneByOne: true });

    expect(together.result.state).toBe("done");
    expect(together.messages).toEqual([16, 984]);
    expect(alone.messages).toEqual(Array.from({ length: 1000 }, () => 1));
    expect({ ...together, messages: null }).toEqual({ ...alone, messages: null });
  });

  it("again is one message for each thousand: how long a call takes is known by then", async () => {
    const { messages } = await ran(
      "require f; map(range(100, 1100), f); map(range(100, 1100), f); map(range(100, 1101), f);",
    );

    expect(messages).toEqual([16, 984, 1000, 1001]);
  });

  it("stops at the call that fails, and raises its error where it stands", async () => {
    const text = "require f;\nfor x in range(30) {\n  f(x);\n}";
    const { result, seen, messages } = await ran(text);
    const alone = await ran(text, { oneByOne: true });

    expect(result).toMatchObject({
      state: "failed",
      error: { code: "plugin-trapped", trace: [{ line: 3, column: 3 }] },
    });
    expect(result).toEqual(alone.result);
    expect(seen.at(-1)).toBe("f(13)");
    expect(messages).toEqual([16]);
  });

  it("stops at an err that is raised, and goes on at one that is taken", async () => {
    const raised = await ran('require g; for x in range(30) { g(x, ""); }');
    const taken = await ran('require g; r = map(range(30), |x| try? g(x, "")); print len(r);');

    expect((raised.result as { error: ErrorValue }).error).toMatchObject({ code: "failed", message: "no 3" });
    expect(raised.seen).toHaveLength(4);
    expect(taken.lines).toEqual(["30"]);
    expect(taken.seen).toHaveLength(30);
  });

  it("makes the calls before the one whose arguments fail, and no more", async () => {
    const own = await ran("require f; for x in [3, 2, 1, 0, 5] { f(6 div x); }");
    const crossing = await ran(
      'require any; xs = [1, 2]; for x in [json_decode("1"), |y: Int| y, json_decode("3")] { any(x); }',
    );

    expect(own.result).toMatchObject({ state: "failed", error: { code: "division-by-zero" } });
    expect(own.seen).toEqual(["f(2)", "f(3)", "f(6)"]);
    expect(own.messages).toEqual([3]);
    expect(crossing.seen).toHaveLength(1);
    expect(crossing.result.state).toBe("failed");
  });

  it("begins anew in the next attempt of a retry, though its calls have the ids of the last", async () => {
    let made = 0;
    const body: Body = (_, [x]) => ++made * 100 + Number(x);
    const text = `require f; n = 0;
      retry (times: 3, backoff: 1ms) { n = n + 1; print map(range(3), f); if (n < 3) { raise "again"; } }`;

    expect((await ran(text, { body })).lines).toEqual(["[100, 201, 302]", "[400, 501, 602]", "[700, 801, 902]"]);
  });

  it("sends no more in one message than a megabyte", async () => {
    const body: Body = (_, [x]) => (x as string).length;
    const text =
      'require text; big = join(map(range(100000), |i| "abc"), ""); print sum(map(range(20), |x| text(big .. x)));';
    const { messages, lines } = await ran(text, { body });

    expect(lines).toEqual([String(20 * 300_000 + 30)]);
    expect(Math.max(...messages)).toBe(4);
    expect(sum(messages)).toBe(20);
  });

  it("goes alone where an answer has to be read before it is one, which may fail", async () => {
    const body: Body = (_, [x]) => (x === 2 ? Uint8Array.of(255) : Uint8Array.of(Number(x)));
    const { result, seen, messages } = await ran("require give; for x in range(5) { give(x); }", { body });

    expect(result).toMatchObject({ state: "failed", error: { code: "plugin-invalid-value", source: "program" } });
    expect(seen).toEqual(["give(0)", "give(1)", "give(2)"]);
    expect(messages).toEqual([1, 1, 1]);
  });

  it("sends fewer when calls take long", async () => {
    let now = 0;
    const body: Body = () => {
      now += 4;
      return 0;
    };
    const instance = new DistantInstance(body);
    const program = stubProgram("require f; map(range(40), f);", functions, () => instance);
    await runStub(program, { ports: { clock: { now: () => now, sleep: async () => {} } } });

    expect(instance.messages).toEqual([16, 5, 5, 5, 5, 4]);
  });

  it("into a guest beside the VM is no message, and no effect", async () => {
    const seen: string[] = [];
    const instance = directInstance((fn, args) => {
      seen.push(fn);
      return loopGuest(fn, args);
    });
    const { lines } = await runStub(stubProgram("require f; print map(range(3), f);", functions, () => instance));

    expect(lines).toEqual(["[0, 2, 4]"]);
    expect(seen).toHaveLength(3);
  });
});

describe("generated programs", () => {
  const LONG: boolean = process.env["SENNIT_LONG"] !== undefined;

  it("of loops do the same, call by call, whether calls travel together or alone", async () => {
    let [together, alone] = [0, 0];
    await fc.assert(
      fc.asyncProperty(arbitraryLoops, async (text) => {
        const one = await ran(text, { oneByOne: true });
        const many = await ran(text);

        expect(sum(one.messages)).toBe(one.seen.length);
        expect({ ...many, messages: null }).toEqual({ ...one, messages: null });
        together += many.messages.length;
        alone += one.messages.length;
      }),
      { numRuns: LONG ? 5000 : 300, ...(LONG ? {} : { seed: 20261121 }) },
    );
    expect(together).toBeLessThan(alone * 0.7);
  }, 120_000);

  it("of loops beside each other give the same, each with its own calls in order", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryBranches, async (text) => {
        const one = await ran(text, { oneByOne: true });
        const many = await ran(text);

        expect(many.lines).toEqual(one.lines);
        expect(perBranch(many.seen)).toEqual(perBranch(one.seen));
      }),
      { numRuns: LONG ? 2000 : 100, ...(LONG ? {} : { seed: 20261121 }) },
    );
  }, 120_000);
});

/** The calls of each branch, in their order: `f(203)` is the second branch's. */
function perBranch(seen: readonly string[]): ReadonlyMap<string, readonly string[]> {
  return Map.groupBy(seen, (call) => call.slice(2, 3));
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A guest that makes a call only when the test lets it. */
function gated(): { readonly body: Body; readonly made: readonly string[]; readonly next: () => Promise<void> } {
  const made: string[] = [];
  const gates: (() => void)[] = [];
  const body: Body = (fn, [x]) => {
    made.push(`${fn}(${String(x)})`);
    return new Promise<Value>((resolve) => void gates.push(() => resolve(x as Value)));
  };
  const next = async (): Promise<void> => {
    while (gates.length === 0) await turn();
    gates.shift()!();
    await turn();
  };
  return { body, made, next };
}

describe("a loop that is given up", () => {
  it("by the run's cancellation begins no further call (B4)", async () => {
    const { body, made, next } = gated();
    const controller = new AbortController();
    const running = ran('require f; try { for x in range(10) { f(x); } } finally { print "out"; }', {
      body,
      signal: controller.signal,
    });
    await next();
    await next();
    controller.abort();
    const { result, lines } = await running;
    await next();
    await turn();

    expect(result.state).toBe("cancelled");
    expect(lines).toEqual(["out"]);
    expect(made).toEqual(["f(0)", "f(1)", "f(2)"]);
  });

  it("by a timeout or a race begins no further call, and a call after it finds the guest free again", async () => {
    const { body, made, next } = gated();
    let ring: () => void = () => {};
    const instance = new DistantInstance(body);
    const text = `require f, keep; try { timeout (1s) { map(range(10), f); } } catch (e) { print e.code; } print f(100);`;
    const clock = {
      now: () => 0,
      sleep: (_: number, signal: AbortSignal) =>
        new Promise<void>((resolve) => {
          ring = resolve;
          signal.addEventListener("abort", () => resolve());
        }),
    };
    const running = runStub(
      stubProgram(text, functions, () => instance),
      { ports: { clock } },
    );
    await next();
    ring();
    await turn();
    await next();
    await next();
    const { lines } = await running;

    expect(lines).toEqual(["timeout", "100"]);
    expect(made).toEqual(["f(0)", "f(1)", "f(100)"]);
  });

  it("by another branch's failure keeps no answer (B3)", async () => {
    const { lines, result } = await ran(`require f; n = 0;
      retry (times: 2, backoff: 1ms) { n = n + 1; para { map(range(5), f); seq { f(1); if (n < 2) { raise "no"; } } } }
      print map(range(3), f);`);

    expect(result.state).toBe("done");
    expect(lines).toEqual(["[0, 2, 4]"]);
  });
});

describe("LookAhead", () => {
  const effect = (id: string, attempt = 1): EffectRequest => ({
    id,
    attempt,
    site: "",
    file: "",
    line: 1,
    column: 1,
    request: { kind: "call", package: 0, function: "f", args: [] },
  });
  const coming = (ids: readonly string[]) => () => ({
    calls: ids.map((id) => ({ id, attempt: 1, args: [id] })),
    untilErr: false,
  });
  const first = (pace = new Pace()): FirstCall => ({
    effect: effect("a"),
    function: "f",
    args: ["a"],
    lower: (args) => args,
    pace,
    signal: new AbortController().signal,
  });
  const guest = (): Instance => new DistantInstance((_, [x]) => `${String(x)}!`);
  const clock = { now: () => 0, sleep: async () => {} };

  it("gives each answer once, to its own id and attempt, in order (B2)", async () => {
    const ahead = new LookAhead(coming(["b", "c", "d"]), clock);

    expect(await ahead.call(guest(), first())).toBe("a!");
    expect(ahead.take(effect("c"))).toBeNull();
    expect(ahead.take(effect("b", 2))).toBeNull();
    expect(ahead.take(effect("b"))).toEqual({ value: "b!" });
    expect(ahead.take(effect("b"))).toBeNull();
    expect(ahead.take(effect("c"))).toEqual({ value: "c!" });
  });

  it("drops the answers of a loop that was left (B3)", async () => {
    const ahead = new LookAhead(coming(["b", "c"]), clock);
    await ahead.call(guest(), first());

    ahead.settle(new Set(["a"]));
    expect(ahead.take(effect("b"))).not.toBeNull();
    ahead.settle(new Set(["a"]));
    expect(ahead.take(effect("c"))).toBeNull();
  });

  it("has nothing to do with an instance that takes one call at a time, or with a lone call", () => {
    const alone = directInstance(() => null);

    expect(new LookAhead(coming(["b"]), clock).call(alone, first())).toBeNull();
    expect(new LookAhead(coming([]), clock).call(guest(), first())).toBeNull();
  });

  it("raises what the first call raised, and what the message itself did", async () => {
    const failing = new DistantInstance(() => {
      throw new Fault("plugin-trapped", "gone");
    });
    const ahead = new LookAhead(coming(["b", "c"]), clock);

    await expect(ahead.call(failing, first())).rejects.toMatchObject({ code: "plugin-trapped" });
    expect(failing.seen).toHaveLength(1);
    const broken = { ...guest(), callMany: () => Promise.reject(new Fault("plugin-lost", "dead")) } as Instance;
    await expect(ahead.call(broken, first())).rejects.toMatchObject({ code: "plugin-lost" });
    expect(ahead.take(effect("b"))).toBeNull();
  });
});

describe("Pace", () => {
  it("aims at messages of twenty milliseconds, of at least one call and at most 1,024", () => {
    const after = (calls: number, milliseconds: number): number => {
      const pace = new Pace();
      pace.learn(calls, milliseconds);
      return pace.calls;
    };

    expect([after(16, 0), after(16, 20), after(16, 64), after(1, 60_000), after(100, 1)]).toEqual([
      1024, 16, 5, 1, 1024,
    ]);
  });

  it("after a slow call finds out again that calls are fast", () => {
    const pace = new Pace();
    pace.learn(1, 1000);
    expect(pace.calls).toBe(1);
    pace.learn(1, 0);
    expect(pace.calls).toBeGreaterThan(1);
  });
});

describe("calls asked for by the time every branch waits", () => {
  it.each([
    ["para for", "para for x in range(50) { f(x) };", [50]],
    ["para for with a limit", "para for x in range(7) limit 5 { f(x) };", [5, 2]],
    ["branches", "para { f(1); seq { f(2); f(3); } para { f(4); f(5); } };", [4, 1]],
    ["loops in branches", "para { map(range(9), f); map(range(9), f); };", [2]],
  ])("of %s reach the instance in one turn (F4)", async (_, text, expected) => {
    const turns: number[] = [];
    let open = false;
    const note = (): void => {
      if (!open) {
        open = true;
        turns.push(0);
        // Microtasks of the same turn come before.
        setImmediate(() => (open = false));
      }
      turns[turns.length - 1]!++;
    };
    class Noting extends DistantInstance {
      override call(fn: string, args: readonly Value[]): Promise<Value> {
        note();
        return super.call(fn, args);
      }
      override callMany(...all: Parameters<DistantInstance["callMany"]>): ReturnType<DistantInstance["callMany"]> {
        note();
        return super.callMany(...all);
      }
    }
    const instance = new Noting(loopGuest, turn);
    await runStub(stubProgram(`require f; f(1); ${text}`, functions, () => instance));

    expect(turns).toEqual([1, ...expected]);
  });
});
