import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { type Component, decodeComponent } from "../../src/wit/decoder.ts";
import type { CoreItem, LinkPlan } from "../../src/wit/plan.ts";
import { functionsOf, type Resource } from "../../src/wit/types.ts";
import { EVERYTHING, fromWat, fromWit, leb, name, sections } from "./components.ts";

async function componentOf(wat: string): Promise<Component> {
  return decodeComponent(await fromWat(wat));
}

function planned({ plan }: Component): LinkPlan {
  if ("reason" in plan) throw new Error(`no plan: ${plan.reason}`);
  return plan;
}

async function reasonOf(wat: string): Promise<string> {
  const { plan } = await componentOf(wat);
  return "reason" in plan ? plan.reason : "there is a plan";
}

/** A core with a function `f` and a memory. */
const CORE = `(core module $m (memory (export "mem") 1) (func (export "f"))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
  (core instance $i (instantiate $m))`;

const item = (name: string, sort: "func" | "memory" | "table" | "global", instance = 0): CoreItem => ({
  kind: "export",
  instance,
  name,
  sort,
});

describe("decodeComponent() plans", () => {
  it("core modules by where they lie in the bytes", async () => {
    const bytes = await fromWat(`(component (core module (func (export "a"))) (core module (memory 3)))`);
    const { modules } = planned(decodeComponent(bytes));

    expect(modules).toHaveLength(2);
    for (const { start, end } of modules) {
      expect(WebAssembly.validate(bytes.slice(start, end))).toBe(true);
      expect(bytes.subarray(start, start + 4)).toEqual(Uint8Array.of(0x00, 0x61, 0x73, 0x6d));
    }
  });

  it("instances in order, with whole instances and single items as arguments", async () => {
    const plan = planned(
      await componentOf(`(component
        (core module $a (memory (export "mem") 1) (table (export "t") 1 funcref) (global (export "g") i32 (i32.const 1)))
        (core module $b (import "x" "mem" (memory 1)) (import "y" "t" (table 1 funcref)) (import "y" "h" (global i32)))
        (core instance $one (instantiate $a))
        (alias core export $one "g" (core global $g))
        (core instance $two (instantiate $b
          (with "x" (instance $one))
          (with "y" (instance (export "t" (table $one "t")) (export "h" (global $g)))))))`),
    );

    expect(plan.instances).toEqual([
      { module: 0, args: new Map() },
      {
        module: 1,
        args: new Map<string, unknown>([
          ["x", { kind: "instance", instance: 0 }],
          [
            "y",
            {
              kind: "items",
              items: new Map([
                ["t", item("t", "table")],
                ["h", item("g", "global")],
              ]),
            },
          ],
        ]),
      },
    ]);
  });

  it("an item that is taken out of items put together is the item itself", async () => {
    const plan = planned(
      await componentOf(`(component ${CORE}
        (core instance $bundle (export "again" (func $i "f")))
        (alias core export $bundle "again" (core func $f))
        (func (export "f") (canon lift (core func $f))))`),
    );

    expect(plan.exports.get("f")?.function).toEqual(item("f", "func"));
  });

  it("lifts with their options; two names may share one", async () => {
    const plan = planned(
      await componentOf(`(component ${CORE}
        (core module $n (func (export "g") (result i32) (i32.const 0)) (func (export "post") (param i32)))
        (core instance $j (instantiate $n))
        (func $g (result string) (canon lift (core func $j "g") string-encoding=utf16
          (memory (core memory $i "mem")) (realloc (core func $i "realloc")) (post-return (core func $j "post"))))
        (instance $api (export "g" (func $g)))
        (export "acme:x/api@1.0.0" (instance $api))
        (export "h" (func $g)))`),
    );
    const lift = plan.exports.get("h");

    expect(lift).toEqual({
      function: item("g", "func", 1),
      options: {
        encoding: "utf16",
        memory: item("mem", "memory"),
        realloc: item("realloc", "func"),
        postReturn: item("post", "func", 1),
      },
    });
    expect(plan.exports.get("acme:x/api@1.0.0#g")).toBe(lift);
  });

  it("lowered imports by their keys, and resources by those of the world", async () => {
    const { world, plan } = await componentOf(`(component
      (import "acme:x/things@1.0.0" (instance $t (export "thing" (type $r (sub resource))) (export "get" (func (param "x" (borrow $r))))))
      (import "log" (func $log (param "n" u32)))
      (alias export $t "thing" (type $thing))
      (alias export $t "get" (func $get))
      (core func $get' (canon lower (func $get)))
      (core func $log' (canon lower (func $log)))
      (core func $drop (canon resource.drop $thing))
      (core module $m (import "" "get" (func (param i32))) (import "" "log" (func (param i32))) (import "" "drop" (func (param i32))))
      (core instance (instantiate $m (with "" (instance
        (export "get" (func $get')) (export "log" (func $log')) (export "drop" (func $drop)))))))`);
    if ("reason" in plan) throw new Error(plan.reason);
    const thing = world.imports.interfaces.get("acme:x/things@1.0.0")?.types.get("thing") as Resource;

    expect(plan.functions).toMatchObject([
      { kind: "lower", key: "acme:x/things@1.0.0#get" },
      { kind: "lower", key: "log" },
      { kind: "resource-drop" },
    ]);
    expect(plan.functions[2]).toHaveProperty("resource", thing);
    expect((plan.functions[2] as { resource: Resource }).resource).toBe(thing);
    expect(plan.resources).toEqual([]);
    expect(plan.instances[0]?.args.get("")).toEqual({
      kind: "items",
      items: new Map(["get", "log", "drop"].map((each, index) => [each, { kind: "canon", index }])),
    });
  });

  it("functions through components that only hand them on, however deep", async () => {
    const { world, plan } = await componentOf(`(component
      (core module $m (func (export "dtor") (param i32)) (func (export "make") (result i32) (i32.const 0)))
      (core instance $i (instantiate $m))
      (type $r (resource (rep i32) (dtor (core func $i "dtor"))))
      (func $make (result (own $r)) (canon lift (core func $i "make")))
      (component $inner
        (import "r" (type $r (sub resource)))
        (import "make" (func $make (result (own $r))))
        (export $s "res" (type $r))
        (export "make" (func $make) (func (result (own $s)))))
      (component $outer
        (import "r" (type $r (sub resource)))
        (import "make" (func $make (result (own $r))))
        (instance $n (instantiate $inner (with "r" (type $r)) (with "make" (func $make))))
        (alias export $n "res" (type $res))
        (alias export $n "make" (func $again))
        (export $s "res" (type $res))
        (export "make" (func $again) (func (result (own $s)))))
      (instance $api (instantiate $outer (with "r" (type $r)) (with "make" (func $make))))
      (export "acme:x/api@1.0.0" (instance $api)))`);
    if ("reason" in plan) throw new Error(plan.reason);
    const resource = world.exports.interfaces.get("acme:x/api@1.0.0")?.types.get("res") as Resource;

    expect(plan.exports.get("acme:x/api@1.0.0#make")?.function).toEqual(item("make", "func"));
    expect(plan.resources).toEqual([{ resource, destructor: item("dtor", "func") }]);
    expect(plan.resources[0]?.resource).toBe(resource);
  });

  it("a resource that the world never shows", async () => {
    const plan = planned(
      await componentOf(`(component (type $r (resource (rep i32)))
        (core func $new (canon resource.new $r)) (core func $rep (canon resource.rep $r)))`),
    );

    expect(plan.functions.map((each) => each.kind)).toEqual(["resource-new", "resource-rep"]);
    expect(plan.resources[0]?.resource.name).toEqual({ interface: null, name: "resource" });
  });

  it("every export of what the toolchains make", () => {
    const samples = new URL("../../plugins/samples/", import.meta.url);
    const found = readdirSync(samples, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".wasm"));
    const reasons = found.map((path) => {
      const { world, plan } = decodeComponent(readFileSync(new URL(path, samples)));
      if ("reason" in plan) return plan.reason;
      expect([...plan.exports.keys()]).toEqual([...functionsOf(world.exports)].map(([key]) => key));
      return null;
    });

    expect(found.length).toBeGreaterThan(5);
    for (const [at, reason] of reasons.entries()) {
      expect([found[at], reason]).toEqual([
        found[at],
        found[at]?.includes("-js/") === true ? "it is composed of several components" : null,
      ]);
    }
  });
});

describe("decodeComponent() says why there is no plan", () => {
  const COMPOSED = "it is composed of several components";
  const IMPORT = `(import "f" (func $f))`;

  it.each([
    ["a component inside has a core", `(component (component $c (core module)) (instance (instantiate $c)))`, COMPOSED],
    [
      "a component inside lowers",
      `(component ${IMPORT} (component $c (import "f" (func $f)) (core func (canon lower (func $f))))
        (instance (instantiate $c (with "f" (func $f)))))`,
      COMPOSED,
    ],
    [
      "it lowers a function of its own",
      `(component ${CORE} (func $f (canon lift (core func $i "f"))) (core func (canon lower (func $f))))`,
      COMPOSED,
    ],
    [
      "it exports what it imports",
      `(component ${IMPORT} (export "g" (func $f)))`,
      "it exports a function that is not its own",
    ],
    [
      "an export is asynchronous",
      `(component ${CORE} (core func $r (canon task.return)) (func (export "f") async (canon lift (core func $i "f"))))`,
      "it has the built-in task.return",
    ],
    ["an import is asynchronous", `(component (import "f" (func async)))`, "f is asynchronous"],
    [
      "a value is a stream",
      `(component (type $s (stream u8)) (import "f" (func (param "x" (option (tuple u8 $s))))))`,
      "f has a value of type stream",
    ],
    [
      "an import is lowered asynchronously",
      `(component ${CORE} (import "f" (func $f (param "s" string))) (core func (canon lower (func $f) async (memory (core memory $i "mem")))))`,
      "it has a function with the option async",
    ],
    [
      "a core module is handed on",
      `(component (component $c (core module (export "m"))) (instance $i (instantiate $c)) (alias export $i "m" (core module)))`,
      COMPOSED,
    ],
    [
      "a built-in is another",
      `(component (core func (canon backpressure.inc)))`,
      "it has the built-in backpressure.inc",
    ],
  ])("%s", async (_, wat, reason) => {
    expect(await reasonOf(wat)).toBe(reason);
  });

  it("a world without code has nothing to link: what it exports is nobody's", async () => {
    const { plan } = decodeComponent(await fromWit(EVERYTHING, "w"));

    expect(plan).toHaveProperty("reason");
  });

  const FUNCTION_TYPE = [7, [1, 0x40, 0, 1, 0]] as const;

  it.each<[string, Uint8Array]>([
    ["a core module", sections([2, [1, 0, 5, 0]])],
    ["a core instance", sections([6, [1, 0, 0, 1, 9, ...name("f")]])],
    ["an item of a bundle", sections([2, [1, 1, 0]], [6, [1, 0, 0, 1, 0, ...name("f")]])],
    ["a core function", sections(FUNCTION_TYPE, [8, [1, 0, 0, 7, 0, 0]])],
    ["a function", sections([8, [1, 1, 0, 3, 0]])],
    ["a resource", sections([7, [1, 0x70, 0x7d]], [8, [1, 2, 0]])],
    ["a destructor", sections([7, [1, 0x3f, 0x7f, 1, 4]])],
    ["a memory", sections(FUNCTION_TYPE, [10, [1, 0, ...name("f"), 1, 0]], [8, [1, 1, 0, 0, 1, 3, 6]])],
  ])("%s that is not there: no plan, but a world (D3)", (_, bytes) => {
    expect(decodeComponent(bytes).plan).toEqual({ reason: "it refers to something that is not there" });
  });

  it("sections that a plan cannot have, and whose content nobody reads", () => {
    expect(decodeComponent(sections([9, [1, 2, 3]])).plan).toEqual({ reason: "it has a start function" });
    expect(decodeComponent(sections([12, leb(300)])).plan).toEqual({ reason: "it has values" });
  });
});
