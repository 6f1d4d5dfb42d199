/** Variables that are given new values while every branch waits. */
import { describe, expect, it } from "vitest";
import { isAtRest } from "../../../src/lang/vm/rewrite.ts";
import { Vm } from "../../../src/lang/vm/vm.ts";
import type { Outcome } from "../../../src/lang/vm/host.ts";
import { Defect } from "../../../src/fault.ts";
import { checkText, compileText } from "./run-program.ts";

function registerOf(text: string, name: string): number {
  const local = checkText(text).functions[0]?.locals.find((each) => each.name === name);
  if (local === undefined) throw new Error(`no ${name}`);
  return local.index;
}

/** Goes on with an answer to the only thing that is waited for. */
function answered(vm: Vm): Outcome {
  const [effect] = vm.pending();
  if (effect !== undefined) vm.deliver(effect.id, { kind: "ok", value: "yes" });
  return vm.run();
}

describe("Vm.rewrite()", () => {
  it("gives a variable a value, and a growing list is its variable's own no more (W3)", () => {
    const text = 'xs: [Int] = []; xs = push(xs, 1); x = wait signal("go"); xs = push(xs, 2); xs;';
    const vm = Vm.start(compileText(text), 0, []);
    vm.run();
    const given = [7, 8];
    vm.rewrite([{ register: registerOf(text, "xs"), value: given }]);
    const copy = Vm.decode(compileText(text), vm.encode());

    expect(answered(vm)).toMatchObject({ state: "done", value: [7, 8, 2] });
    expect(given).toEqual([7, 8]);
    copy.run();
    expect(answered(copy)).toMatchObject({ state: "done", value: [7, 8, 2] });
  });

  it("reaches the main function below the calls that go on", () => {
    const text = 'workflow w() -> Int { x = wait signal("go"); 1 } n = 1; k = w(); n + k;';
    const vm = Vm.start(compileText(text), 0, []);
    vm.run();
    vm.rewrite([{ register: registerOf(text, "n"), value: 41 }]);
    expect(answered(vm)).toMatchObject({ state: "done", value: 42 });
  });

  it("changes nothing when something is no variable (W2), and is not for a VM that computes (W1)", () => {
    const text = 'n = 1; x = wait signal("go"); n;';
    const vm = Vm.start(compileText(text), 0, []);
    expect(isAtRest(vm.state)).toBe(false);
    expect(() => vm.rewrite([])).toThrow(Defect);
    vm.run();
    expect(isAtRest(vm.state)).toBe(true);
    const good = { register: registerOf(text, "n"), value: 5 };
    for (const register of [-1, 1.5, 10_000, Number.NaN]) {
      expect(() => vm.rewrite([good, { register, value: 1 }])).toThrow("no variable");
    }
    expect(answered(vm)).toMatchObject({ state: "done", value: 1 });
    expect(() => vm.rewrite([good])).toThrow(Defect);
  });
});
