import { describe, expect, it } from "vitest";
import { decodeWorld } from "../../src/wit/decoder.ts";
import {
  functionOf,
  functionsOf,
  type Resource,
  type WitFunction,
  type WitType,
  type World,
  type WorldSide,
} from "../../src/wit/types.ts";
import { EVERYTHING, fromWat, fromWit, witError } from "./components.ts";

const GEOMETRY = "acme:shapes/geometry@1.0.0";

async function worldOf(wit: string, world?: string): Promise<World> {
  return decodeWorld(await fromWit(wit, world));
}

function fn(side: WorldSide, key: string): WitFunction {
  const found = functionOf(side, key);
  if (found === undefined) throw new Error(`no function ${key}`);
  return found;
}

function types(f: WitFunction): unknown[] {
  return f.params.map((param) => param.type);
}

function resourceOf(type: WitType | null | undefined): Resource | null {
  return type?.kind === "own" || type?.kind === "borrow" ? type.resource : null;
}

describe("decodeWorld() on one world with every type", () => {
  const decoded = worldOf(EVERYTHING, "w");

  it("lists both sides in order of declaration", async () => {
    const { imports, exports } = await decoded;

    expect([...imports.interfaces.keys()]).toEqual([GEOMETRY, "plain"]);
    expect([...imports.functions.keys()]).toEqual(["log"]);
    expect([...exports.interfaces.keys()]).toEqual([GEOMETRY, "acme:shapes/user@1.0.0"]);
    expect([...functionsOf(exports)].map(([key]) => key)).toEqual([
      "run",
      `${GEOMETRY}#[constructor]counter`,
      `${GEOMETRY}#[method]counter.inc`,
      `${GEOMETRY}#[static]counter.make`,
      `${GEOMETRY}#scalars`,
      `${GEOMETRY}#area`,
      `${GEOMETRY}#paint`,
      `${GEOMETRY}#go`,
      `${GEOMETRY}#fixed`,
      `${GEOMETRY}#fail`,
      `${GEOMETRY}#use-counter`,
      "acme:shapes/user@1.0.0#f",
      "acme:shapes/user@1.0.0#g",
    ]);
  });

  it.each(["imports", "exports"] as const)("reads every type (%s)", async (role) => {
    const side = (await decoded)[role];
    const point = {
      kind: "record",
      name: { interface: GEOMETRY, name: "point" },
      fields: [
        { name: "x", type: { kind: "f64" } },
        { name: "y", type: { kind: "f32" } },
      ],
    };

    expect(types(fn(side, `${GEOMETRY}#scalars`))).toEqual(
      ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "char", "string"].map((kind) => ({ kind })),
    );
    expect(types(fn(side, `${GEOMETRY}#area`))[0]).toEqual({
      kind: "variant",
      name: { interface: GEOMETRY, name: "shape" },
      cases: [
        { name: "circle", type: point },
        { name: "square", type: { kind: "tuple", items: [point, { kind: "f64" }] } },
        { name: "none", type: null },
      ],
    });
    expect(fn(side, `${GEOMETRY}#area`).result).toEqual({
      kind: "option",
      some: { kind: "option", some: { kind: "f32" } },
    });
    expect(fn(side, `${GEOMETRY}#paint`)).toMatchObject({
      params: [
        { name: "c", type: { kind: "enum", cases: ["red", "green"], name: { interface: GEOMETRY, name: "color" } } },
        { name: "p", type: { kind: "flags", labels: ["read", "write"], name: { interface: GEOMETRY, name: "perms" } } },
      ],
      result: { kind: "result", ok: null, err: null },
    });
    expect(fn(side, `${GEOMETRY}#go`)).toEqual({
      name: "go",
      shape: "function",
      resource: null,
      async: true,
      params: [
        { name: "s", type: { kind: "stream", element: { kind: "u8" } } },
        { name: "f", type: { kind: "future", element: { kind: "string" } } },
      ],
      result: { kind: "future", element: null },
    });
    expect(types(fn(side, `${GEOMETRY}#fixed`))).toEqual([
      { kind: "list", element: { kind: "u8" }, length: 4 },
      { kind: "map", key: { kind: "string" }, value: point },
    ]);
    expect(fn(side, `${GEOMETRY}#fail`)).toMatchObject({
      params: [
        { name: "e", type: { kind: "error-context" } },
        { name: "record", type: { kind: "s8" } },
      ],
      result: { kind: "result", ok: null, err: { kind: "string" } },
      async: false,
    });
  });

  it("gives a named structural type its alias, the innermost where aliases alias", async () => {
    const { exports } = await decoded;
    const duration = { kind: "u64", alias: { interface: GEOMETRY, name: "duration" } };
    const value = { kind: "list", element: { kind: "u8" }, alias: { interface: GEOMETRY, name: "value" } };

    expect(types(fn(exports, `${GEOMETRY}#area`)).slice(1)).toEqual([duration, { kind: "list", element: value }]);
    expect(exports.interfaces.get(GEOMETRY)?.types.get("wait")).toEqual(duration);
    expect(fn(exports, "acme:shapes/user@1.0.0#g")).toMatchObject({ params: [{ type: value }], result: value });
    expect(types(fn(exports, "run"))[1]).toEqual({ kind: "u32", alias: { interface: null, name: "mine" } });
  });

  it("shares one resource object between all uses, across interfaces too (W2)", async () => {
    const { exports, imports } = await decoded;
    const counter = exports.interfaces.get(GEOMETRY)?.types.get("counter");
    const user = fn(exports, "acme:shapes/user@1.0.0#f");

    expect(counter).toEqual({ kind: "resource", name: { interface: GEOMETRY, name: "counter" } });
    expect(fn(exports, `${GEOMETRY}#[method]counter.inc`).resource).toBe(counter);
    expect(resourceOf(user.params[1]?.type)).toBe(counter);
    expect(resourceOf(user.result)).toBe(counter);
    expect(exports.interfaces.get("acme:shapes/user@1.0.0")?.types.get("tally")).toBe(counter);
    expect(imports.interfaces.get(GEOMETRY)?.types.get("counter")).not.toBe(counter);
  });

  it("tells constructors, methods and static functions apart", async () => {
    const { exports } = await decoded;

    expect(fn(exports, `${GEOMETRY}#[constructor]counter`).shape).toBe("constructor");
    expect(fn(exports, `${GEOMETRY}#[method]counter.inc`).shape).toBe("method");
    expect(fn(exports, `${GEOMETRY}#[static]counter.make`).shape).toBe("static");
    expect(fn(exports, `${GEOMETRY}#[method]counter.inc`).params[0]?.name).toBe("self");
  });

  it("names a type that the world uses after the interface that declares it", async () => {
    const { exports, imports } = await decoded;

    expect(types(fn(exports, "run"))[0]).toHaveProperty("name", { interface: GEOMETRY, name: "shape" });
    expect(imports.types.get("shape")).toHaveProperty("name", { interface: GEOMETRY, name: "shape" });
    expect(fn(exports, "run").result).toEqual({ kind: "result", ok: { kind: "u8" }, err: null });
  });
});

describe("decodeWorld() on names", () => {
  it("keeps two versions of one interface apart", async () => {
    const { imports } = await worldOf(`
      package acme:app;
      world w { import acme:clock/now@1.0.0; import acme:clock/now@2.1.0-rc.1; }
      package acme:clock@1.0.0 { interface now { record t { s: u32 } get: func() -> t; } }
      package acme:clock@2.1.0-rc.1 { interface now { record t { ns: u64 } get: func() -> t; } }`);

    expect(fn(imports, "acme:clock/now@1.0.0#get").result).toMatchObject({
      name: { interface: "acme:clock/now@1.0.0", name: "t" },
      fields: [{ name: "s", type: { kind: "u32" } }],
    });
    expect(fn(imports, "acme:clock/now@2.1.0-rc.1#get").result).toMatchObject({
      name: { interface: "acme:clock/now@2.1.0-rc.1", name: "t" },
      fields: [{ name: "ns", type: { kind: "u64" } }],
    });
  });

  it("lets one name stand for different things in different interfaces", async () => {
    const { exports } = await worldOf(`
      package acme:app;
      interface a { record item { x: u8 } get: func() -> item; }
      interface b { variant item { none } get: func() -> item; resource get2; }
      world w { export a; export b; export get: func(); }`);

    expect(fn(exports, "acme:app/a#get").result?.kind).toBe("record");
    expect(fn(exports, "acme:app/b#get").result?.kind).toBe("variant");
    expect(fn(exports, "get").result).toBeNull();
  });

  it("takes keywords as names", async () => {
    const { exports } = await worldOf(`
      package acme:%interface;
      interface %world {
        record %record { %type: u8, %func: bool }
        enum %enum { %resource, %static }
        resource %resource { constructor(%own: u8); %list: func(%use: %record) -> %enum; }
        %async: func(%self: %record);
      }
      world %import { export %world; }`);
    const iface = exports.interfaces.get("acme:interface/world");

    expect([...(iface?.types.keys() ?? [])].toSorted()).toEqual(["enum", "record", "resource"]);
    expect([...(iface?.functions.keys() ?? [])]).toEqual(["[constructor]resource", "[method]resource.list", "async"]);
  });

  it("keeps acronyms and digits", async () => {
    const { exports } = await worldOf("package a:b; world w { export get-URL2-x: func(HTTP: u8); }");

    expect(fn(exports, "get-URL2-x").params[0]?.name).toBe("HTTP");
  });

  it.each([
    ["two exports that differ in case only", `(export "a-b" (func $f)) (export "A-b" (func $f))`],
    ["a name that is no kebab-case", `(export "__proto__" (func $f))`],
    ["a name with a space", `(export "a b" (func $f))`],
    ["a method of no resource", `(export "[method]r.m" (func $f))`],
  ])("refuses %s", async (_, exports) => {
    const bytes = await fromWat(`(component (import "f" (func $f)) ${exports})`);

    expect(witError(() => decodeWorld(bytes)).code).toBe("malformed");
  });
});

describe("decodeWorld() on composed and nested components", () => {
  it("takes what an instantiated component exports, with the types it was given", async () => {
    const bytes = await fromWat(`(component
      (import "acme:x/types" (instance $types (export "r" (type (sub resource)))))
      (alias export $types "r" (type $r))
      (component $inner
        (import "t" (type $t (sub resource)))
        (import "make" (func $make (result (own $t))))
        (export $t2 "thing" (type $t))
        (export "get" (func $make) (func (result (own $t2)))))
      (import "make" (func $make (result (own $r))))
      (instance $i (instantiate $inner (with "t" (type $r)) (with "make" (func $make))))
      (export "acme:x/api@1.0.0" (instance $i)))`);

    const world = decodeWorld(bytes);
    const r = world.imports.interfaces.get("acme:x/types")?.types.get("r");

    expect(r).toEqual({ kind: "resource", name: { interface: "acme:x/types", name: "r" } });
    expect(world.exports.interfaces.get("acme:x/api@1.0.0")?.types.get("thing")).toBe(r);
    expect(resourceOf(fn(world.exports, "acme:x/api@1.0.0#get").result)).toBe(r);
  });

  it("passes an import on to a component inside", async () => {
    const bytes = await fromWat(`(component
      (type $log (instance (type $l (enum "low" "high")) (export "level" (type $e (eq $l))) (export "write" (func (param "l" $e)))))
      (import "acme:log/log" (instance $log (type $log)))
      (component $inner
        (import "acme:log/log" (instance $log
          (type $l (enum "low" "high")) (export "level" (type $e (eq $l))) (export "write" (func (param "l" $e)))))
        (export "acme:log/log" (instance $log)))
      (instance $i (instantiate $inner (with "acme:log/log" (instance $log))))
      (alias export $i "acme:log/log" (instance $again))
      (export "acme:out/log" (instance $again)))`);

    const level = { interface: "acme:log/log", name: "level" };

    expect(fn(decodeWorld(bytes).exports, "acme:out/log#write").params[0]?.type).toHaveProperty("name", level);
  });

  it("makes fresh resources for each instance (N2)", async () => {
    const bytes = await fromWat(`(component
      (type $t (instance (export "r" (type (sub resource)))))
      (import "a" (instance (type $t)))
      (import "b" (instance (type $t))))`);

    const { interfaces } = decodeWorld(bytes).imports;

    expect(interfaces.get("a")?.types.get("r")).not.toBe(interfaces.get("b")?.types.get("r"));
  });

  it("names the types of an instance that is put together from items", async () => {
    const bytes = await fromWat(`(component
      (type $p (record (field "x" u8)))
      (type $v (list u8))
      (import "p" (type $p2 (eq $p)))
      (import "f" (func $f (param "p" $p2)))
      (instance $i (export "point" (type $p2)) (export "bytes" (type $v)) (export "f" (func $f)))
      (export "acme:x/y" (instance $i)))`);

    const { exports } = decodeWorld(bytes);

    expect(exports.interfaces.get("acme:x/y")?.types.get("bytes")).toEqual({
      kind: "list",
      element: { kind: "u8" },
      alias: { interface: "acme:x/y", name: "bytes" },
    });
    expect(fn(exports, "acme:x/y#f").params[0]?.type).toHaveProperty("name", { interface: null, name: "p" });
  });

  it("gives one type exported under two names both names", async () => {
    const bytes = await fromWat(`(component
      (type $t (record (field "x" u8)))
      (export $a "a" (type $t))
      (export $b "b" (type $t)))`);

    const { types: exported } = decodeWorld(bytes).exports;

    expect(exported.get("a")).toHaveProperty("name.name", "a");
    expect(exported.get("b")).toHaveProperty("name.name", "b");
  });

  it("follows outer aliases out of component and instance types", async () => {
    const bytes = await fromWat(`(component
      (type $t (record (field "x" u8)))
      (import "t" (type $named (eq $t)))
      (import "i" (instance (alias outer 1 $named (type $o)) (export "u" (type (eq $o))) (export "f" (func (result $o))))))`);

    const { imports } = decodeWorld(bytes);

    expect(fn(imports, "i#f").result).toBe(imports.types.get("t"));
    expect(imports.interfaces.get("i")?.types.get("u")).toBe(imports.types.get("t"));
  });

  it("keeps a resource itself under an ascribed instance type", async () => {
    const bytes = await fromWat(`(component
      (import "i" (instance $i (export "r" (type (sub resource))) (export "x" (func)) (export "y" (func))))
      (export "e" (instance $i) (instance (export "r" (type (sub resource))) (export "x" (func)))))`);

    const { imports, exports } = decodeWorld(bytes);

    expect(exports.interfaces.get("e")?.types.get("r")).toBe(imports.interfaces.get("i")?.types.get("r"));
    expect([...(exports.interfaces.get("e")?.functions.keys() ?? [])]).toEqual(["x"]);
  });

  it("skips core modules, core types, custom sections and components that are not used", async () => {
    const bytes = await fromWat(`(component
      (core module $m (func (export "f") (result i32) i32.const 1))
      (core type (func (param i32 i64) (result f64)))
      (@custom "note" "anything \\ff")
      (component (import "x" (func)) (core module))
      (core instance $i (instantiate $m))
      (alias core export $i "f" (core func $cf))
      (func $f (result u32) (canon lift (core func $cf)))
      (export "f" (func $f)))`);

    expect(fn(decodeWorld(bytes).exports, "f").result).toEqual({ kind: "u32" });
  });

  it("refuses to import what it could not give", async () => {
    const component = await fromWat(`(component (import "c" (component (export "f" (func)))))`);
    const module = await fromWat(`(component (import "m" (core module (export "f" (func)))))`);

    expect(witError(() => decodeWorld(component)).code).toBe("unsupported");
    expect(witError(() => decodeWorld(module)).code).toBe("unsupported");
  });

  it("leaves out exports that no world can show, and keeps the others", async () => {
    const bytes = await fromWat(`(component
      (import "f" (func $f)) (component $c) (core module $m)
      (export "c" (component $c)) (export "m" (core module $m)) (export "g" (func $f)))`);

    const { exports } = decodeWorld(bytes);

    expect([...exports.functions.keys()]).toEqual(["g"]);
    expect(exports.interfaces.size).toBe(0);
  });

  it("reads the canonical built-ins of async components", async () => {
    const bytes = await fromWat(`(component
      (core module $m (memory (export "mem") 1) (func (export "f") (result i32) i32.const 0) (func (export "cb") (param i32 i32 i32) (result i32) i32.const 0))
      (core instance $i (instantiate $m))
      (alias core export $i "mem" (core memory $mem))
      (type $s (stream u8))
      (type $u (future))
      (core func (canon stream.new $s))
      (core func (canon stream.read $s async (memory $mem)))
      (core func (canon stream.write $s async (memory $mem)))
      (core func (canon stream.cancel-read $s async))
      (core func (canon stream.drop-readable $s))
      (core func (canon future.new $u))
      (core func (canon future.read $u async))
      (core func (canon future.drop-writable $u))
      (core func (canon task.return (result u32)))
      (core func (canon task.cancel))
      (core func (canon subtask.cancel async))
      (core func (canon subtask.drop))
      (core func (canon waitable-set.new))
      (core func (canon waitable-set.wait (memory $mem)))
      (core func (canon waitable-set.poll (memory $mem)))
      (core func (canon waitable.join))
      (core func (canon backpressure.inc))
      (core func (canon context.get i32 0))
      (core func (canon context.set i32 0))
      (core func (canon error-context.new (memory $mem)))
      (core func (canon error-context.drop))
      (core func (canon thread.yield))
      (alias core export $i "f" (core func $cf))
      (alias core export $i "cb" (core func $cb))
      (func $f async (result u32) (canon lift (core func $cf) async (callback $cb)))
      (export "f" (func $f)))`);

    expect(fn(decodeWorld(bytes).exports, "f")).toMatchObject({ async: true, result: { kind: "u32" } });
  });
});
