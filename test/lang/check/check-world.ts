/** The packages, files and functions that the checker's case files may require. */
import type { CheckEnvironment } from "../../../src/lang/check/check.ts";
import type { Field, Resource, WitFunction, WitInterface, WitType, World, WorldSide } from "../../../src/wit/types.ts";

const f64: WitType = { kind: "f64" };
const s32: WitType = { kind: "s32" };
const u64: WitType = { kind: "u64" };
const string: WitType = { kind: "string" };
const bool: WitType = { kind: "bool" };
const bytes: WitType = { kind: "list", element: { kind: "u8" } };
const anyValue: WitType = { ...bytes, alias: { interface: "sennit:host/values@0.1.0", name: "value" } };
const duration: WitType = { kind: "u64", alias: { interface: "wasi:clocks/monotonic-clock@0.2.3", name: "duration" } };

function list(element: WitType): WitType {
  return { kind: "list", element };
}

function fn(name: string, params: Record<string, WitType>, result: WitType | null): WitFunction {
  return { name, shape: "function", resource: null, params: fields(params), result, async: false };
}

function fields(of: Record<string, WitType>): Field[] {
  return Object.entries(of).map(([name, type]) => ({ name, type }));
}

function named<T extends { readonly name: string }>(all: readonly T[]): Map<string, T> {
  return new Map(all.map((one) => [one.name, one]));
}

const nothing: WorldSide = { interfaces: new Map(), functions: new Map(), types: new Map() };

function world(exports: Partial<WorldSide>, imports: Partial<WorldSide> = {}): World {
  return { imports: { ...nothing, ...imports }, exports: { ...nothing, ...exports } };
}

const parseError: WitType = {
  kind: "variant",
  name: { interface: null, name: "parse-error" },
  cases: [
    { name: "empty", type: null },
    { name: "bad-text", type: string },
  ],
};

const stats = world({
  types: new Map([["parse-error", parseError]]),
  functions: named([
    fn("mean", { xs: list(f64) }, f64),
    fn("stdev", { xs: list(f64) }, f64),
    fn("histogram", { xs: list(f64), "bin-count": s32 }, list({ kind: "tuple", items: [string, s32] })),
    fn("total", { weights: list({ kind: "tuple", items: [string, f64] }) }, f64),
    fn("parse", { text: string }, { kind: "result", ok: f64, err: parseError }),
    fn("check-all", { xs: list(f64) }, { kind: "result", ok: null, err: string }),
    fn("get-URL", {}, string),
    fn("maybe", { x: { kind: "option", some: f64 } }, { kind: "option", some: f64 }),
    fn("keep", { v: anyValue }, anyValue),
    fn("pause", { d: duration, n: u64 }, duration),
  ]),
});

const point: WitType = {
  kind: "record",
  name: { interface: "acme:shapes/geometry@1.0.0", name: "point" },
  fields: fields({ x: f64, y: f64 }),
};
const shape: WitType = {
  kind: "variant",
  name: { interface: "acme:shapes/geometry@1.0.0", name: "shape" },
  cases: [
    { name: "dot", type: null },
    { name: "circle", type: f64 },
  ],
};
const geometry: WitInterface = {
  id: "acme:shapes/geometry@1.0.0",
  types: new Map<string, WitType | Resource>([
    ["point", point],
    ["shape", shape],
  ]),
  functions: named([
    fn("centre", { points: list(point) }, point),
    fn("area", { of: shape }, f64),
    fn("name", {}, string),
  ]),
};
const colours: WitInterface = {
  id: "acme:shapes/colours@1.0.0",
  types: new Map(),
  functions: named([fn("name", { n: s32 }, string), fn("print", { n: s32 }, string)]),
};
const shapes = world({ interfaces: new Map([geometry, colours].map((i) => [i.id, i])) });

const counter: Resource = { kind: "resource", name: { interface: "acme:counter/counting@1.0.0", name: "counter" } };
const own: WitType = { kind: "own", resource: counter };
const borrow: WitType = { kind: "borrow", resource: counter };
const counting: WitInterface = {
  id: "acme:counter/counting@1.0.0",
  types: new Map([["counter", counter]]),
  functions: new Map(
    [
      { ...fn("[constructor]counter", { start: s32 }, own), shape: "constructor" as const, resource: counter },
      {
        ...fn("[method]counter.increment", { self: borrow, by: s32 }, s32),
        shape: "method" as const,
        resource: counter,
      },
      { ...fn("[static]counter.make", {}, own), shape: "static" as const, resource: counter },
      fn("merge", { a: own, b: own }, own),
      fn("bump", {}, s32),
    ].map((f): [string, WitFunction] => [f.name, f]),
  ),
};
const counters = world({ interfaces: new Map([[counting.id, counting]]) });

const callback: Resource = { kind: "resource", name: { interface: "sennit:host/callback@0.1.0", name: "callback" } };
const hooks = world(
  { functions: named([fn("each", { xs: list(s32), f: { kind: "borrow", resource: callback } }, s32)]) },
  { functions: named([fn("now", {}, u64)]) },
);

const packages: Readonly<Record<string, { world: World; stateless: boolean }>> = {
  "acme:stats": { world: stats, stateless: true },
  "other:stats": { world: world({ functions: named([fn("mean", { xs: list(f64) }, f64)]) }), stateless: true },
  "acme:shapes": { world: shapes, stateless: true },
  "acme:counter": { world: counters, stateless: false },
  "acme:hooks": { world: hooks, stateless: false },
};

const files: Readonly<Record<string, string>> = {
  "./util.sennit": `record Pair { a: Int, b: Int }
variant Mood { glad, sad(String) }
function twice(x: Int) -> Int { x * 2 }
function hidden() { later() }
function later() { 1 }
workflow nap() { sleep(1s); }`,
  "./a.sennit": `require "./b.sennit" as b; function fa() -> Int { 1 }`,
  "./b.sennit": `require "./a.sennit" as a; function fb() -> Int { 1 }`,
  "./broken.sennit": `function broken() -> Int { "text" }`,
  "./statements.sennit": `print "never"; function quiet() -> Int { 1 }`,
};

/** Everything the case files use; `shell: false` is a browser. */
export function caseEnvironment(platform: CheckEnvironment["platform"] = { shell: true }): CheckEnvironment {
  return {
    file: (_, path) => {
      const text = files[path];
      return text === undefined ? null : { name: path.slice(2), text };
    },
    package: (specifier) => {
      const name = specifier.replace(/@.*$/, "");
      const found = packages[name];
      return found === undefined ? { problem: "no such package" } : { name, ...found };
    },
    functions: new Map([
      ["super_complex_operation", null],
      ["typed-sum", fn("typed-sum", { a: s32, b: s32 }, s32)],
      ["is-even", fn("is-even", { n: s32 }, bool)],
      ["a-b", null],
      ["a_b", null],
    ]),
    packageNames: Object.keys(packages),
    platform,
  };
}
