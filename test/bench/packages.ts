/**
 * The packages that benchmarks open as a user's are opened: from a folder. They do the same in every language, as little as
 * possible: what is timed is the way in and out.
 */
import { type TemporaryFolder, temporaryFolder } from "../host/temporary.ts";
import { guestBytes } from "./guest.ts";
import { importerBytes, peerBytes } from "./importer.ts";

const WIT = `package bench:language@1.0.0;
world language {
  record named { x: f64, y: f64, id: u32, name: string }
  export add: func(a: u32, b: u32) -> u32;
  export inc: func(n: u32) -> u32;
  export echo-floats: func(all: list<f64>) -> list<f64>;
  export echo-named: func(all: list<named>) -> list<named>;
  export byte-ends: func(all: list<u8>) -> u32;
}`;

/** The same with an import, which makes a language expect that a call may wait. */
const IMPORTING = WIT.replace("world language {", "world language { import nudge: func(n: u32) -> u32;").replace(
  "export add",
  "export nudged: func(n: u32) -> u32; export add",
);

const PEER = `package bench:guest@1.0.0;
interface peer { add: func(a: u32, b: u32) -> u32; }
world provider { export peer; }`;

const LUA = `local ops = {
  add = function(a, b) return (a + b) & 0xffffffff end,
  inc = function(n) return (n + 1) & 0xffffffff end,
  echo_floats = function(all) return all end,
  echo_named = function(all) return all end,
  byte_ends = function(all) return all:byte(1) + all:byte(-1) end,
}`;

const PYTHON = `class WitWorld:
    def add(self, a, b):
        return (a + b) & 0xffffffff

    def inc(self, n):
        return (n + 1) & 0xffffffff

    def echo_floats(self, all):
        return all

    def echo_named(self, all):
        return all

    def byte_ends(self, all):
        return all[0] + all[-1]
`;

/** Every package in a folder of its name. The caller disposes the folder. */
export async function benchPackages(): Promise<TemporaryFolder> {
  const { component } = await guestBytes();
  return temporaryFolder({
    ...packaged("guest", "component", { "guest.wasm": component }),
    ...packaged("importer", "component", { "importer.wasm": (await importerBytes()).component }),
    ...packaged("peer", "component", { "peer.wasm": (await peerBytes()).component }),
    ...packaged("lua", "lua", { "ops.lua": `${LUA}\nreturn ops\n`, "world.wit": WIT }),
    ...packaged("lua-importing", "lua", { "ops.lua": LUA_IMPORTING, "world.wit": IMPORTING }),
    ...packaged("lua-peer", "lua", { "peer.lua": LUA_PEER, "world.wit": PEER }),
    ...packaged("python", "python", { "app.py": PYTHON, "world.wit": WIT }),
    ...packaged("python-peer", "python", { "app.py": PYTHON_PEER, "world.wit": PEER }),
  });
}

const LUA_IMPORTING = `local imports = require("sennit").imports
${LUA}
ops.nudged = function(n)
  local at = 0
  for _ = 1, n do at = imports.nudge(at) end
  return at
end
return ops
`;

const LUA_PEER = "return { peer = { add = function(a, b) return (a + b) & 0xffffffff end } }\n";

const PYTHON_PEER = `class Peer:
    def add(self, a, b):
        return (a + b) & 0xffffffff
`;

/** The first file is the source. */
function packaged(
  name: string,
  language: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Record<string, string | Uint8Array> {
  const wit = "world.wit" in files ? 'wit = "world.wit"\n' : "";
  const manifest = `[package]
name = "bench:${name}"
version = "1.0.0"
language = "${language}"
source = "${Object.keys(files)[0] ?? ""}"
${wit}`;
  const placed = Object.entries(files).map(([path, content]) => [`${name}/${path}`, content] as const);
  return { [`${name}/sennit.toml`]: manifest, ...Object.fromEntries(placed) };
}
