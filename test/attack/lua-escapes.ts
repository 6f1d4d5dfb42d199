/** Ways out of Lua: libraries, bytecode, environments, metatables, coroutines, and what the host lends it. */
import { contained, ended, everywhereInTime, refused, type Attack, type Ending } from "./attack.ts";
import { luaAttacker } from "./guests.ts";

export function lua(what: string, tries: string, code: string, ends: Ending): Attack {
  return {
    id: `lua/${what}`,
    language: "Lua",
    tries,
    ends,
    plays: (stage) => {
      const { file, touched } = stage.canaries;
      return stage.attempt("lua", luaAttacker(), code.replaceAll("SECRET", file).replaceAll("TOUCHED", touched));
    },
  };
}

const NIL = refused(/^error: .*nil value/);
const ERROR = refused(/^error: /);

const LIBRARIES: readonly Attack[] = [
  lua("io-open", "reads a file", `return io.open("SECRET"):read("a")`, NIL),
  lua("io-popen", "runs a program", `return io.popen("touch TOUCHED"):read("a")`, NIL),
  lua("os-execute", "runs a shell command", `return os.execute("touch TOUCHED")`, NIL),
  lua("os-exit", "ends the process", "os.exit(9)", NIL),
  lua("os-getenv", "reads the host's environment", `return os.getenv("SENNIT_CANARY")`, NIL),
  lua("os-remove", "removes a file", `return os.remove("SECRET")`, NIL),
  lua("os-rename", "renames a file", `return os.rename("SECRET", "TOUCHED")`, NIL),
  lua("os-tmpname", "makes a temporary file", "return os.tmpname()", NIL),
  lua("dofile", "runs a file", `return dofile("SECRET")`, NIL),
  lua("loadfile", "loads a file", `return loadfile("SECRET")`, NIL),
  lua("require-file", "requires a file by a path", `return require("../../../SECRET")`, ERROR),
  lua("require-library", "requires a library that is hidden", `return require("io")`, ERROR),
  lua("package-loadlib", "loads a C library", `return package.loadlib("libc.so.6", "system")`, NIL),
  lua("package-searchers", "adds a searcher of modules", "package.searchers[1] = print", NIL),
  lua("debug", "opens the registry by `debug`", "return debug.getregistry()", NIL),
  lua("debug-upvalues", "reads a host function's upvalues", "return debug.getupvalue(require, 1)", NIL),
  lua("js", "looks for JavaScript's globals", "return js.global.process", NIL),
  lua(
    "every-global",
    "looks through every global table for what is not Lua's own",
    `local known = { _G = 1, coroutine = 1, math = 1, os = 1, string = 1, table = 1, utf8 = 1 }
     local found = {}
     for name, one in pairs(_G) do if type(one) == "table" and not known[name] then found[#found + 1] = name end end
     for name in pairs(os) do found[#found + 1] = name end
     table.sort(found)
     return table.concat(found, " ")`,
    contained(/^clock date difftime time$/),
  ),
  lua(
    "userdata",
    "looks for host objects behind userdata and their metatables",
    `local seen, found = {}, 0
     local function walk(one)
       if type(one) == "userdata" and getmetatable(one) ~= nil then found = found + 1 end
       if type(one) ~= "table" or seen[one] then return end
       seen[one] = true
       for key, value in next, one do walk(key) walk(value) end
       walk(getmetatable(one))
     end
     walk(_G) walk(require("sennit")) walk(getmetatable(""))
     return found`,
    contained(/^0$/),
  ),
];

const CODE: readonly Attack[] = [
  lua("bytecode", "loads bytecode", "return load(string.dump(function() return 1 end))", contained(/^nil$/)),
  lua(
    "bytecode-mode",
    "loads bytecode by name",
    "return load(string.dump(function() end), 'x', 'b')",
    contained(/^nil$/),
  ),
  lua(
    "bytecode-forged",
    "loads bytecode with forged constants, piece by piece",
    `local text, at = string.dump(function() return 1 end), 0
     return load(function() at = at + 1 if at <= #text then return text:sub(at, at) end end, "x", "bt")`,
    contained(/^nil$/),
  ),
  lua("loadstring", "uses older names of `load`", "return loadstring('return 1')", NIL),
  lua(
    "env",
    "runs code in an environment of its own",
    "return load('return io', 'x', 't', { io = 7 })()",
    contained(/^7$/),
  ),
  lua(
    "env-upvalue",
    "swaps its environment for one that looks everything up",
    "local _ENV = setmetatable({}, { __index = function(_, name) return name end }) return io",
    contained(/^io$/),
  ),
];

const METATABLES: readonly Attack[] = [
  lua(
    "string-metatable",
    "poisons the methods of all strings",
    `getmetatable("").__index = function() return function() return "poisoned" end end local said = ("x"):upper()
     getmetatable("").__index = string
     return said`,
    contained(/^poisoned$/),
  ),
  lua(
    "error-metatable",
    "changes what the host's errors are",
    "return setmetatable(require('sennit').err(1), {})",
    refused(/protected metatable/),
  ),
  lua(
    "err-type",
    "reads a protected metatable",
    "return getmetatable(require('sennit').err(1))",
    contained(/^sennit\.err$/),
  ),
  lua(
    "globals-replaced",
    "replaces the functions that the host's own Lua code uses",
    `local kept = { pcall = pcall, tostring = tostring, error = error, type = type }
     pcall, tostring, error, type, select, setmetatable, rawequal = nil, nil, nil, nil, nil, nil, nil
     coroutine.yield, coroutine.resume = nil, nil
     local answer = require("sennit").imports.host(5)
     return kept.tostring(answer)`,
    ended("plugin-trapped"),
  ),
  lua(
    "imports-replaced",
    "replaces an import by its own function",
    `require("sennit").imports.host = function() return "mine" end return require("sennit").imports.host(1)`,
    contained(/^mine$/),
  ),
];

const COROUTINES: readonly Attack[] = [
  lua(
    "forged-yield",
    "yields to the host a request that is none",
    "return coroutine.yield('host', 1)",
    ended("plugin-trapped", "plugin-invalid-value"),
  ),
  lua(
    "yield-userdata",
    "yields `null` in place of the host's token",
    "return coroutine.yield(require('sennit').null, 1, 5)",
    ended("plugin-trapped", "plugin-invalid-value"),
  ),
  lua(
    "close-running",
    "closes the coroutine it runs in",
    "return coroutine.close(coroutine.running())",
    refused(/cannot close a running coroutine/),
  ),
  lua(
    "close-waiting",
    "calls an import while a coroutine is being closed",
    `local seen
     local co = coroutine.create(function()
       local guard <close> = setmetatable({}, { __close = function() seen = require("sennit").imports.host(3) end })
       coroutine.yield()
     end)
     coroutine.resume(co)
     coroutine.close(co)
     return seen`,
    contained(/^(3|nil)$/),
  ),
  lua(
    "import-in-sort",
    "calls an import out of C code",
    "table.sort({ 1, 2 }, function() return require('sennit').imports.host(1) end)",
    refused(/import-in-callback/),
  ),
  lua(
    "import-in-finalizer",
    "calls an import out of the collector",
    `local seen = "none"
     setmetatable({}, { __gc = function() seen = select(2, pcall(require("sennit").imports.host, 1)).code end })
     collectgarbage()
     return seen`,
    contained(/^(import-in-callback|none)$/),
  ),
  lua(
    "collectgarbage",
    "stops the collector and steps it by hand",
    `collectgarbage("stop") collectgarbage("generational") collectgarbage("incremental", 1000, 1000)
     for _ = 1, 100 do collectgarbage("step", 1) end
     return type(collectgarbage("count"))`,
    contained(/^number$/),
  ),
];

export const LUA_ESCAPES: readonly Attack[] = [...LIBRARIES, ...CODE, ...METATABLES, ...COROUTINES].map(
  everywhereInTime,
);
