/** Lua that would use up the host: memory, stacks, the compiler, messages. What only a kill could stop is in listed.ts. */
import type { Value } from "../../src/wit/value.ts";
import { contained, ended, everywhereLong, heavy, refused, type Attack, type Ending } from "./attack.ts";
import { ATTEMPT, luaAttacker, sourcePackage } from "./guests.ts";
import { lua } from "./lua-escapes.ts";

/** Keys at powers of two stay outside of the array, and Lua looks for the border of a list by doubling. */
const POWERS: string = Array.from({ length: 60 }, (_, at) => `[1 << ${at + 3}] = 1`).join(", ");
const CLAIMS = `{ 1, 1, 1, 1, [5] = 1, [math.maxinteger] = 1, ${POWERS} }`;

const MEMORY: readonly Attack[] = [
  alone("string-rep", "repeats a text to 8 GiB", "return #('x'):rep(1 << 33)", refused(/too large|not enough memory/)),
  alone(
    "string-rep-limit",
    "repeats a text beyond its memory",
    "return #('x'):rep(1 << 30)",
    refused(/not enough memory/),
  ),
  alone(
    "tables",
    "fills tables for ever",
    "local all = {} for n = 1, 1e12 do all[n] = { n, n, n, n } end",
    refused(/not enough memory/),
  ),
  alone(
    "table-doubling",
    "doubles a text for ever",
    "local text = 'x' while true do text = text .. text end",
    refused(/too large|not enough memory/),
  ),
  alone(
    "table-concat",
    "concatenates what claims to be a hundred thousand million texts",
    "return #table.concat(setmetatable({}, { __len = function() return 1e11 end, __index = function() return ('x'):rep(4000000) end }))",
    refused(/^error: /),
  ),
  alone("string-format", "pads a number to a huge width", "return ('%1000000000d'):format(1)", refused(/invalid/)),
  alone("string-pack", "packs a huge padding", "return #string.pack('!16 Xi16 c2147483647', '')", refused(/error: /)),
  alone("unpack", "unpacks a hundred million values", "return table.unpack({}, 1, 1e8)", refused(/too many results/)),
  alone(
    "collector-off",
    "stops the collector and leaves twice its memory as rubbish",
    "collectgarbage('stop') for n = 1, 100 do local rubbish = ('x'):rep(1000000) .. n end return 'done'",
    contained(/^(done|error: not enough memory)$/),
  ),
  returning("claimed-list", "returns a list that claims to be 2^62 long", "list<u32>", CLAIMS, "value-too-large"),
  returning(
    "aliased-lists",
    "returns lists that are one list many times",
    "list<list<list<list<list<bool>>>>>",
    SHARED(5, 64, "true"),
    "value-too-large",
  ),
  returning(
    "aliased-texts",
    "returns one large text many times",
    "list<list<string>>",
    SHARED(2, 40, "('x'):rep(1 << 20)"),
    "value-too-large",
  ),
  returning(
    "list-of-itself",
    "returns a list that holds itself",
    "list<list<list<u32>>>",
    "(function() local t = {} t[1] = t return t end)()",
    "plugin-invalid-value",
  ),
];

/** In an instance of its own, whose memory nobody used before; a little of it, as to fill it is what takes the time. */
function alone(what: string, tries: string, code: string, ends: Ending): Attack {
  const plays: Attack["plays"] = async (stage) => {
    const limited = luaAttacker({ limits: { memory: 64 * 2 ** 20 } });
    const instance = await stage.start(await stage.open("lua, 64 MiB", limited));
    return stage.say(await instance.call(ATTEMPT, [code]));
  };
  return { id: `lua/${what}`, language: "Lua", tries, ends, plays };
}

function SHARED(depth: number, width: number, leaf: string): string {
  return `(function() local t = ${leaf} for i = 1, ${depth} do local u = {} for j = 1, ${width} do u[j] = t end t = u end return t end)()`;
}

/** A plugin whose one function returns this. */
function returning(what: string, tries: string, type: string, expression: string, ...codes: readonly string[]): Attack {
  const source = `return { f = function() return ${expression} end }`;
  return {
    id: `lua/${what}`,
    language: "Lua",
    tries,
    ends: ended(...codes),
    plays: (stage) => stage.call(sourcePackage("lua", `world w { export f: func() -> ${type}; }`, source), "f"),
  };
}

const STACKS: readonly Attack[] = [
  lua(
    "recursion",
    "recurses without a limit",
    "local function f() return 1 + f() end return f()",
    refused(/stack overflow/),
  ),
  lua(
    "recursion-in-c",
    "recurses through the interpreter's own C code",
    "local function f(n) return pcall(f, n + 1) end return select('#', f(0))",
    contained(/^\d+$/),
  ),
  lua(
    "metamethod-recursion",
    "recurses by metamethods",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return s[k] end return t.x",
    refused(/overflow/),
  ),
  lua(
    "coroutines-in-coroutines",
    "nests coroutines without a limit",
    "local function f() return coroutine.wrap(f)() end return f()",
    refused(/overflow/),
  ),
  lua(
    "nested-parentheses",
    "compiles a million nested parentheses",
    "return load('return ' .. ('('):rep(1000000))",
    contained(/^nil$/),
  ),
  lua(
    "nested-tables",
    "compiles 100,000 nested tables",
    "return load('return ' .. ('{'):rep(100000))",
    contained(/^nil$/),
  ),
  lua(
    "nested-functions",
    "compiles 100,000 nested functions",
    "return load(('function f() '):rep(100000))",
    contained(/^nil$/),
  ),
  lua(
    "many-locals",
    "compiles a function of 100,000 locals",
    "return load(('local a '):rep(100000))",
    contained(/^nil$/),
  ),
  lua(
    "long-chain",
    "compiles an expression of a million terms",
    "return type(load('return 1' .. ('+1'):rep(1000000)))",
    contained(/^(function|nil)$/),
  ),
  lua(
    "long-concat",
    "compiles 100,000 operators of the right",
    "return load('return ' .. ('x..'):rep(100000) .. 'x')",
    contained(/^nil$/),
  ),
  lua(
    "pattern-depth",
    "matches a pattern too deep to match",
    "return ('x'):rep(300000):find(('x?'):rep(300000))",
    refused(/pattern too complex/),
  ),
  lua("pattern-captures", "captures too much", "return ('x'):find(('()'):rep(100))", refused(/too many captures/)),
];

const MESSAGES: readonly Attack[] = [
  lua(
    "many-imports",
    "calls an import 100,000 times",
    "local host = require('sennit').imports.host for n = 1, 100000 do host(n) end return host(7)",
    contained(/^7$/),
  ),
  lua("many-lines", "logs 20,000 lines", "for n = 1, 20000 do print(n) end return 'done'", contained(/^done$/)),
  lua("long-line", "logs one line of 8 MB", "print(('x'):rep(8000000)) return 'done'", contained(/^done$/)),
  lua("broken-line", "logs bytes that are no text", "print('\\xff\\xfe\\x00') return 'done'", contained(/^done$/)),
];

/** The guest's functions call each other by way of the host. */
const REENTRANT: Attack = {
  id: "lua/re-entrance",
  language: "Lua",
  tries: "calls itself by way of an import, to be entered twice",
  ends: ended("re-entrant"),
  plays: async (stage) => {
    const source = `return { attempt = function(code) return require("sennit").imports.again(code) end }`;
    const world =
      "world w { import again: func(code: string) -> string; export attempt: func(code: string) -> string; }";
    const plugin = await stage.open("lua, re-entrant", sourcePackage("lua", world, source));
    const again = { colour: "sync" as const, call: (args: readonly Value[]) => instance.call(ATTEMPT, args) };
    const instance = await stage.start(plugin, { imports: new Map([["again", again]]) });
    return stage.say(await instance.call(ATTEMPT, ["x"]));
  },
};

export const LUA_RESOURCES: readonly Attack[] = [...MEMORY, ...STACKS, ...MESSAGES, REENTRANT]
  .map(everywhereLong)
  .map(heavy);
