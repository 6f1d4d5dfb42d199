import { describe, expect, it } from "vitest";
import { Fault } from "../../src/fault.ts";
import { componentFromText, worldFromText } from "../../src/host/wit-source.ts";
import { functionOf } from "../../src/wit/types.ts";

async function fault(files: string | Record<string, string>, world?: string): Promise<Fault> {
  const text = typeof files === "string" ? files : new Map(Object.entries(files));
  const error = await worldFromText(text, world).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Fault);
  return error as Fault;
}

describe("worldFromText()", () => {
  it("takes one text", async () => {
    const { exports } = await worldFromText("package a:b; world w { export mean: func(xs: list<f64>) -> f64; }");

    expect(functionOf(exports, "mean")?.params).toEqual([
      { name: "xs", type: { kind: "list", element: { kind: "f64" } } },
    ]);
  });

  it("takes the files of a package with its deps", async () => {
    const { imports, exports } = await worldFromText(
      new Map([
        ["world.wit", "package a:b@1.0.0;\nworld w { import c:d/e@2.0.0; export types; }"],
        ["types.wit", "package a:b@1.0.0;\ninterface types { use c:d/e@2.0.0.{t}; f: func(t: t); }"],
        ["deps/c-d/e.wit", "package c:d@2.0.0;\ninterface e { record t { x: u8 } g: func() -> t; }"],
      ]),
    );

    expect(functionOf(imports, "c:d/e@2.0.0#g")?.result?.kind).toBe("record");
    expect(functionOf(exports, "a:b/types@1.0.0#f")?.params[0]?.type).toHaveProperty("name.interface", "c:d/e@2.0.0");
  });

  it("takes the world that is named", async () => {
    const text = "package a:b; world v { export x: func(); } world w { export y: func(); }";

    expect([...(await worldFromText(text, "w")).exports.functions.keys()]).toEqual(["y"]);
    expect((await fault(text)).message).toMatch(/multiple worlds/);
    expect((await fault(text, "z")).code).toBe("wit-invalid");
  });

  it.each([
    ["a type that does not exist", "package a:b;\nworld w {\n  export f: func(p: zork);\n}", /^world\.wit:3: .*`zork`/],
    [
      "a missing parenthesis",
      "package a:b;\nworld w {\n  export f: func(p: u8\n}\n\ninterface i {}",
      /^world\.wit:4: expected/,
    ],
    ["what is no WIT", "def f(x):\n  return x\n", /^world\.wit:1: expected/],
    ["an end that is missing", "package a:b;\nworld w {\n\n", /^world\.wit:\d: expected/],
    ["a text without a package", "world w {}", /^world\.wit: no `package` header/],
    ["no text", "", /^world\.wit: /],
    ["a package without a world", "package a:b;\ninterface i {}", /contains no worlds/],
    [
      "a type that contains itself",
      "package a:b;\ninterface i { record r { x: option<r> } f: func(r: r); }\nworld w { import i; }",
      /depends on itself/,
    ],
    ["an unknown package", "package a:b;\nworld w { import c:d/e; }", /'c:d' not found/],
    ["a character that does not belong", "package a:b;\nworld w {\n  ?\n}", /^world\.wit:3: /],
  ])("says what is wrong with %s", async (_, text, message) => {
    const error = await fault(text);

    expect(error.code).toBe("wit-invalid");
    expect(error.message).toMatch(message);
  });

  it("names the file of several", async () => {
    const error = await fault({
      "a.wit": "package a:b;\nworld w { import i; }",
      "i.wit": "package a:b;\n\ninterface i {\n  f: func() -> zork;\n}",
    });

    expect(error.message).toMatch(/^i\.wit:4: /);
  });

  it("has a hint for a contract without its version", async () => {
    expect((await fault("package a:b;\nworld w { import sennit:host/log; }")).hint).toBe(
      "Write the version as well: `sennit:host@0.1.0`, `sennit:host@0.2.0`",
    );
    expect((await fault("package a:b;\nworld w { import sennit:nothing/log; }")).hint).toBe(
      "This host has no package `sennit:nothing`",
    );
  });

  it("refuses what the decoder refuses, as a fault", async () => {
    const pairs = Array.from({ length: 16 }, (_, i) => `type t${i + 1} = tuple<t${i}, t${i}>;`).join("\n");
    const error = await fault(
      `package a:b;\ninterface i { type t0 = u8;\n${pairs}\nf: func(t: t16); }\nworld w { import i; }`,
    );

    expect(error.code).toBe("wit-invalid");
    expect(error.message).toMatch(/nodes/);
  });

  it("says when there is no WIT file", async () => {
    expect((await fault({ "README.md": "package a:b;" })).message).toBe("There is no `.wit` file");
  });
});

describe("componentFromText()", () => {
  it("gives the same bytes for the same text", async () => {
    const text = "package a:b; world w { export f: func(); }";

    expect(await componentFromText(text)).toEqual(await componentFromText(text));
  });
});
