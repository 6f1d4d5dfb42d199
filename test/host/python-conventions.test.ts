import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "../fast-check.ts";
import type { Instance, Plugin } from "../../src/host/plugin.ts";
import { processAdmission } from "../../src/host/python/admission.node.ts";
import { bindings } from "../../src/host/python/bindings.ts";
import { Names, camel, shouty, snake } from "../../src/host/python/names.ts";
import { openPython } from "./python-opened.ts";
import { worldFromText } from "../../src/host/wit-source.ts";
import { equalValues } from "../../src/wit/equal.ts";
import type { WitType } from "../../src/wit/types.ts";
import { CaseValue, ERR, Handle, OK, Some } from "../../src/wit/value.ts";
import { arbitraryType, arbitraryValue } from "../wit/arbitrary.ts";
import { pythonPackage, surroundings } from "./python-package.ts";

afterAll(() => expect(processAdmission.living).toBe(0));

describe("names", () => {
  it("follow Python's cases, and keywords get an underscore", () => {
    expect(["get-URL", "class", "x2-y", "is", "type"].map(snake)).toEqual(["get_url", "class_", "x2_y", "is_", "type"]);
    expect(["get-URL", "none", "point"].map(camel)).toEqual(["GetUrl", "None_", "Point"]);
    expect(["ultra-violet", "b0"].map(shouty)).toEqual(["ULTRA_VIOLET", "B0"]);
  });

  it("refuse what is no WIT identifier (N1)", () => {
    for (const name of ["", "a b", "a\n", "1a", "a--b", 'a"', "é"])
      expect(() => snake(name)).toThrow(/no WIT identifier/);
  });

  it("of interfaces are short unless two share them (N2)", async () => {
    const world = await worldFromText(
      `package a:b@1.0.0;
      interface one { f: func(); }
      world w { import one; import c:d/one@1.0.0; import c:d/one@2.0.0; import c:d/two@1.0.0; }
      package c:d@1.0.0 { interface one { f: func(); } interface two { f: func(); } }
      package c:d@2.0.0 { interface one { f: func(); } }`,
      "w",
    );
    const names = new Names(world);
    expect([...world.imports.interfaces.keys()].map((id) => names.module(id)).sort()).toEqual([
      "a_b_one",
      "c_d_one_1_0_0",
      "c_d_one_2_0_0",
      "two",
    ]);
  });
});

const KINDS = ["protocol", "optional", "union", "enum", "flag", "some", "ok", "err", "result", "auto", "dataclass"];
const MEANING = `package a:b;
interface kinds {
  ${KINDS.map((kind) => `enum %${kind} { a, b }`).join("\n")}
  record all { ${KINDS.map((kind) => `%${kind}: option<%${kind}>`).join(", ")} }
  echo: func(x: all) -> result<all, string>;
}
interface %world { f: func() -> u32; }
world w {
  import other: func() -> u32;
  export kinds;
  export %world;
  export g: func() -> u32;
  export none:is/lambda@0.1.0;
  export none:is/lambda@0.2.0;
}
package none:is@0.1.0 { interface lambda { %yield: func() -> u32; } }
package none:is@0.2.0 { interface lambda { %yield: func() -> u32; } }`;

const MEANING_APP = `import wit_world
from wit_world import exports
class Kinds(exports.Kinds):
    def echo(self, x):
        return x
class World(wit_world.exports.World):
    def f(self):
        return 1
class WitWorld(wit_world.WitWorld):
    def g(self):
        return 2
class NoneIsLambda010(exports.NoneIsLambda010):
    def yield_(self):
        return 1
class NoneIsLambda020(exports.NoneIsLambda020):
    def yield_(self):
        return 2
`;

describe("names that mean something in Python", () => {
  let plugin: Plugin;
  let python: Instance;
  beforeAll(async () => {
    plugin = await openPython(pythonPackage({ "app.py": MEANING_APP, "world.wit": MEANING }));
    python = await plugin.instantiate(surroundings({ other: { colour: "sync", call: () => 1 } }));
  });
  afterAll(() => plugin[Symbol.asyncDispose]());

  it("are names of types like any other", async () => {
    const value = KINDS.map((_, i) => (i === 0 ? null : i % 2));
    expect(await python.call("a:b/kinds#echo", [value])).toEqual(new CaseValue(OK, value));
  });

  it("of an interface and of the world itself may be the same", async () => {
    expect([await python.call("a:b/world#f", []), await python.call("g", [])]).toEqual([1, 2]);
  });

  it("of interfaces that go by their version are made of their words", async () => {
    expect(await python.call("none:is/lambda@0.1.0#yield", [])).toBe(1);
    expect(await python.call("none:is/lambda@0.2.0#yield", [])).toBe(2);
  });
});

const BOTH = `package test:plugin;
interface shapes {
  record point { x: f64 }
  resource pen { constructor(width: u32); width: func() -> u32; }
  record drawing { pen: pen, at: point }
  move: func(p: point) -> point;
  draw: func(d: drawing) -> u32;
}
world both {
  enum mood { good, bad }
  flags rights { read, write }
  record entry { mood: mood, rights: rights, nested: option<option<u8>> }
  import shapes;
  import ask: func(m: mood) -> entry;
  export shapes;
  export turn: func(e: entry) -> entry;
  export settle: func(r: result<u8, string>) -> result<result<u8, string>, mood>;
  export sketch: func(width: u32) -> u32;
}`;

const BOTH_APP = `import wit_world
from wit_world import Entry, Mood, Rights, exports
from wit_world.imports import shapes as host
from wit_world.exports import shapes as mine
from componentize_py_types import Err, Ok, Some

class Shapes(exports.Shapes):
    def move(self, p):
        assert type(p) is host.Point
        return host.move(host.Point(p.x + 1))

    def draw(self, d):
        assert type(d) is mine.Drawing and mine.Drawing is not host.Drawing
        return d.pen.width() + int(d.at.x)

class WitWorld(wit_world.WitWorld):
    def turn(self, e):
        asked = wit_world.ask(Mood.BAD if e.mood is Mood.GOOD else Mood.GOOD)
        nested = Some(None) if e.nested is None else None if e.nested == Some(None) else Some(e.nested.value + 1)
        return Entry(asked.mood, ~e.rights, nested)

    def settle(self, r):
        match r:
            case Ok(255):
                raise Err(Mood.BAD)
            case Ok(value):
                return Err(str(value))
            case Err(text):
                return Ok(len(text))

    def sketch(self, width):
        return host.draw(host.Drawing(host.Pen(width), host.Point(2.0)))
`;

const BOTH_SHAPES = `from wit_world.exports import shapes
class Pen(shapes.Pen):
    def __init__(self, width):
        self.thickness = width
    def width(self):
        return self.thickness
`;

describe("a world that imports and exports one interface, with types of its own", () => {
  it("has the interface's plain types once, and those with its resource twice (N3)", async () => {
    const world = await worldFromText(BOTH);
    const files = bindings(world, new Names(world), () => 0);
    expect([...files.keys()].sort()).toEqual([
      "wit_world/__init__.py",
      "wit_world/exports/__init__.py",
      "wit_world/exports/shapes.py",
      "wit_world/imports/__init__.py",
      "wit_world/imports/shapes.py",
    ]);
    const classes = (path: string): string[] =>
      [...(files.get(path) ?? "").matchAll(/^class (\w+)/gm)].map(([, name]) => name ?? "");
    expect(classes("wit_world/imports/shapes.py")).toEqual(["Point", "Drawing", "Pen"]);
    expect(classes("wit_world/exports/shapes.py")).toEqual(["Drawing", "Pen"]);
    expect(classes("wit_world/__init__.py")).toEqual(["Mood", "Rights", "Entry", "WitWorld"]);
  });

  it("works on both sides", async () => {
    const files = { "app.py": BOTH_APP, "shapes.py": BOTH_SHAPES, "world.wit": BOTH };
    await using plugin = await openPython(pythonPackage(files));
    const drawn: unknown[] = [];
    const sync = (call: (...args: never[]) => unknown) => ({
      colour: "sync" as const,
      call: ((args: never[]) => call(...args)) as never,
    });
    await using python = await plugin.instantiate(
      surroundings({
        ask: sync((mood: number) => [mood, 0, null]),
        "test:plugin/shapes#move": sync((point: number[]) => [(point[0] ?? 0) * 2]),
        "test:plugin/shapes#draw": sync((drawing: unknown) => (drawn.push(drawing), 7)),
        "test:plugin/shapes#[constructor]pen": sync((width: number) => new Handle(50, width)),
        "test:plugin/shapes#[method]pen.width": sync(() => 1),
      }),
    );
    expect(await python.call("turn", [[0, 1, null]])).toEqual([1, 2, new Some(null)]);
    expect(await python.call("turn", [[1, 3, new Some(null)]])).toEqual([0, 0, null]);
    expect(await python.call("turn", [[1, 0, new Some(4)]])).toEqual([0, 3, new Some(5)]);
    expect(await python.call("settle", [new CaseValue(OK, 3)])).toEqual(new CaseValue(OK, new CaseValue(ERR, "3")));
    expect(await python.call("settle", [new CaseValue(ERR, "four")])).toEqual(new CaseValue(OK, new CaseValue(OK, 4)));
    expect(await python.call("settle", [new CaseValue(OK, 255)])).toEqual(new CaseValue(ERR, 1));
    expect(await python.call("test:plugin/shapes#move", [[1]])).toEqual([4]);
    const pen = (await python.call("test:plugin/shapes#[constructor]pen", [5])) as Handle;
    expect(await python.call("test:plugin/shapes#draw", [[pen, [3]]])).toBe(8);
    expect(await python.call("sketch", [9])).toBe(7);
    expect(drawn).toEqual([[new Handle(50, 9), [2]]]);
  });
});

/** WIT text of a type; named types are declared on the way. */
function witText(type: WitType, declare: (text: (name: string) => string) => string): string {
  const inner = (part: WitType | null): string => (part === null ? "_" : witText(part, declare));
  switch (type.kind) {
    case "list":
      return `list<${inner(type.element)}${type.length === undefined ? "" : `, ${type.length}`}>`;
    case "map":
      return `map<${inner(type.key)}, ${inner(type.value)}>`;
    case "tuple":
      return `tuple<${type.items.map(inner).join(", ")}>`;
    case "option":
      return `option<${inner(type.some)}>`;
    case "result":
      if (type.err === null) return type.ok === null ? "result" : `result<${inner(type.ok)}>`;
      return `result<${inner(type.ok)}, ${inner(type.err)}>`;
    case "record": {
      const fields = type.fields.map((field) => `%${field.name}: ${inner(field.type)}`);
      return declare((name) => `record ${name} { ${fields.join(", ")} }`);
    }
    case "variant": {
      const cases = type.cases.map((one) => `%${one.name}${one.type === null ? "" : `(${inner(one.type)})`}`);
      return declare((name) => `variant ${name} { ${cases.join(", ")} }`);
    }
    case "enum":
      return declare((name) => `enum ${name} { ${type.cases.map((one) => `%${one}`).join(", ")} }`);
    case "flags":
      return declare((name) => `flags ${name} { ${type.labels.map((one) => `%${one}`).join(", ")} }`);
    default:
      return type.kind;
  }
}

describe("types made at random", () => {
  it("cross into Python classes and back (I8)", async () => {
    const types = fc
      .sample(arbitraryType({ depth: 3 }), { seed: 314, numRuns: 160 })
      .filter((type) => !/-\d/.test(JSON.stringify(type)));
    const declarations: string[] = [];
    const declare = (text: (name: string) => string): string => {
      const name = `t${declarations.length}`;
      declarations.push(text(name));
      return name;
    };
    const functions = types.map((type, i) => {
      const text = witText(type, declare);
      return `e${i}: func(x: ${text}) -> tuple<${text}>;`;
    });
    const wit = `package test:plugin; interface echo { ${declarations.join(" ")} ${functions.join(" ")} } world w { export echo; }`;
    const app = "class Echo:\n    def __getattr__(self, name):\n        return lambda x: (x,)\n";
    await using plugin = await openPython(pythonPackage({ "app.py": app, "world.wit": wit }));
    await using python = await plugin.instantiate(surroundings());
    expect(types.length).toBeGreaterThan(60);
    for (const [i, type] of types.entries()) {
      for (const value of fc.sample(arbitraryValue(type), { seed: i, numRuns: 8 })) {
        const got = await python.call(`test:plugin/echo#e${i}`, [value]);
        expect(equalValues({ kind: "tuple", items: [type] }, got, [value]), JSON.stringify(type)).toBe(true);
      }
    }
  });
});
