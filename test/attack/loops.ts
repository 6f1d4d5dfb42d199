/** Code that never ends, in plugins that have a deadline: the meter stops them in the caller's own thread. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";

import { guestText, type GuestText } from "../conformance/canonical/guest.ts";
import { BUILTINS, RESOURCE } from "../conformance/canonical/resource-text.ts";
import { packageOf } from "../host/component-fixtures.ts";
import { ended, everywhere, neverStarts, type Attack, type Ending } from "./attack.ts";
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
  ...COMPONENT_LOOPS,
  ...LUA_LOOPS,
];
