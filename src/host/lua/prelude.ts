/**
 * The Lua code that runs before a plugin's: it takes away what leads outside, and makes the ways in and out.
 *
 *   P1  Text only: `load` takes no bytecode, and there are no files.
 *   P2  A call of an import that may have to be waited for is a yield that starts with `token`, a light userdata that no guest can
 *       make. Coroutines of the guest's own pass such a yield outwards, so that an import works in them as anywhere.
 *   P3  An import where no yield is possible raises `import-in-callback`, whether it would have waited or not. A coroutine that is
 *       resumed there cannot know it by itself: `bar` tells the host.
 *   P4  Random numbers are those of the call (chance.ts), unless the guest gave a seed of its own.
 *
 * It is given the token, `bar` and `draw`, and returns what the host keeps: see `Prelude` in setup.ts.
 */
export const IN_CALLBACK: string =
  "an import cannot be called from a callback of table.sort, string.gsub or the like, nor while a file loads";

export const PRELUDE: string = `
local token, bar, draw = ...
local yield, resume, is_yieldable = coroutine.yield, coroutine.resume, coroutine.isyieldable
local create, close, status = coroutine.create, coroutine.close, coroutine.status
local select, error, type, setmetatable, tostring = select, error, type, setmetatable, tostring
local getmetatable, rawequal = getmetatable, rawequal

local real_random, real_seed = math.random, math.randomseed
local chance = { drawn = false, own = false }
local function redraw()
  chance.drawn = true
  if not chance.own then return real_seed(draw(chance)) end
end
function math.random(...)
  if not chance.drawn then redraw() end
  return real_random(...)
end
function math.randomseed(...)
  chance.own = select("#", ...) > 0
  if chance.own then return real_seed(...) end
  return redraw()
end

local load_any = load
function load(chunk, name, mode, ...) return load_any(chunk, name, "t", ...) end
dofile, loadfile = nil, nil
local real_os = os
os = { time = real_os.time, date = real_os.date, difftime = real_os.difftime, clock = real_os.clock }
os.clock() -- counts from here

local Failure = { __name = "sennit.failure", __metatable = "sennit.failure" }
function Failure.__tostring(e) return e.code .. ": " .. e.message end

local Err = { __name = "sennit.err", __metatable = "sennit.err" }
function Err.__tostring(e)
  local value = e.value
  if type(value) == "table" then value = value.tag or value.message or value.code end
  return "err: " .. tostring(value)
end

local Bytes = { __name = "sennit.bytes", __metatable = "sennit.bytes" }
local Map = { __name = "sennit.map", __metatable = "sennit.map" }

local function in_callback()
  return setmetatable({
    code = "import-in-callback", source = "sennit",
    message = "${IN_CALLBACK}",
  }, Failure)
end

local function finish(ok, ...)
  if ok then return ... end
  error((...), 0)
end

local function import(id)
  return function(...)
    if not is_yieldable() then error(in_callback(), 0) end
    return finish(yield(token, id, ...))
  end
end

local function relay(co, ...)
  local ok, first = ...
  if not ok or not rawequal(first, token) then return ... end
  if not is_yieldable() then return relay(co, resume(co, false, in_callback())) end
  return relay(co, resume(co, yield(select(2, ...))))
end

local function unbar(...)
  bar(-1)
  return ...
end
local function run(co, ...)
  if is_yieldable() then return relay(co, resume(co, ...)) end
  bar(1)
  return unbar(relay(co, resume(co, ...)))
end
coroutine.resume = run

local function unwrap(co, ok, ...)
  if ok then return ... end
  if status(co) == "dead" then close(co) end
  error((...), 0)
end
function coroutine.wrap(body)
  local co = create(body)
  return function(...) return unwrap(co, run(co, ...)) end
end

local modules, chunks, loading = {}, {}, {}
function require(name)
  local module = modules[name]
  if module ~= nil then return module end
  local chunk = chunks[name]
  if chunk == nil then error("module '" .. tostring(name) .. "' is not in this package and not an import of its world", 2) end
  if loading[name] then error("module '" .. name .. "' requires itself", 2) end
  loading[name] = true
  local loaded = chunk(name)
  loading[name] = nil
  if loaded == nil then loaded = true end
  modules[name] = loaded
  return loaded
end

local sennit = { imports = {} }
function sennit.err(value) return setmetatable({ value = value }, Err) end
function sennit.is_err(e) return getmetatable(e) == "sennit.err" end
function sennit.bytes(text) return setmetatable({ bytes = text }, Bytes) end
function sennit.map(fields) return setmetatable(fields or {}, Map) end
function sennit.u64(n)
  if n >= 0 then return tostring(n) end
  local tens = (n >> 1) // 5
  return tostring(tens) .. tostring(n - tens * 10)
end
modules.sennit = sennit

local function handle_class(name, methods)
  return { __index = methods, __name = name, __metatable = "sennit.handle" }
end

return {
  import = import, handle_class = handle_class, modules = modules, chunks = chunks, sennit = sennit,
  failure = Failure, err = Err, bytes = Bytes, map = Map,
}
`;
