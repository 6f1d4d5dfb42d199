/** Each exception of exceptions.ts is still there: where one of these fails, the exception can go. */
import { describe, expect, it } from "vitest";
import type { Path } from "../../../src/host/component/describe.ts";
import { transpileInWorker } from "../../../src/host/component/tool-thread.node.ts";
import { javascriptPlugin } from "../../../src/host/javascript/plugin.ts";
import { worldFromText } from "../../../src/host/wit-source.ts";
import { pluginFromWit, start } from "../../host/component-fixtures.ts";
import { plainOptions } from "../options.ts";
import { componentOf } from "./component.ts";
import { drive } from "./driver.ts";
import { isForJco } from "./exceptions.ts";
import type { GeneratedFunction, GeneratedWorld, Typed } from "./model.ts";
import { realiseComponent } from "./realise.ts";

const U8: Typed = { text: "u8", type: { kind: "u8" } };
const TEXT: Typed = { text: "string", type: { kind: "string" } };
const OUTCOME: Typed = { text: "result<u8, string>", type: { kind: "result", ok: U8.type, err: TEXT.type } };

function echo(name: string, typed: Typed): GeneratedFunction {
  const params = [{ ...typed, name: "x" }];
  return { name, resource: null, shape: "function", params, result: typed, does: { kind: "echo" } };
}

const NOTHING = { lines: [], resource: null, functions: [], imported: false, exported: false } as const;

function worldOf(exports: readonly GeneratedFunction[], parts: Partial<GeneratedWorld> = {}): GeneratedWorld {
  const core = { encoding: "utf8", postReturn: true } as const;
  return { seed: 1, number: 0, interfaces: [], lines: [], imports: [], exports, core, waits: false, ...parts };
}

/** How jco's transpiler ends, in a thread of its own, which its panic ends. */
async function transpiled(world: GeneratedWorld): Promise<string> {
  const options = { interfaces: [], asyncImports: [], asyncExports: [] };
  return transpileInWorker(await componentOf(world), options).then(
    () => "done",
    (thrown: unknown) => (thrown as { code: string }).code,
  );
}

/** Whether every value comes back on this path. */
async function works(world: GeneratedWorld, path: Path): Promise<boolean> {
  const failures: unknown[] = [];
  try {
    for (const realisation of await realiseComponent(world, [path])) {
      await using each = realisation;
      await drive(world, [each], { values: 20, failed: (failure) => failures.push(failure) });
    }
  } catch (thrown) {
    failures.push(thrown);
  }
  return failures.length === 0;
}

it("X1: functions of the embedding program take no imports", async () => {
  const wit = "package a:b; world w { import ask: func() -> u8; export f: func() -> u8; }";
  await using plugin = await javascriptPlugin({ f: () => 1 }, { wit });
  await using instance = await plugin.instantiate(plainOptions()); // with nothing given: a guest would be `link-failed`
  expect(await instance.call("f", [])).toBe(1);
});

it("X2: wit-component fails on type names that differ by case only, in different interfaces", async () => {
  const wit = `package a:b; interface one { type x = string; } interface two { type X = string; }
    interface user { use one.{x}; use two.{X as y}; f: func(x: x, y: y); }
    world w { use one.{x}; use two.{X as z}; export user; export f: func(x: x, y: z); }`;
  await expect(worldFromText(wit)).rejects.toMatchObject({ code: "wit-invalid" });
});

describe("of jco's binding alone", () => {
  it.each(["caller", "length", "name"])("Y1: a static function `%s`", async (name) => {
    const wit = `interface i { resource r { ${name}: static func() -> u8; } } world w { export i; }`;
    const core = `(module (func (export "test:t/i#[static]r.${name}") (result i32) (i32.const 7)))`;
    await using direct = await pluginFromWit(wit, core, {}, { path: "direct" });
    await using instance = await start(direct);
    expect(await instance.call(`test:t/i#[static]r.${name}`, [])).toBe(7);
    await using jco = await pluginFromWit(wit, core, {}, { path: "jco" });
    await expect(start(jco)).rejects.toMatchObject({ code: expect.any(String) as string });
  });

  it("Y1: a resource whose class has the name of a global", async () => {
    const wit = `interface i { resource array { constructor(); } } world w { export i; export f: func(x: list<u32>) -> u32; }`;
    const core = `(module (func (export "test:t/i#[constructor]array") (result i32) (i32.const 1))
      (memory (export "memory") 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
      (func (export "f") (param i32 i32) (result i32) (local.get 1)))`;
    const answer = async (path: Path): Promise<unknown> => {
      await using plugin = await pluginFromWit(wit, core, {}, { path });
      await using instance = await start(plugin);
      return instance.call("f", [[6]]);
    };
    expect(await answer("direct")).toBe(1);
    await expect(answer("jco")).rejects.toMatchObject({ code: expect.any(String) as string });
  });

  it("Y2: an alias of a result, and a result of what looks like one", async () => {
    const aliased = worldOf([echo("f", { ...OUTCOME, text: "outcome" })], {
      interfaces: [
        {
          ...NOTHING,
          id: "a:b/types@1.0.0",
          package: "a:b@1.0.0",
          name: "types",
          lines: [`type outcome = ${OUTCOME.text};`],
        },
      ],
      lines: ["use a:b/types@1.0.0.{outcome};"],
    });
    const maybe: Typed = { text: `option<${OUTCOME.text}>`, type: { kind: "option", some: OUTCOME.type } };
    const through = [OUTCOME, maybe].map((typed) => {
      const nested = echo("f", { text: `result<${typed.text}>`, type: { kind: "result", ok: typed.type, err: null } });
      return worldOf([{ ...nested, does: { kind: "via", interface: null, name: "f" } }], { imports: [nested] });
    });
    for (const world of [aliased, ...through]) {
      expect(isForJco(world)).toBe(false);
      expect(await works(world, "direct")).toBe(true);
      expect(await works(world, "jco")).toBe(false);
    }
    expect(await works(worldOf([echo("f", OUTCOME)]), "jco")).toBe(true);
  });

  it("Y3: an exported interface that is written in the world", async () => {
    const inline = { ...NOTHING, id: "in-line", package: null, name: "in-line", exported: true };
    const world = worldOf([], { interfaces: [{ ...inline, functions: [echo("f", U8)] }] });
    expect(isForJco(world)).toBe(false);
    expect(await works(world, "direct")).toBe(true);
    expect(await works(world, "jco")).toBe(false);
  });

  it.each(["URL", "get-URL"])("Y4: an export `%s` of the world itself", async (name) => {
    const world = worldOf([echo(name, U8)]);
    expect(isForJco(world)).toBe(false);
    expect(await works(world, "direct")).toBe(true);
    expect(await transpiled(world)).toBe("component-unsupported");
    expect(await transpiled(worldOf([echo("url", U8)]))).toBe("done");
  });

  it("Y4: strings of latin1+utf16", async () => {
    const world = worldOf([echo("f", TEXT)], { core: { encoding: "compact-utf16", postReturn: true } });
    expect(isForJco(world)).toBe(false);
    expect(await works(world, "direct")).toBe(true);
    expect(await transpiled(world)).toBe("component-unsupported");
    expect(await transpiled(worldOf([echo("f", TEXT)]))).toBe("done");
  });
});
