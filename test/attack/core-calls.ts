/** Core calls `=f=` as a way in: packages on threads that serve one call after the other, of this program and of that. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { Fault } from "../../src/fault.ts";
import { openPlugin } from "../../src/host/open.node.ts";
import { readPackage } from "../../src/host/package/package.node.ts";
import { CorePool } from "../../src/host/worker/core-pool.node.ts";
import type { Value } from "../../src/wit/value.ts";
import { temporaryFolder } from "../host/temporary.ts";
import { contained, heavy, type Attack, type Ending } from "./attack.ts";
import type { Stage } from "./stage.ts";

const MANIFEST = `[package]\nname = "acme:calls"\nversion = "1.0.0"\nlanguage = "lua"\nsource = "main.lua"\nwit = "world.wit"\nstateless = true\n`;
const WIT = `package acme:calls@1.0.0; world w { export run: func(code: string) -> string; }`;
/** Runs any Lua; answers what it left, or what it failed with. */
const MAIN = `return { run = function(code)
  local ok, said = pcall(assert(load(code)))
  return tostring(said)
end }`;

type Run = (code: string, signal?: AbortSignal) => Promise<Value>;

/** Calls on one thread. Two packages: the second belongs to somebody else. */
function core(
  what: string,
  tries: string,
  ends: Ending,
  plays: (mine: Run, other: Run, lines: string[]) => Promise<string>,
): Attack {
  return { id: `core-call/${what}`, language: "Lua", tries, ends, plays: (stage) => play(stage, plays) };
}

async function play(stage: Stage, plays: (mine: Run, other: Run, lines: string[]) => Promise<string>): Promise<string> {
  await using mine = await temporaryFolder({ "sennit.toml": MANIFEST, "world.wit": WIT, "main.lua": MAIN });
  await using theirs = await temporaryFolder({
    "sennit.toml": MANIFEST,
    "world.wit": WIT,
    "main.lua": `${MAIN} -- theirs`,
  });
  const { cacheFolder } = stage;
  await using pool = new CorePool({ size: 1, cacheFolder });
  const lines: string[] = [];
  const runOf = async (place: string): Promise<Run> => {
    const files = await readPackage(place);
    await using plugin = await openPlugin(files, { cacheFolder });
    const ref = { files, digest: plugin.digest };
    const seed = new Uint8Array(32);
    const log = ({ text }: { readonly text: string }): void => void lines.push(text);
    return (code, signal) =>
      pool.call(ref, "run", [code], { seed, now: 0, log, ...(signal === undefined ? {} : { signal }) });
  };
  return stage.say(await plays(await runOf(mine.path), await runOf(theirs.path), lines));
}

/** What a call that failed is known by. */
async function codeOf(call: Promise<Value>): Promise<string> {
  try {
    return String(await call);
  } catch (thrown) {
    return thrown instanceof Fault ? thrown.code : String(thrown);
  }
}

/** Ends the call from outside after so long. */
const soon = (): AbortSignal => AbortSignal.timeout(300);
const ENDED = contained(/^TimeoutError.*; 42$|^plugin-.*; 42$/);

const AFTER = "return 6 * 7";

const CALLS: readonly Attack[] = [
  core("globals", "leaves a secret in globals for the next call", contained(/^nil nil$/), async (mine, other) => {
    await mine("left = 'secret' string.left = 'secret' getmetatable('').left = 'secret' package = { left = 'secret' }");
    const look = "return left or string.left or getmetatable('').left or (package and package.left)";
    return `${String(await mine(look))} ${String(await other(look))}`;
  }),
  core(
    "memory",
    "fills memory with a secret, to be found in what was not cleared",
    contained(/^true true$/),
    async (mine, other) => {
      await mine("kept = {} for n = 1, 20 do kept[n] = ('left-secret '):rep(100000) end");
      const look =
        "local t = {} for n = 1, 20 do t[n] = string.pack('!4 i4', n) end return table.concat(t):find('left') == nil";
      return `${String(await mine(look))} ${String(await other(look))}`;
    },
  ),
  core("random", "seeds randomness for the next call", contained(/^true$/), async (mine, other) => {
    const first = await other("return math.random(1 << 40)");
    await mine("math.randomseed(1)");
    return String((await other("return math.random(1 << 40)")) === first);
  }),
  core(
    "loop",
    "loops for ever, until its caller gives up",
    ENDED,
    async (mine) => `${await codeOf(mine("while true do end", soon()))}; ${String(await mine(AFTER))}`,
  ),
  core(
    "loop-catching",
    "loops for ever and catches every error",
    ENDED,
    async (mine, other) =>
      `${await codeOf(mine("while true do pcall(function() while true do end end) end", soon()))}; ${String(await other(AFTER))}`,
  ),
  core(
    "memory-bomb",
    "fills its memory",
    contained(/not enough memory; 42$/),
    async (mine, other) =>
      `${await codeOf(mine("local t = {} for n = 1, 1e12 do t[n] = { n, n, n, n } end"))}; ${String(await other(AFTER))}`,
  ),
  core("recursion", "recurses without a limit", contained(/stack overflow; 42$/), async (mine, other) => {
    const said = await codeOf(mine("local function f() return 1 + f() end return f()"));
    return `${said.includes("stack overflow") ? "stack overflow" : said}; ${String(await other(AFTER))}`;
  }),
  core("log-flood", "logs 20,000 lines", contained(/^nil; 20000; 42$/), async (mine, other, lines) => {
    const said = await codeOf(mine("for n = 1, 20000 do print(n) end"));
    return `${said}; ${lines.length}; ${String(await other(AFTER))}`;
  }),
  core("many", "makes 200 calls at once", contained(/^200 times 42$/), async (mine) => {
    const all = await Promise.all(Array.from({ length: 200 }, () => mine(AFTER)));
    return `${all.filter((each) => each === "42").length} times 42`;
  }),
].map(heavy);

/** What a package on disk becomes while the program runs. */
const CHANGED: Attack = {
  id: "core-call/changed",
  language: "folder",
  tries: "becomes another package between two calls",
  ends: contained(/^42; package-changed$/),
  plays: async (stage) => {
    await using folder = await temporaryFolder({ "sennit.toml": MANIFEST, "world.wit": WIT, "main.lua": MAIN });
    const { cacheFolder } = stage;
    const files = await readPackage(folder.path);
    await using plugin = await openPlugin(files, { cacheFolder });
    const ref = { files, digest: plugin.digest };
    const options = { seed: new Uint8Array(32), now: 0 };
    let first: Value;
    {
      await using pool = new CorePool({ size: 1, cacheFolder });
      first = await pool.call(ref, "run", [AFTER], options);
    }
    await writeFile(join(folder.path, "main.lua"), `return { run = function() return "theirs" end }`);
    await using pool = new CorePool({ size: 1, cacheFolder });
    return stage.say(`${String(first)}; ${await codeOf(pool.call(ref, "run", [AFTER], options))}`);
  },
};

export const CORE_CALLS: readonly Attack[] = [...CALLS, CHANGED];
