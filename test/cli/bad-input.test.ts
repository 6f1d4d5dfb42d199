/** Every kind of bad input: a typed error that names file, line and cause; exit 1 or 2; no stack of ours; nothing left running. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Folder, samples } from "./sennit.ts";

const counterC = readFileSync(join(samples, "counter-c/counter.wasm"));

function manifest(language: string, source: string): string {
  return `[package]\nname = "t:p"\nversion = "1.0.0"\nlanguage = "${language}"\nsource = "${source}"\nwit = "p.wit"\n`;
}

const wit = `package t:p;
world p {
  record point { x: u8, y: f64 }
  export shift: func(p: point) -> point;
}`;

const uses = 'require "./p" as p;\nprint p.shift(p.point(1, 2.0));';

interface Bad {
  readonly what: string;
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  readonly status: 1 | 2;
  readonly says: readonly (string | RegExp)[];
}

const cases: readonly Bad[] = [
  {
    what: "a missing plugin folder",
    files: { "a.sennit": 'require "./none" as p;\np.f();' },
    status: 2,
    says: ["a.sennit:1:9", "none"],
  },
  {
    what: "a package the project does not have",
    files: {
      "a.sennit": 'require "acme:stts" as p;',
      "sennit.toml": '[dependencies]\n"acme:stats" = { path = "s" }\n',
    },
    status: 2,
    says: ["a.sennit:1:9", "acme:stats"],
  },
  {
    what: "a file that is not WebAssembly",
    files: {
      "a.sennit": 'require "./p" as p;',
      "p/sennit.toml": manifest("component", "p.wasm"),
      "p/p.wasm": "hello",
      "p/p.wit": wit,
    },
    status: 2,
    says: ["a.sennit:1:9", "p.wasm"],
  },
  {
    what: "a core module that is no component",
    files: {
      "a.sennit": 'require "./p" as p;',
      "p/sennit.toml": manifest("component", "p.wasm"),
      "p/p.wasm": Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0),
      "p/p.wit": wit,
    },
    status: 2,
    says: ["p.wasm", /core module/],
  },
  {
    what: "a truncated component",
    files: {
      "a.sennit": 'require "./p" as p;',
      "p/sennit.toml": manifest("component", "p.wasm"),
      "p/p.wasm": counterC.subarray(0, 3000),
      "p/p.wit": wit,
    },
    status: 2,
    says: ["p.wasm"],
  },
  {
    what: "a manifest with a misspelt key",
    files: { "a.sennit": 'require "./p" as p;', "p/sennit.toml": `${manifest("lua", "p.lua")}statless = true\n` },
    status: 2,
    says: ["statless", "stateless"],
  },
  {
    what: "WIT text with a mistake",
    files: {
      "a.sennit": 'require "./p" as p;',
      "p/sennit.toml": manifest("lua", "p.lua"),
      "p/p.wit": "package t:p;\nworld p { export f: func(x: zork); }",
      "p/p.lua": "return {}",
    },
    status: 2,
    says: ["p.wit", "zork"],
  },
  {
    what: "a Lua plugin that does not export what its WIT says",
    files: { "a.sennit": uses, "p/sennit.toml": manifest("lua", "p.lua"), "p/p.wit": wit, "p/p.lua": "return {}" },
    status: 1,
    says: ["p.lua", "shift"],
  },
  {
    what: "a Python syntax error",
    files: {
      "a.sennit": uses,
      "p/sennit.toml": manifest("python", "p.py"),
      "p/p.wit": wit,
      "p/p.py": "class WitWorld\n  pass\n",
    },
    status: 1,
    says: ["p.py", /1/, /SyntaxError|expected ':'/],
  },
  {
    what: "a Lua syntax error",
    files: {
      "a.sennit": uses,
      "p/sennit.toml": manifest("lua", "p.lua"),
      "p/p.wit": wit,
      "p/p.lua": "return {\n  shift = = 1\n}",
    },
    status: 2,
    says: ["p.lua:2"],
  },
  {
    what: "a Lua error object",
    files: {
      "a.sennit": uses,
      "p/sennit.toml": manifest("lua", "p.lua"),
      "p/p.wit": wit,
      "p/p.lua": "return {\n  shift = function(p)\n    error({ code = 7, message = 'no way' })\n  end\n}",
    },
    status: 1,
    says: ["no way", "a.sennit:2"],
  },
  {
    what: "a record with a missing field",
    files: {
      "a.sennit": uses,
      "p/sennit.toml": manifest("lua", "p.lua"),
      "p/p.wit": wit,
      "p/p.lua": "return { shift = function(p) return { x = 1 } end }",
    },
    status: 1,
    says: ["y", "shift", "a.sennit:2"],
  },
  {
    what: "an Int out of a u8's range",
    files: {
      "a.sennit": uses.replace("1, 2.0", "300, 2.0"),
      "p/sennit.toml": manifest("lua", "p.lua"),
      "p/p.wit": wit,
      "p/p.lua": "return { shift = function(p) return p end }",
    },
    status: 1,
    says: ["300", "u8", "a.sennit:2"],
  },
  {
    what: "a plugin that traps",
    files: { "a.sennit": `require "${relative("counter-c")}" as c;\nc.trap();` },
    status: 1,
    says: ["plugin-trapped", "a.sennit:2", "sample:counter-c"],
  },
  {
    what: "a Python exception",
    files: {
      "a.sennit": uses,
      "p/sennit.toml": manifest("python", "p.py"),
      "p/p.wit": wit,
      "p/p.py":
        "import wit_world\n\nclass WitWorld(wit_world.WitWorld):\n    def shift(self, p):\n        return 1 / 0\n",
    },
    status: 1,
    says: ["ZeroDivisionError", "p.py:5", "a.sennit:2"],
  },
  {
    what: "a program that is not UTF-8",
    files: { "a.sennit": Uint8Array.of(0x70, 0xff, 0xfe) },
    status: 2,
    says: ["a.sennit", "UTF-8"],
  },
  {
    what: "a plugin that asks for what was not granted",
    files: {
      "a.sennit": 'require "./p" as p;',
      "p/sennit.toml": `${manifest("lua", "p.lua")}wants = ["log"]\n`,
      "p/p.wit": wit,
      "p/p.lua": "return {}",
    },
    status: 2,
    says: ["t:p", "log", "--grant"],
  },
];

function literally(text: string): RegExp {
  return new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
}

/** From the folder of a test to a sample. */
function relative(sample: string): string {
  return join("../..", samples, sample);
}

describe("bad input", () => {
  it.each(cases)("$what", { timeout: 60_000 }, async ({ files, status, says }) => {
    using folder = new Folder(files);
    const ended = await folder.shared(["run", "a.sennit"]);

    expect(ended.stderr).toMatch(/^error\[[a-z-]+\]: /);
    for (const what of says) expect(ended.stderr).toMatch(typeof what === "string" ? literally(what) : what);
    expect(ended.stderr).not.toMatch(/node:internal|\bsrc\/|\.ts:\d/);
    expect(ended.status).toBe(status);
  });
});
