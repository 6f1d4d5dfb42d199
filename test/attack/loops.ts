/** Code that never ends, in plugins that have a deadline: the meter stops them in the caller's own thread. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { guestText, type GuestText } from "../conformance/canonical/guest.ts";
import { BUILTINS, RESOURCE } from "../conformance/canonical/resource-text.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { ended, everywhere, everywhereLong, heavy, neverStarts, type Attack, type Ending } from "./attack.ts";
import { ATTEMPT, luaAttacker } from "./guests.ts";

/** Milliseconds that a call may take. */
const LIMITS = { deadline: 100 } as const;
const LATE: Ending = ended("deadline-exceeded");

function lua(what: string, tries: string, code: string): Attack {
  return {
    id: `loop/lua-${what}`,
    language: "Lua",
    tries,
    ends: LATE,
    plays: (stage) => stage.call(luaAttacker(), ATTEMPT, [code], { limits: LIMITS }),
  };
}

function component(what: string, tries: string, guest: GuestText, ends: Ending = LATE): Attack {
  return {
    id: `loop/component-${what}`,
    language: "WAT",
    tries,
    ends,
    plays: async (stage) => stage.call(packageOf(await parse(guestText(guest))), "f", [], { limits: LIMITS }),
  };
}

const SPIN = "(loop $again (br $again))";

const PLAIN: Attack = component("plain", "loops for ever", { core: `(func (export "f") ${SPIN})`, exports: { f: "" } });
const IN_START: Attack = component(
  "start",
  "loops for ever in its start function",
  { core: `(start $s) (func $s ${SPIN})`, exports: {} },
  neverStarts("deadline-exceeded"),
);
const LUA_PLAIN: Attack = lua("plain", "loops for ever", "while true do end");
const LUA_PCALL: Attack = lua(
  "pcall",
  "loops for ever and catches every error",
  "while true do pcall(function() while true do end end) end",
);

const COMPONENT_LOOPS: readonly Attack[] = [
  component("catching", "loops for ever and catches all that is thrown", {
    core: `(func $spin ${SPIN}) (func (export "f") (loop $l (block $caught (try_table (catch_all $caught) (call $spin))) (br $l)))`,
    exports: { f: "" },
  }),
  component("bulk", "fills its memory for ever", {
    pages: 100,
    core: `(func (export "f") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 6553600)) (br $l)))`,
    exports: { f: "" },
  }),
  component("post-return", "loops for ever after its answer", {
    core: `(func (export "f") (result i32) (i32.const 7)) (func (export "post") (param i32) ${SPIN})`,
    exports: { f: { type: "(result u32)", options: `(post-return (core func $main "post"))` } },
  }),
  component("destructor", "loops for ever in a destructor", {
    before: RESOURCE,
    builtins: BUILTINS,
    core: `(func (export "f") (call $drop (call $new (i32.const 1))) ${SPIN})`,
    exports: { f: "" },
  }),
  component("tree", "calls itself twice, sixty deep", {
    core: `(func $t (param $n i32) (if (i32.eqz (local.get $n)) (then (return)))
        (call $t (i32.sub (local.get $n) (i32.const 1))) (call $t (i32.sub (local.get $n) (i32.const 1))))
      (func (export "f") (call $t (i32.const 60)))`,
    exports: { f: "" },
  }),
];

const LUA_LOOPS: readonly Attack[] = [
  lua(
    "close",
    "loops for ever while a variable is closed",
    "do local a <close> = setmetatable({}, { __close = function() while true do end end }) end",
  ),
  lua(
    "close-coroutine",
    "loops for ever while a coroutine is closed",
    "local co = coroutine.create(function() local a <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end) coroutine.resume(co) coroutine.close(co)",
  ),
  lua(
    "coroutine-pcall",
    "wraps a loop in coroutines and `pcall`, again and again",
    "while true do pcall(coroutine.wrap(function() pcall(function() while true do end end) end)) end",
  ),
  lua(
    "gsub",
    "matches and replaces for ever",
    "while true do (('a'):rep(100000)):gsub('a*', function() return 'b' end) end",
  ),
  lua(
    "pattern-pcall",
    "matches a catastrophic pattern in `pcall`",
    "while true do pcall(string.find, ('a'):rep(40), ('a-'):rep(20) .. 'b') end",
  ),
  lua("frontier", "matches by brackets that back up", "return ('('):rep(100000):find('%b()')"),
  lua("move", "moves a thousand million million values", "table.move({}, 1, 1 << 50, 2)"),
  lua(
    "concat",
    "concatenates a thousand million million texts",
    "table.concat(setmetatable({}, { __len = function() return 1 << 50 end, __index = function() return '' end }))",
  ),
  lua(
    "insert",
    "shifts a table that claims to be huge",
    "table.insert(setmetatable({}, { __len = function() return 1 << 50 end, __index = function() return 1 end, __newindex = function() end }), 1, 1)",
  ),
  lua(
    "sort-liar",
    "sorts by an order that is none",
    "local t = {} for n = 1, 100000 do t[n] = n end while true do pcall(table.sort, t, function() return true end) end",
  ),
  lua("load", "compiles for ever", "local text = ('x = 1 '):rep(100000) while true do load(text) end"),
  lua(
    "index-chain",
    "follows `__index` for ever",
    "local t = setmetatable({}, {}) getmetatable(t).__index = function(s, k) return pcall(function() return s[k] end) and nil end while true do local _ = t.x end",
  ),
  lua(
    "tostring",
    "loops for ever while it is made a text, for the error that it raises",
    "error(setmetatable({}, { __tostring = function() while true do end end }))",
  ),
  lua("iterate", "iterates for ever", "for _ in function() return 1 end do end"),
  lua("collect", "collects garbage for ever", "while true do collectgarbage() end"),
  lua("xpcall", "loops for ever in an error's handler", "xpcall(error, function() while true do end end)"),
  lua("coroutine", "loops for ever in a coroutine", "coroutine.wrap(function() while true do end end)()"),
  lua(
    "metamethod",
    "loops for ever in a metamethod",
    "return #setmetatable({}, { __len = function() while true do end end })",
  ),
  lua(
    "finalizer",
    "loops for ever in a finalizer",
    "setmetatable({}, { __gc = function() while true do end end }) collectgarbage()",
  ),
  lua("sort", "loops for ever in C code that calls back", "table.sort({ 1, 2 }, function() while true do end end)"),
  lua("pattern", "matches a catastrophic pattern", "return ('a'):rep(40):find(('a-'):rep(20) .. 'b')"),
  lua("rep", "makes large texts for ever", "while true do local text = ('x'):rep(20000000) end"),
  lua("goto", "jumps back for ever", "::again:: goto again"),
];

export const LOOPS: readonly Attack[] = [
  ...[PLAIN, IN_START, LUA_PLAIN, LUA_PCALL].map(everywhere),
  ...[...COMPONENT_LOOPS, ...LUA_LOOPS].map(everywhereLong),
].map(heavy);
